"""The rules M1 to M4 of `render.many`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import STATES, THREE, law
from vmident.core.consequences import Notice, consequences
from vmident.core.identity import IdentityState, SystemIdentity
from vmident.core.rbac.permissions import remediation
from vmident.core.rbac.role_result import RoleResult, RoleStatus
from vmident.core.rbac.roles import Role
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import vm_id
from vmident.core.transition import Transition
from vmident.errors import Conflict, NotAllowed, NotFound, VmidentError
from vmident.render.line import Line
from vmident.render.many import (
    LossOfOne,
    OnRecord,
    fleet_lines,
    grouped_changes,
    grouped_failures,
    grouped_loss_lines,
    grouped_losses,
    grouped_warning_lines,
)
from vmident.results.changes import ChangeResult, Status

ERRORS: tuple[type[VmidentError], ...] = (Conflict, NotAllowed, NotFound)
MESSAGES = ("VM '{name}' is being changed.", "{id} is locked.", "It is {name}.", "No.")


def texts(lines: Iterable[Line]) -> list[str]:
    return [line.text for line in lines]


def vm(
    number: int,
    status: Status = Status.CHANGED,
    error: VmidentError | None = None,
    *,
    before: IdentityState | None = None,
    after: IdentityState | None = None,
    group: str = "myGroup",
    warnings: tuple[Notice, ...] = (),
) -> ChangeResult:
    one = vm_id("sub", group, f"vm-{number:03}")
    return ChangeResult(str(one), status, one, before, after, warnings=warnings, error=error)


@st.composite
def endings(draw: st.DrawFn) -> list[ChangeResult]:
    """Runs of many VMs: some of one name, some not found, some failed with roles left out."""
    results = []
    for number in range(draw(st.integers(0, 60))):
        status = draw(st.sampled_from(Status))
        group = draw(st.sampled_from(["one", "two"]))
        name = f"vm-{draw(st.integers(0, 40)) if group == 'two' else number:03}"
        one = draw(st.sampled_from([vm_id("sub", group, name), None]))
        known = {"name": name, "id": one}
        error = None
        if status is Status.FAILED:
            message = draw(st.sampled_from(MESSAGES)).format(**known)
            error = draw(st.sampled_from(ERRORS))(message, hint=f"vmident show {one}", request_id=f"request-{number}")
        states = st.sampled_from([*STATES, None])
        warned = draw(st.lists(st.sampled_from(MESSAGES), max_size=3, unique=True))
        warnings = tuple(Notice("code", message.format(**known)) for message in warned)
        results.append(ChangeResult(name, status, one, draw(states), draw(states), warnings=warnings, error=error))
    return results


runs = endings()


@law
@given(runs)
def test_every_vm_and_every_warning_is_in_one_group_and_is_counted_once(results: list[ChangeResult]) -> None:
    groups = grouped_changes(results)
    assert sorted(id(one) for group in groups for one in group) == sorted(map(id, results))
    assert all(len({one.status for one in group}) == 1 for group in groups)
    *lines, last = texts(fleet_lines(results))
    total, _, counts = last.partition(": ") if results else ("0 VMs", "", "")
    assert int(total.split()[0]) == len(results) == sum(int(part.split()[0]) for part in counts.split(", ") if part)
    counted = [re.match(r"(\d+) VMs: ", heading) for heading in lines if not heading.startswith(" ")]
    assert sum(int(one[1]) if one else 1 for one in counted) == len(results)
    warnings = texts(grouped_warning_lines(results))
    numbers = [int(found[1]) if (found := re.match(r"warning: (\d+) VMs \(", line)) else 1 for line in warnings]
    assert sum(numbers) == sum(len(one.warnings) for one in results)


@law
@given(runs, st.sets(st.integers(0, 59)))
def test_every_failed_vm_is_in_one_failure_and_is_named_or_on_record(
    results: list[ChangeResult], recorded: set[int]
) -> None:
    on_record = {one.id for place, one in enumerate(results) if place in recorded and one.id}
    failures = grouped_failures(results, OnRecord("3f2a9c1e", on_record))
    setting = [one for failure in failures for one in failure.results]
    assert sorted(map(id, setting)) == sorted(id(one) for one in results if one.error)
    for failure in failures:
        assert {one.error.code for one in failure.results if one.error} == {failure.error.code}
        assert failure.about == (f"{len(failure.results)} VMs" if failure.names else failure.about)
        text = failure.names or failure.about
        unnamed = [one for one in failure.results if (one.id.name if one.id else one.vm) not in text]
        assert all(one.id in on_record for one in unnamed)
        assert ("runs show 3f2a9c1e" in text) >= bool(unnamed)


def test_vms_changed_the_same_way_are_one_block_without_what_is_one_vms_own() -> None:
    changed = [
        vm(number, before=IdentityState(), after=IdentityState(SystemIdentity(f"principal-{number}")))
        for number in range(22)
    ]
    stays = [vm(number, Status.UNCHANGED, before=state, after=state) for number, state in ((30, STATES[1]),) * 2]
    left = [vm(number, Status.SKIPPED) for number in (40, 41)]
    assert texts(fleet_lines([*stays, *changed, *left, vm(50, Status.FAILED, NotAllowed("No."))])) == [
        "22 VMs: changed",
        "  vm-000, vm-001, vm-002, vm-003, vm-004 and 17 more",
        "  before  None",
        "  after   SystemAssigned",
        "  + system-assigned identity",
        "2 VMs: no changes",
        f"  {stays[0].id}, {stays[1].id}",
        "  now     UserAssigned",
        "vm-050 (myGroup): failed",
        "2 VMs: skipped",
        "  vm-040, vm-041",
        "27 VMs: 22 changed, 2 unchanged, 1 failed, 2 skipped",
    ]


def test_a_change_of_another_kind_or_with_other_roles_is_a_block_of_its_own() -> None:
    states = [vm(number, before=one, after=two) for number, (one, two) in enumerate(product(STATES, STATES))]
    ways = {
        (one.before.type, one.after.type, change.added, change.removed)
        for one in states
        if one.before and one.after
        for change in [Transition(one.before, one.after)]
    }
    assert len(grouped_changes(states)) == len(ways)
    role = Role("/roles/reader", "Reader")
    granted = [
        ChangeResult("vm", Status.CHANGED, None, STATES[0], STATES[1], roles=(RoleResult(role, scope, "p", status),))
        for scope in (Scope.parse("/subscriptions/one"), Scope.parse("/subscriptions/two"))
        for status in (RoleStatus.GRANTED, RoleStatus.EXISTING)
    ]
    assert len(grouped_changes(granted)) == 4


def test_where_every_vm_has_its_own_way_the_blocks_end_somewhere() -> None:
    results = [
        vm(number, Status.PLANNED, before=IdentityState(), after=IdentityState.of(users=[vm_id("sub", "group", name)]))
        for number in range(13)
        for name in (f"id-{number}",)
    ]
    *_, folded, names, summary = texts(fleet_lines(results))
    assert folded == "3 VMs: would change, in 3 other ways"
    assert names == "  vm-010, vm-011, vm-012"
    assert summary == "13 VMs: 13 would change"


def test_failures_are_one_where_only_the_vm_differs() -> None:
    def refused(number: int, why: str) -> VmidentError:
        one = f"/SUBSCRIPTIONS/sub/resourcegroups/myGroup/providers/Microsoft.Compute/virtualMachines/vm-{number:03}"
        return NotAllowed(
            f"May not write {one}: vm-{number:03} is {why}.",
            hint=f"vmident show vm-{number:03}",
            status=403,
            request_id=f"r-{number}",
        )

    results = [vm(number, Status.FAILED, refused(number, "locked")) for number in range(8)]
    results += [vm(8, Status.FAILED, refused(8, "gone")), vm(9)]
    first, last = grouped_failures(results, OnRecord("3f2a9c1e", {one.id for one in results[:7] if one.id}))
    assert (first.error.message, first.error.hint) == (
        "May not write ...: ... is locked.",
        "vmident show ...",
    )
    assert first.error.request_id == "r-0 of vm-000"
    assert first.about == "8 VMs"
    assert first.names == (
        "vm-000, vm-001, vm-002, vm-003, vm-004, vm-007 and 2 more. To see all: vmident runs show 3f2a9c1e"
    )
    assert (last.error, last.about, last.names) == (results[8].error, "vm-008", None)


def test_the_hint_of_vms_that_lack_a_role_grants_it_on_their_group() -> None:
    def refused(number: int, group: str) -> VmidentError:
        hint = remediation("Microsoft.Compute/virtualMachines/write", str(vm_id("sub", group, f"vm-{number:03}")), "me")
        return NotAllowed("No permission.", hint=hint, status=403)

    groups = ["one", "one", "two", "two", "three"]
    results = [vm(number, Status.FAILED, refused(number, group), group=group) for number, group in enumerate(groups)]
    found = grouped_failures(results, OnRecord())
    assert [one.about for one in found] == ["2 VMs", "2 VMs", "vm-004"]
    for group, one in zip(("one", "two"), found, strict=False):
        assert one.error.hint == remediation(
            "Microsoft.Compute/virtualMachines/write", f"/subscriptions/sub/resourceGroups/{group}", "me"
        )
    assert found[2].error is results[4].error


def test_a_name_inside_another_word_is_left_there() -> None:
    results = [vm(number, Status.FAILED, Conflict(f"vm-{number:03}-disk, vm-{number:03}.x")) for number in range(2)]
    assert len(grouped_failures(results, OnRecord())) == 2


def test_a_warning_of_many_is_one_line_with_the_first_of_them() -> None:
    warned = [
        vm(
            number,
            before=IdentityState(SystemIdentity(f"principal-{number}"), {}),
            warnings=(Notice("principal-lost", f"The principal principal-{number} is deleted."),),
        )
        for number in range(500)
    ]
    assert texts(grouped_warning_lines([*warned, vm(500, warnings=(Notice("other", "Look out."),))])) == [
        "warning: 500 VMs (vm-000, vm-001, vm-002, vm-003, vm-004 and 495 more): The principal ... is deleted.",
        "warning: vm-500: Look out.",
    ]


def test_a_change_of_one_identity_is_not_another_ones() -> None:
    had = IdentityState.of(users=THREE)
    results = [vm(0, before=had, after=IdentityState.of(users=THREE[:2]))] * 2
    results += [vm(1, before=had, after=IdentityState.of(users=THREE[1:]))] * 2
    assert [len(group) for group in grouped_changes(results)] == [2, 2]


def test_failures_that_azure_never_saw_have_no_request_id_to_tell() -> None:
    results = [vm(number, Status.FAILED, Conflict(f"vm-{number:03} is busy.")) for number in range(2)]
    (failure,) = grouped_failures(results, OnRecord())
    assert (failure.error.message, failure.error.request_id, failure.names) == ("... is busy.", None, "vm-000, vm-001")


def _loss(name: str, change: Transition) -> LossOfOne:
    return (vm_id("sub", "myGroup", name), change, (), consequences(change))


@law
@given(st.lists(st.tuples(st.sampled_from(STATES), st.sampled_from(STATES)), max_size=30))
def test_every_vm_that_loses_something_is_in_one_group_of_those_that_lose_the_same(
    pairs: list[tuple[IdentityState, IdentityState]],
) -> None:
    losses = [_loss(f"vm-{place:03}", Transition(*pair)) for place, pair in enumerate(pairs)]
    groups = grouped_losses(losses)
    assert sorted(vm for group in groups for vm, *_ in group) == sorted(vm for vm, *_ in losses)
    assert all(len({(change.removed, change.disables_system) for _, change, *_ in group}) == 1 for group in groups)
    headings = [line.text for line in grouped_loss_lines(losses) if line.text.endswith("will lose:")]
    assert sum(int(text.split()[0]) for text in headings) == len(losses)


def test_no_principal_of_one_vm_stands_for_all() -> None:
    systems = [IdentityState(SystemIdentity(f"p-{place}")) for place in range(7)]
    losses = [_loss(f"vm-{place}", Transition(system, IdentityState())) for place, system in enumerate(systems)]
    lines = texts(grouped_loss_lines(losses))
    assert lines[:2] == ["7 VMs will lose:", "  vm-0, vm-1, vm-2, vm-3, vm-4 and 2 more"]
    assert not [line for line in lines if "p-0" in line]
