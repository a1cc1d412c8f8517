"""After an identity has changed: grant the roles that come with it, and delete those that it orphans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from vmident.core.identity import IdentityState
from vmident.core.rbac.roles import Grant, receiving_principals
from vmident.core.resource_id import ResourceId
from vmident.core.shell import command_line
from vmident.core.transition import AddUsers, Change, EnableSystem
from vmident.core.vm_kind import capitalized, titled
from vmident.errors import JournalUnusable, OperationFailed, TakenOver, VmidentError
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult, RoleResult, RoleStatus, Status
from vmident.usecases.change.prepare import Prepared
from vmident.usecases.roles.grant import RoleOutcomes, command_to_unassign, grant, remove, role_options, then

_TO_DO = frozenset({RoleStatus.PLANNED, RoleStatus.PLANNED_REMOVAL})
_OF_NOBODY = frozenset({RoleStatus.ORPHANED, RoleStatus.PLANNED_REMOVAL})


def apply_roles(
    result: ChangeResult,
    prepared: Prepared,
    ports: Ports,
    before_roles: Callable[[ChangeResult], None] = lambda _result: None,
) -> ChangeResult:
    """Carry out the role part of a change whose identity part is done; one that failed comes back without roles.

    `before_roles` is called with what is about to be made and deleted, principals named; where it raises, no role is
    touched. An assignment that cannot be made or deleted does not stop the others. The result then is failed, and its
    error says what is there, what is not, and the command that finishes the job.
    """
    if result.status not in {Status.CHANGED, Status.UNCHANGED} or result.after is None:
        return replace(result, roles=())
    due = _all_of(result, prepared, result.after)
    try:
        if number_due(due):
            before_roles(replace(result, roles=due))
    except (JournalUnusable, TakenOver) as failure:
        return _left(due, result, prepared, failure)
    outcomes = RoleOutcomes()
    for one in due:
        if one.status in _TO_DO:
            outcomes.attempt(one, partial(_execute, one, ports))
        else:
            outcomes.done.append(one)
    return _settled(result, prepared, outcomes)


def unsettled(result: ChangeResult, prepared: Prepared, failure: VmidentError) -> ChangeResult:
    """Return the result of a change whose identities are done and whose roles were not waited for."""
    if result.after is None:
        return result
    return _left(_all_of(result, prepared, result.after), result, prepared, failure)


def number_due(roles: Iterable[RoleResult]) -> int:
    """Count the assignments to create or delete."""
    return sum(one.status in _TO_DO for one in roles)


def _left(due: Sequence[RoleResult], result: ChangeResult, prepared: Prepared, failure: VmidentError) -> ChangeResult:
    left = [replace(one, status=RoleStatus.FAILED) if one.status in _TO_DO else one for one in due]
    return _settled(result, prepared, RoleOutcomes(left, failure))


def _all_of(result: ChangeResult, prepared: Prepared, after: IdentityState) -> tuple[RoleResult, ...]:
    return (*_granted(result, prepared, after), *_assigned(prepared, after), *_orphaned(result))


def _granted(result: ChangeResult, prepared: Prepared, after: IdentityState) -> Iterator[RoleResult]:
    for principal_id in receiving_principals(prepared.change, after):
        for wanted in prepared.grants:
            there = next((one for one in result.roles if _is_there(one, wanted, principal_id)), None)
            yield there or RoleResult(wanted.role, wanted.scope, principal_id, RoleStatus.PLANNED)


def _assigned(prepared: Prepared, after: IdentityState) -> Iterator[RoleResult]:
    """Return the assignments that go with the change; orphaned ones included."""
    for one in prepared.assignments:
        if one.status is RoleStatus.PLANNED:
            yield replace(one, principal_id=one.principal_id or after.principal_of(one.receiver))
        elif one.status not in _OF_NOBODY:
            yield one


def _orphaned(result: ChangeResult) -> Iterator[RoleResult]:
    return (one for one in result.roles if one.status in _OF_NOBODY)


def _is_there(one: RoleResult, wanted: Grant, principal_id: str | None) -> bool:
    return (
        one.status is RoleStatus.EXISTING
        and one.principal_id == principal_id
        and (one.role.guid, one.scope) == (wanted.role.guid, wanted.scope)
    )


def _execute(one: RoleResult, ports: Ports) -> RoleResult:
    if one.status is RoleStatus.PLANNED_REMOVAL:
        return remove(one, ports.roles, ports.clock, ports.prompt)
    if one.principal_id is None:
        raise OperationFailed("Azure has not returned the identity's principal ID.")
    return grant(one, one.principal_id, ports.roles, ports.clock, ports.prompt)


def _settled(result: ChangeResult, prepared: Prepared, outcomes: RoleOutcomes) -> ChangeResult:
    roles = tuple(outcomes.done)
    if outcomes.failure:
        error = _with_context(outcomes.failure, result, prepared, outcomes)
        return replace(result, status=outcomes.status, roles=roles, error=error)
    has_acted = any(one.status in {RoleStatus.GRANTED, RoleStatus.REMOVED} for one in roles)
    return replace(result, status=Status.CHANGED if has_acted else result.status, roles=roles)


def _with_context(
    failure: VmidentError, result: ChangeResult, prepared: Prepared, outcomes: RoleOutcomes
) -> VmidentError:
    vm = prepared.machine.id
    undone = [one for one in outcomes.done if one.status.is_undone]
    if any(one in result.roles for one in (replace(one, status=RoleStatus.PLANNED_REMOVAL) for one in undone)):
        return failure.with_message(
            f"The identities of {titled(vm)} have changed, but these role assignments of the old "
            f"principal remain: {outcomes.undone}. {failure.message}",
            hint=then(failure, f"Delete them: {command_to_unassign(undone)}"),
        )
    if any(one.principal_id is None for one in undone):
        hint = f"Run the command again when Azure shows the principal: {command_line('vmident', 'show', vm)}"
    elif prepared.assignments:
        commands = " && ".join(_command_to_assign(one) for one in undone)
        hint = f"Grant them: {commands}"
    else:
        hint = f"To complete the change: {command_for(vm, prepared.change, prepared.grants)}"
    return failure.with_message(
        f"{capitalized(titled(vm))} was changed, but these roles were not granted: {outcomes.undone}. "
        f"{failure.message}",
        hint=then(failure, hint),
    )


def _command_to_assign(role: RoleResult) -> str:
    return command_line(
        *("az", "role", "assignment", "create", "--assignee-object-id", role.principal_id),
        *("--assignee-principal-type", "ServicePrincipal", "--role", role.role.guid, "--scope", role.scope),
    )


def command_for(vm: ResourceId, change: Change, grants: Sequence[Grant]) -> str:
    """Return the command that makes a change and grants its roles, by full ids; safe to repeat."""
    words = ["vmident", "enable-system" if isinstance(change, EnableSystem) else "add-user", str(vm)]
    if isinstance(change, AddUsers):
        words += [word for user in sorted(change.ids) for word in ("--identity", str(user))]
    return command_line(*words, *role_options(grants))
