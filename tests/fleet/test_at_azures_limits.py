"""Many VMs in virtual time, at the limits of the sandbox's budgets."""

from __future__ import annotations

import random

import pytest

from tests.fleet.simulated import SUBSCRIPTIONS, USER, Rehearsal
from vmident.core.resource_id import ResourceId, user_identity_id
from vmident.core.transition import AddUsers
from vmident.core.vm_kind import ALL_KINDS, VmKind
from vmident.errors import AzureUnavailable, Unreachable
from vmident.fleet import azure_limits
from vmident.results.changes import Status

pytestmark = pytest.mark.uncovered

OPERATION_SECONDS = 5.0
COMMANDS = ("add-user", "enable-system")


def exhaustively(*values: object) -> list[object]:
    """Mark all parameters but the first as `once`."""
    return [values[0], *(pytest.param(one, marks=pytest.mark.once) for one in values[1:])]


def bound(rehearsal: Rehearsal, share: float = 1.0) -> float:
    """The least time: until the last write may leave, with that share of each budget, and one operation."""
    needs: dict[azure_limits.Key, int] = {}
    for cost, number in rehearsal.costs.items():
        for draw in azure_limits.token_uses_of(cost):
            needs[draw.key] = needs.get(draw.key, 0) + draw.count * number
    waits = [
        (need - azure_limits.BUCKETS[key[0]].size * share) / (azure_limits.BUCKETS[key[0]].per_second * share)
        for key, need in needs.items()
    ]
    return max(0.0, *waits) + OPERATION_SECONDS


def check_all_are_right(rehearsal: Rehearsal) -> None:
    has_system = rehearsal.command == "enable-system"
    for machine in rehearsal.azure.vms.values():
        assert (machine.identity.system is not None, set(machine.identity.users)) == (
            has_system,
            set() if has_system else {USER},
        )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_thousand_vms_take_what_the_limits_take(command: str) -> None:
    rehearsal = Rehearsal(1_000, command)
    results = rehearsal.run()
    assert {one.status for one in results if one} == {Status.CHANGED}
    assert None not in results
    check_all_are_right(rehearsal)
    assert rehearsal.clock.at <= 1.03 * bound(rehearsal)
    assert rehearsal.reads_a_vm <= 1.1
    assert rehearsal.throttled_share == 0


@pytest.mark.parametrize(("kinds", "command"), [(ALL_KINDS, "add-user"), ((VmKind.SCALE_SET,), "enable-system")])
def test_a_thousand_scale_sets_and_vms_take_what_their_own_limits_take(kinds: tuple[VmKind, ...], command: str) -> None:
    rehearsal = Rehearsal(1_000, command, kinds=kinds)
    results = rehearsal.run()
    assert {one.status for one in results if one} == {Status.CHANGED}
    check_all_are_right(rehearsal)
    drawn = {draw.key[0] for cost in rehearsal.costs for draw in azure_limits.token_uses_of(cost)}
    assert {azure_limits.SCALE_SET_UPDATES, azure_limits.SCALE_SET_BATCHES} <= drawn
    assert (azure_limits.UPDATES in drawn) == (VmKind.VM in kinds)
    assert rehearsal.clock.at <= 1.08 * bound(rehearsal)
    assert rehearsal.throttled_share == 0


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("places", exhaustively(2, 1), ids="{}-places".format)
def test_with_half_of_every_budget_taken_by_somebody_else_the_other_half_is_used(command: str, places: int) -> None:
    rehearsal = Rehearsal(1_000, command, subscriptions=places, regions=places)
    rehearsal.azure.taken = 0.5
    results = rehearsal.run()
    assert all(one and one.error is None for one in results)
    check_all_are_right(rehearsal)
    assert rehearsal.clock.at <= 1.15 * bound(rehearsal, 0.5)


def test_operations_that_take_now_two_seconds_and_now_eight_are_looked_at_once_or_twice() -> None:
    rehearsal = Rehearsal(1_000)
    rehearsal.azure.operation_seconds = lambda: rehearsal.chance.uniform(2.0, 8.0)
    rehearsal.run()
    check_all_are_right(rehearsal)
    assert rehearsal.reads_a_vm <= 1.5
    assert rehearsal.clock.at <= 1.08 * bound(rehearsal)


@pytest.mark.parametrize("seed", exhaustively(*range(5)))
def test_whatever_goes_wrong_on_the_way_every_vm_ends_as_asked_or_says_why_not(seed: int) -> None:
    rehearsal = Rehearsal(500, "add-user" if seed % 2 else "enable-system", 2, 2, seed)
    chance = random.Random(seed)

    def faults(what: str, _vm: object) -> None:
        if chance.random() < 0.08:
            raise Unreachable("lost") if what != "write" or chance.random() < 0.5 else AzureUnavailable("busy")

    rehearsal.azure.faults = faults
    rehearsal.executor.latency = lambda: chance.uniform(0.05, 3.0)
    rehearsal.azure.operation_seconds = lambda: chance.choice((0.0, 2.0, 30.0))
    results = rehearsal.run()

    failed = {one.id for one in results if one and one.error}
    assert len(failed) < 5
    for vm, machine in rehearsal.azure.vms.items():
        assert vm in failed or bool(machine.identity.users) or machine.identity.system is not None


@pytest.mark.parametrize("seed", exhaustively(*range(3)))
def test_a_colleague_who_changes_vms_meanwhile_loses_nothing(seed: int) -> None:
    """Every identity that somebody else attaches during the run is there afterwards, and so is the run's own."""
    rehearsal = Rehearsal(300, "add-user", seed=seed)
    chance = random.Random(seed)
    theirs: dict[object, list[str]] = {}

    def faults(what: str, _vm: object) -> None:
        vm = chance.choice([*rehearsal.azure.vms])
        name = f"theirs-{len(theirs.get(vm, []))}"
        change = AddUsers(frozenset({user_identity_id(SUBSCRIPTIONS[0], "group", name)}))
        before = rehearsal.azure.vms[vm]
        rehearsal.azure.colleague(vm, change)
        if rehearsal.azure.vms[vm] is not before and rehearsal.azure.vms[vm].etag != before.etag:
            theirs.setdefault(vm, []).append(name)

    rehearsal.azure.faults = faults
    results = rehearsal.run()

    assert all(one and one.error is None for one in results)
    assert len(theirs) > 100
    for vm, machine in rehearsal.azure.vms.items():
        assert {user.name for user in machine.identity.users} == {USER.name, *theirs.get(vm, [])}
    assert rehearsal.azure.requests["read"] > 100, "what was refused with 412 was read again"


def test_where_there_are_no_etags_every_vm_is_read_again_before_it_is_written_to() -> None:
    """The VMs were listed before the run, which waits for its budgets for minutes: somebody changes them meanwhile."""
    rehearsal = Rehearsal(400, has_etags=False)
    change = AddUsers(frozenset({user_identity_id(SUBSCRIPTIONS[0], "group", "theirs")}))
    colleague = iter(rehearsal.azure.vms)

    def faults(what: str, vm: ResourceId) -> None:
        if what == "read" and (theirs := next(colleague, None)):
            rehearsal.azure.colleague(vm if rehearsal.azure.seen(theirs).identity.users else theirs, change)

    rehearsal.azure.faults = faults
    results = rehearsal.run()

    assert all(one and one.error is None for one in results)
    assert all(USER in machine.identity.users for machine in rehearsal.azure.vms.values())
    theirs = sum(len(machine.identity.users) == 2 for machine in rehearsal.azure.vms.values())
    assert theirs > 200, "what somebody attached before a VM's turn came is there still"
    assert rehearsal.azure.requests["read"] >= 400
