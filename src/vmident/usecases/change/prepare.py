"""Work out what a change would do to a VM; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vmident.core.consequences import ROLES_ORPHANED, Warn, consequences
from vmident.core.identity import IdentityState
from vmident.core.patch import PatchBody, patch_for
from vmident.core.rbac.roles import Grant, HeldRole
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId
from vmident.core.transition import Change, RemoveUsers, Transition, transition
from vmident.core.virtual_machine import Machine
from vmident.errors import MovedOn
from vmident.ports.azure import Clock, Identities, Journal, Loss, Machines, Person, Roles
from vmident.ports.fleet import Fleet
from vmident.results.changes import RoleResult, RoleStatus
from vmident.usecases.change.polling import until_at_rest
from vmident.usecases.change.run_inline import in_turn
from vmident.usecases.resolve.identities import find_identities
from vmident.usecases.resolve.roles import NO_ROLES, RoleWords, find_grants
from vmident.usecases.roles.assignment_cache import HeldBy
from vmident.usecases.roles.grant import check_may
from vmident.usecases.roles.plan_assignments import find_orphans, plan_assignments, plan_grants

NOT_ATTACHED = "not-attached"


@dataclass(frozen=True)
class Wish:
    """A change in the user's words: the identities as typed, the change that their ids make, the roles to go with it.

    `remove_roles` asks for the assignments of a principal that vanishes to be deleted too. `assignments` are role
    assignments that go with the change whoever it brings; those without a principal are for the identity that their
    `receiver` names. Where `only_from` is given, the change is made from these states alone, and the assignments go
    with the first.
    With `expected`, a VM that has other identities than these, and not what the change leads to either, is refused.
    """

    change: Callable[[frozenset[ResourceId]], Change]
    identities: tuple[str, ...] = ()
    roles: RoleWords = NO_ROLES
    remove_roles: bool = False
    assignments: tuple[RoleResult, ...] = ()
    only_from: tuple[IdentityState, ...] = ()
    expected: IdentityState | None = None


@dataclass(frozen=True)
class World:
    """What a change reaches through: the ports, and nothing else."""

    machines: Machines
    identities: Identities
    roles: Roles
    clock: Clock
    person: Person
    journal: Journal
    fleet: Callable[[], Fleet]

    def held_by(self, principal_id: str, scope: Scope) -> Sequence[HeldRole]:
        """Ask what a principal holds at a scope, above it and below it: a `HeldBy` that is never a moment old."""
        return self.roles.held_by(principal_id, scope)


@dataclass(frozen=True)
class Prepared:
    """A change of one VM, worked out from what the VM was when it was read."""

    machine: Machine
    change: Change
    transition: Transition
    request: PatchBody | None
    warnings: tuple[Warn, ...]
    grants: tuple[Grant, ...]
    roles: tuple[RoleResult, ...]
    orphans: tuple[HeldRole, ...]
    assignments: tuple[RoleResult, ...] = ()

    @property
    def is_to_do(self) -> bool:
        """Tell whether anything is to be sent."""
        due = {RoleStatus.PLANNED, RoleStatus.PLANNED_REMOVAL}
        return self.request is not None or any(one.status in due for one in self.roles)


def read_at_rest(vm: ResourceId, world: World, *, at_rest: bool = True) -> Machine:
    """Read a VM by itself, and wait until nobody else is changing it unless told not to."""
    machine = world.machines.read(vm)
    if not at_rest:
        return machine
    return in_turn(until_at_rest(machine, world.machines, world.clock), world.clock, world.person)


def prepare_change(
    machine: Machine, wish: Wish, world: World, *, may_be_done: bool = False, held_by: HeldBy | None = None
) -> Prepared:
    """Compute the change of a VM that was read a moment ago.

    `may_be_done` says that a request for it has left, so that the VM may stand where the wish leads. `held_by` tells
    what principals hold, where Azure is not to be asked for this VM alone. Costs no request where the identities are
    named by id or are attached already; roles cost some. Raises what the reads raise, `NotAllowed` where roles are to
    be granted or deleted and clearly may not be, and `MovedOn`.
    """
    vm, held_by = machine.id, held_by or world.held_by
    ids, named_twice = find_identities(wish.identities, machine, world.identities)
    change = wish.change(ids)
    planned = transition(machine.identity, change)
    _check_not_moved_on(planned, wish.expected, vm)
    is_done = may_be_done and planned.is_nothing
    if wish.only_from and not is_done:
        check_stands(machine, wish.only_from)
    goes_with = is_done or not wish.only_from or machine.identity.is_same_as(wish.only_from[0])
    assignments = tuple(plan_assignments(wish.assignments, planned, world.roles, held_by)) if goes_with else ()
    grants = find_grants(wish.roles, vm.subscription, vm.group, world.roles) if wish.roles else ()
    orphans = find_orphans(planned, vm, held_by, are_removed=wish.remove_roles).without(assignments)
    roles = (
        *plan_grants(change, planned.after, grants, held_by),
        *orphans.planned(are_removed=wish.remove_roles),
        *assignments,
    )
    check_may(roles, world.roles)
    warnings = (*named_twice, *_not_attached(machine, change), *consequences(planned), *orphans.warnings)
    return Prepared(machine, change, planned, patch_for(planned), warnings, grants, roles, orphans.held, assignments)


def loss_of(prepared: Prepared) -> Loss:
    """Give what somebody is asked about before the change is made."""
    return Loss(prepared.machine.id, prepared.transition, prepared.orphans)


def removing_roles(prepared: Prepared, roles: Roles) -> Prepared:
    """Give the change with the assignments that it orphans deleted; raises `NotAllowed` where that clearly fails."""
    removals = tuple(
        replace(one, status=RoleStatus.PLANNED_REMOVAL) if one.status is RoleStatus.ORPHANED else one
        for one in prepared.roles
    )
    check_may(removals, roles)
    warnings = tuple(warning for warning in prepared.warnings if warning.code != ROLES_ORPHANED)
    return replace(prepared, roles=removals, warnings=warnings)


def _check_not_moved_on(planned: Transition, expected: IdentityState | None, vm: ResourceId) -> None:
    if expected is None or planned.is_nothing or planned.before.is_same_as(expected):
        return
    raise MovedOn(
        f"VM '{vm.name}' has other identities than when the plan was made: it had {expected.described}, and now has "
        f"{planned.before.described}. It was not changed.",
        hint="Make the plan again, and look at what it says now.",
    )


def check_stands(machine: Machine, states: Sequence[IdentityState]) -> None:
    """Raise `MovedOn` where the VM stands at none of these states."""
    if any(machine.identity.is_same_as(one) for one in states):
        return
    raise MovedOn(
        f"VM '{machine.id.name}' has been changed since: it has {machine.identity.described}, and the run left it "
        f"with {states[0].described}. It is left as it is.",
        hint=f"See what it has, and change it by name: vmident show {machine.id}",
    )


def _not_attached(machine: Machine, change: Change) -> tuple[Warn, ...]:
    if not isinstance(change, RemoveUsers):
        return ()
    missing = sorted(identity for identity in change.ids if identity not in machine.identity.users)
    return tuple(
        Warn(NOT_ATTACHED, f"Identity '{identity}' is not attached to VM '{machine.id.name}'.") for identity in missing
    )
