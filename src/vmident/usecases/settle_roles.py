"""After an identity has changed: grant the roles that come with it, and delete those that nobody holds any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vmident.core.resource_id import ResourceId
from vmident.core.roles import Grant, Receiver, receivers
from vmident.core.transition import AddUsers, Change, EnableSystem
from vmident.errors import OperationFailed, VmidentError
from vmident.results import ChangeResult, RoleResult, RoleStatus, Status
from vmident.usecases.grant_roles import Settling, grant, remove, role_options
from vmident.usecases.prepare_change import Prepared, World


def settle_roles(result: ChangeResult, prepared: Prepared, world: World) -> ChangeResult:
    """Carry out the role part of a change whose identity part is done; one that failed comes back without roles.

    An assignment that cannot be made or deleted does not stop the others. The result then is failed, and its error
    says what is there, what is not, and the command that finishes the job.
    """
    if result.status not in {Status.CHANGED, Status.UNCHANGED} or result.after is None:
        return replace(result, roles=())
    settling = Settling()
    for receiver in receivers(prepared.change, result.after):
        for planned in _planned(receiver, result, prepared):
            _grant(planned, receiver, settling, world)
    for extra in prepared.assignments:
        if extra.status is RoleStatus.PLANNED:
            system = result.after.system.principal_id if result.after.system else None
            receiver = Receiver("the system-assigned identity", extra.principal_id or system)
            _grant(replace(extra, principal_id=receiver.principal_id), receiver, settling, world)
        elif extra.status in {RoleStatus.GRANTED, RoleStatus.EXISTING, RoleStatus.REMOVED}:
            settling.done.append(extra)
    for orphan in result.roles:
        if orphan.status is RoleStatus.ORPHANED:
            settling.done.append(orphan)
        elif orphan.status is RoleStatus.PLANNED_REMOVAL:
            settling.attempt(orphan, lambda orphan=orphan: remove(orphan, world.roles))  # type: ignore[misc]
    return _settled(result, prepared, settling)


def _planned(receiver: Receiver, result: ChangeResult, prepared: Prepared) -> Iterator[RoleResult]:
    for wanted in prepared.grants:
        there = next((one for one in result.roles if _is_there(one, wanted, receiver)), None)
        yield there or RoleResult(wanted.role, wanted.scope, receiver.principal_id, RoleStatus.PLANNED)


def _is_there(one: RoleResult, wanted: Grant, receiver: Receiver) -> bool:
    return (
        one.status is RoleStatus.EXISTING
        and one.principal_id == receiver.principal_id
        and (one.role.guid, one.scope) == (wanted.role.guid, wanted.scope)
    )


def _grant(planned: RoleResult, receiver: Receiver, settling: Settling, world: World) -> None:
    if planned.status is RoleStatus.EXISTING:
        settling.done.append(planned)
        return

    def act() -> RoleResult:
        if receiver.principal_id is None:
            raise OperationFailed(f"Azure has not said which principal {receiver.described} has.")
        return grant(planned, receiver.principal_id, world.roles, world.clock, world.person)

    settling.attempt(planned, act)


def _settled(result: ChangeResult, prepared: Prepared, settling: Settling) -> ChangeResult:
    roles = tuple(settling.done)
    if settling.failure:
        error = _whole_truth(settling.failure, result, prepared, settling)
        return replace(result, status=Status.FAILED, roles=roles, error=error)
    has_acted = any(one.status in {RoleStatus.GRANTED, RoleStatus.REMOVED} for one in roles)
    return replace(result, status=Status.CHANGED if has_acted else result.status, roles=roles)


def _whole_truth(failure: VmidentError, result: ChangeResult, prepared: Prepared, settling: Settling) -> VmidentError:
    vm = prepared.machine.id
    undone = [one for one in settling.done if one.status is RoleStatus.FAILED]
    if any(one in result.roles for one in (replace(one, status=RoleStatus.PLANNED_REMOVAL) for one in undone)):
        ids = " ".join(str(one.id) for one in undone)
        return failure.saying(
            f"The identities of VM '{vm.name}' are changed, but these role assignments of its old principal are left: "
            f"{settling.undone}. {failure.message}",
            hint=f"Delete them: az role assignment delete --ids {ids}",
        )
    if prepared.assignments:
        commands = " && ".join(_command_to_assign(one) for one in undone)
        hint = f"Grant them: {commands}"
    else:
        hint = f"Finish the job: {command_for(vm, prepared.change, prepared.grants)}"
    return failure.saying(
        f"VM '{vm.name}' has its identities, but without these roles: {settling.undone}. {failure.message}", hint=hint
    )


def _command_to_assign(role: RoleResult) -> str:
    return (
        f"az role assignment create --assignee-object-id {role.principal_id} "
        f"--assignee-principal-type ServicePrincipal --role {role.role.guid} --scope {role.scope}"
    )


def command_for(vm: ResourceId, change: Change, grants: Sequence[Grant]) -> str:
    """Give the command that makes a change and grants its roles, by full ids; what is done already it leaves alone."""
    words = ["vmident", "enable-system" if isinstance(change, EnableSystem) else "add-user", str(vm)]
    if isinstance(change, AddUsers):
        words += [word for user in sorted(change.ids) for word in ("--identity", str(user))]
    words += role_options(grants)
    return " ".join(words)
