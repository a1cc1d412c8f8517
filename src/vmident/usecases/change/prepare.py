"""Work out what a change would do to a VM; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.consequences import ROLES_ORPHANED, Notice, consequences
from vmident.core.identity import IdentityState
from vmident.core.patch import PatchBody, patch_for
from vmident.core.rbac.roles import Grant, RoleAssignment
from vmident.core.resource_id import ResourceId
from vmident.core.shell import command_line
from vmident.core.transition import Change, RemoveUsers, Transition, transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import capitalized, kind_of, titled, titled_identity
from vmident.core.write_outcome import SentWrite, Shown, shown_by
from vmident.errors import StateDrifted, SystemIdentityUnsupported
from vmident.ports.ports import Ports
from vmident.ports.prompt import Loss
from vmident.results.changes import RoleResult, RoleStatus
from vmident.usecases.change.polling import wait_until_idle
from vmident.usecases.change.run_inline import run_inline
from vmident.usecases.resolve.identities import find_identities
from vmident.usecases.resolve.roles import NO_ROLES, RoleNames, find_grants
from vmident.usecases.roles.assignment_cache import HeldBy
from vmident.usecases.roles.grant import check_may
from vmident.usecases.roles.plan_assignments import find_orphans, plan_assignments, plan_grants

NOT_ATTACHED = "not-attached"


class ChangeRequest(Struct, frozen=True):
    """A change in the user's words: the identities as typed, the change that their ids make, the roles to go with it.

    `remove_roles` asks for the assignments of a principal that vanishes to be deleted too. `assignments` are role
    assignments that go with the change for any principal; those without a principal are for the identity that their
    `receiver` names. Where `only_from` is given, the change is made from these states alone, and the assignments go
    with the first.
    With `expected`, a VM that has other identities than these, and not what the change leads to either, is refused.
    """

    change: Callable[[frozenset[ResourceId]], Change]
    identities: tuple[str, ...] = ()
    roles: RoleNames = NO_ROLES
    remove_roles: bool = False
    assignments: tuple[RoleResult, ...] = ()
    only_from: tuple[IdentityState, ...] = ()
    expected: IdentityState | None = None


class Prepared(Struct, frozen=True):
    """A change of one VM, worked out from what the VM was when it was read."""

    machine: VirtualMachine
    change: Change
    transition: Transition
    request: PatchBody | None
    warnings: tuple[Notice, ...]
    grants: tuple[Grant, ...]
    roles: tuple[RoleResult, ...]
    orphans: tuple[RoleAssignment, ...]
    assignments: tuple[RoleResult, ...] = ()

    @property
    def is_to_do(self) -> bool:
        """Return whether a request is needed."""
        due = {RoleStatus.PLANNED, RoleStatus.PLANNED_REMOVAL}
        return self.request is not None or any(one.status in due for one in self.roles)


def read_when_idle(vm: ResourceId, ports: Ports, *, at_rest: bool = True) -> VirtualMachine:
    """Read a VM by itself, and wait for operations in progress unless `at_rest` is false."""
    machine = ports.machines.read(vm)
    if not at_rest:
        return machine
    return run_inline(wait_until_idle(machine, ports.machines, ports.clock), ports.clock, ports.prompt)


def prepare_change(
    machine: VirtualMachine,
    change_request: ChangeRequest,
    ports: Ports,
    *,
    may_be_done: bool = False,
    earlier: SentWrite | None = None,
    assignments_of: HeldBy | None = None,
) -> Prepared:
    """Compute the change of a VM that was read a moment ago.

    `may_be_done` says that a request has been sent, so the VM may already be as requested. `earlier` is that request
    where another process sent it: a VM that was written to since and does not show it raises `StateDrifted`.
    `assignments_of` returns the assignments of a principal from a shared list. Costs no request where the identities
    are named by id or are attached already; roles cost some. Raises what the reads raise, `NotAllowed` where roles are
    to be granted or deleted and clearly may not be, and `StateDrifted`.
    """
    vm, assignments_of = machine.id, assignments_of or ports.roles.assignments_of
    ids, named_twice = find_identities(change_request.identities, machine, ports.identities)
    change = change_request.change(ids)
    planned = transition(machine.identity, change)
    _check_takes_system(machine, planned)
    _check_not_moved_on(planned, change_request.expected, vm)
    is_done = may_be_done and planned.is_nothing
    if earlier and shown_by(machine, earlier, has_target=is_done) is Shown.OVERTAKEN:
        raise _overtaken(machine)
    if change_request.only_from and not is_done:
        check_stands(machine, change_request.only_from)
    goes_with = is_done or not change_request.only_from or machine.identity.is_same_as(change_request.only_from[0])
    assignments = (
        tuple(plan_assignments(change_request.assignments, planned, ports.roles, assignments_of)) if goes_with else ()
    )
    grants = find_grants(change_request.roles, vm.subscription, vm.group, ports.roles) if change_request.roles else ()
    orphans = find_orphans(planned, vm, assignments_of, are_removed=change_request.remove_roles).without(assignments)
    roles = (
        *plan_grants(change, planned.after, grants, assignments_of),
        *orphans.planned(are_removed=change_request.remove_roles),
        *assignments,
    )
    check_may(roles, ports)
    warnings = (*named_twice, *_not_attached(machine, change), *_consequences_on(machine, planned), *orphans.warnings)
    return Prepared(machine, change, planned, patch_for(planned), warnings, grants, roles, orphans.held, assignments)


def loss_from(prepared: Prepared) -> Loss:
    """Return what has to be confirmed before the change."""
    warnings = _consequences_on(prepared.machine, prepared.transition)
    return Loss(prepared.machine.id, prepared.transition, prepared.orphans, warnings)


def removing_roles(prepared: Prepared, ports: Ports) -> Prepared:
    """Return the change with the assignments that it orphans deleted; raises `NotAllowed` where that clearly fails."""
    removals = tuple(
        replace(one, status=RoleStatus.PLANNED_REMOVAL) if one.status is RoleStatus.ORPHANED else one
        for one in prepared.roles
    )
    check_may(removals, ports)
    warnings = tuple(warning for warning in prepared.warnings if warning.code != ROLES_ORPHANED)
    return replace(prepared, roles=removals, warnings=warnings)


def _consequences_on(machine: VirtualMachine, change: Transition) -> tuple[Notice, ...]:
    return consequences(change, kind_of(machine.id), machine.dependents)


def _check_takes_system(machine: VirtualMachine, planned: Transition) -> None:
    if machine.is_flexible and planned.enables_system:
        raise SystemIdentityUnsupported(
            f"Scale set '{machine.id.name}' uses Flexible orchestration mode, which does not support the "
            "system-assigned identity.",
            hint="Enable it on the instances, which are VMs: vmident enable-system VM",
        )


def _check_not_moved_on(planned: Transition, expected: IdentityState | None, vm: ResourceId) -> None:
    if expected is None or planned.is_nothing or planned.before.is_same_as(expected):
        return
    raise StateDrifted(
        f"{capitalized(titled(vm))} has changed since the plan was made: it had {expected.summary}; now it has "
        f"{planned.before.summary}. It was not changed.",
        hint="Create the plan again and review it: vmident plan -f FILE",
    )


def check_stands(machine: VirtualMachine, states: Sequence[IdentityState]) -> None:
    """Raise `StateDrifted` where the VM stands at none of these states."""
    if any(machine.identity.is_same_as(one) for one in states):
        return
    raise StateDrifted(
        f"{capitalized(titled(machine.id))} has changed since the run: it has {machine.identity.summary}; the run "
        f"left it with {states[0].summary}. It was not changed.",
        hint=f"To see its current identities: {command_line('vmident', 'show', machine.id)}",
    )


def _overtaken(machine: VirtualMachine) -> StateDrifted:
    return StateDrifted(
        f"{capitalized(titled(machine.id))} has changed since the run and does not show the run's change: Azure did "
        "not receive the request, or another change has reverted it. It was not changed.",
        hint=f"To see its current identities: {command_line('vmident', 'show', machine.id)}",
    )


def _not_attached(machine: VirtualMachine, change: Change) -> tuple[Notice, ...]:
    if not isinstance(change, RemoveUsers):
        return ()
    missing = sorted(identity for identity in change.ids if identity not in machine.identity.users)
    return tuple(
        Notice(NOT_ATTACHED, f"{capitalized(titled_identity(one, machine.id))} is not attached.") for one in missing
    )
