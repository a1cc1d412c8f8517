"""Delete identities that a run has on record, then their role assignments; and finish what an earlier process began.

The record is one step ahead of Azure: it says `sent` before the DELETE leaves, and `done` when the identity and the
role assignments that go with it are gone. Whatever ended a process in between, reading the identity tells what came of
the DELETE: the identity is gone, or is there with the same principal, or there is another one with the same name, which
was created since and is not this run's to delete.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from vmident.core.consequences import Notice
from vmident.core.naming import enumerated
from vmident.core.resource_id import ResourceId
from vmident.core.run_record import IdentityDeletion, RunRecord, Stage
from vmident.core.shell import command_line
from vmident.errors import NotFound, StillAttached, VmidentError
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult, RoleResult, RoleStatus, Status
from vmident.results.resources import DeletionResult
from vmident.usecases.change.recorder import NOT_RECORDED, RunRecorder
from vmident.usecases.idempotent_write import Write, write_once
from vmident.usecases.identity.prepare_delete import attached_vms
from vmident.usecases.roles.grant import RoleOutcomes, command_to_unassign, remove


def delete_recorded(
    deletion: IdentityDeletion, ports: Ports, recording: RunRecorder, *, is_gone: bool = False
) -> DeletionResult:
    """Delete one identity and the role assignments planned for removal; raises for no failure of this identity.

    Of one that `is_gone` already, the role assignments alone.
    """
    try:
        recording.deletion(replace(deletion, stage=Stage.SENT))
        if not is_gone:
            write_once(_delete(deletion, ports), ports.clock, ports.prompt)
    except VmidentError as failure:
        return _ended(deletion, (), failure, recording)
    outcomes = RoleOutcomes()
    for one in deletion.roles:
        if one.status is RoleStatus.PLANNED_REMOVAL:
            outcomes.attempt(one, partial(remove, one, ports.roles, ports.clock, ports.prompt))
        else:
            outcomes.done.append(one)
    left = _with_roles_left(deletion.identity, outcomes) if outcomes.failure else None
    return _ended(deletion, tuple(outcomes.done), left, recording)


def resume_deletions(
    record: RunRecord, results: Sequence[ChangeResult], ports: Ports, *, dry_run: bool
) -> tuple[DeletionResult, ...]:
    """Finish the deletions of a run whose VMs have been resumed with these `results`; one each.

    An identity that any VM has is left, as deleting it would break that VM's attachment. Where resuming the VMs stopped
    before its end, the deletions are `skipped`.
    """
    due = [one for one in record.deletions if one.stage.is_open]
    if dry_run or not due:
        return tuple(_result(one, Status.PLANNED) for one in due)
    record = ports.journal.take_over(record.id)
    recording = RunRecorder(ports.journal, record.id, record.entries)
    has_stopped = any(one.status is Status.SKIPPED or (one.error and one.error.ends_run) for one in results)
    deletions: list[DeletionResult] = []
    for one in due:
        if has_stopped or any(other.error and other.error.ends_run for other in deletions):
            deletions.append(_result(one, Status.SKIPPED))
        else:
            deletions.append(_resume(one, ports, recording))
    recording.close()
    return tuple(deletions)


def still_attached(identity: ResourceId, vms: Sequence[ResourceId], hint: str) -> StillAttached:
    """Return the error about an identity that VMs have."""
    named = enumerated([f"'{vm.name}' ({vm.group})" for vm in vms])
    return StillAttached(f"Identity '{identity.name}' is attached to {named}. Nothing was changed.", hint=hint)


def blocked(
    deletion: IdentityDeletion, failure: VmidentError, recording: RunRecorder, vms: Sequence[ResourceId]
) -> None:
    """Record that an identity was not deleted, unless `runs resume` takes one of its VMs up again."""
    if any(recording.is_open(vm) for vm in vms):
        return
    recording.deletion(_failed(deletion, Stage.FAILED, failure))


def _resume(deletion: IdentityDeletion, ports: Ports, recording: RunRecorder) -> DeletionResult:
    try:
        is_gone = _is_gone(deletion, ports)
        if not is_gone and not deletion.is_forced:
            vms = attached_vms(deletion.identity, ports)
            if vms:
                again = command_line("vmident", "identity", "delete", deletion.identity, "--detach")
                failure = still_attached(deletion.identity, vms, f"To detach and delete it: {again}")
                blocked(deletion, failure, recording, vms)
                return _result(deletion, Status.FAILED, error=failure, attached=vms)
    except VmidentError as failure:
        return _result(deletion, Status.FAILED, error=failure)
    return delete_recorded(deletion, ports, recording, is_gone=is_gone)


def _delete(deletion: IdentityDeletion, ports: Ports) -> Write[bool]:
    def delete() -> bool:
        ports.identities.delete(deletion.identity)
        return True

    name = deletion.identity.name
    return Write(
        delete,
        lambda: _is_gone(deletion, ports) or None,
        f"delete identity '{name}'",
        command_line("vmident", "identity", "show", deletion.identity),
    )


def _is_gone(deletion: IdentityDeletion, ports: Ports) -> bool:
    """Read whether the identity is gone; one of that name with another principal was created since."""
    try:
        return ports.identities.read(deletion.identity).principal_id != deletion.principal_id
    except NotFound:
        return True


def _with_roles_left(identity: ResourceId, outcomes: RoleOutcomes) -> VmidentError:
    left = [one for one in outcomes.done if one.status.is_undone]
    assert outcomes.failure is not None
    return outcomes.failure.with_message(
        f"Identity '{identity.name}' is deleted, but these role assignments remain: {outcomes.undone}. "
        f"{outcomes.failure.message}",
        hint=f"Delete them: {command_to_unassign(left)}",
    )


def _ended(
    deletion: IdentityDeletion, roles: tuple[RoleResult, ...], failure: VmidentError | None, recording: RunRecorder
) -> DeletionResult:
    """Record how the deletion ended; what is not certain, or not over, is left for `runs resume`."""
    if failure is None:
        recorded = replace(deletion, roles=roles, stage=Stage.DONE)
    else:
        is_open = failure.ends_run or failure.outcome_is_unknown
        recorded = _failed(deletion, Stage.UNKNOWN if is_open else Stage.FAILED, failure)
    result = _result(deletion, _status(failure), error=failure, roles=roles)
    try:
        recording.deletion(recorded)
    except VmidentError as unrecorded:
        # What is done is done: the command has not failed because of it.
        return replace(result, warnings=(Notice(NOT_RECORDED, unrecorded.message),))
    return result


def _status(failure: VmidentError | None) -> Status:
    if failure is None:
        return Status.CHANGED
    return Status.UNKNOWN if failure.outcome_is_unknown else Status.FAILED


def _failed(deletion: IdentityDeletion, stage: Stage, failure: VmidentError) -> IdentityDeletion:
    return replace(deletion, stage=stage, error_code=failure.code, error_message=failure.message)


def _result(
    deletion: IdentityDeletion,
    status: Status,
    *,
    error: VmidentError | None = None,
    attached: tuple[ResourceId, ...] = (),
    roles: tuple[RoleResult, ...] | None = None,
) -> DeletionResult:
    return DeletionResult(
        deletion.identity.name,
        status,
        deletion.identity,
        attached,
        roles=deletion.roles if roles is None else roles,
        error=error,
    )
