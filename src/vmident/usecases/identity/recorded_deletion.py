"""Delete identities that a run has on record, then their role assignments; and finish what an earlier process began.

The record is one step ahead of Azure: it says `sent` before the DELETE leaves, and `done` when the identity and the
role assignments that go with it are gone. Whatever ended a process in between, reading the identity tells what came of
the DELETE: the identity is gone, or is there with the same principal, or there is another one with the same name, which
was created since and is not this run's to delete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from vmident.core.consequences import Warn
from vmident.core.resource_id import ResourceId
from vmident.core.run_record import IdentityDeletion, RunRecord, Stage
from vmident.errors import NotFound, StillAttached, VmidentError
from vmident.results.changes import ChangeResult, RoleResult, RoleStatus, Status
from vmident.results.resources import Deletion
from vmident.usecases.change.prepare import World
from vmident.usecases.change.recorder import NOT_RECORDED, Recording
from vmident.usecases.idempotent_write import Errand, ensure
from vmident.usecases.identity.prepare_delete import attached_vms
from vmident.usecases.roles.grant import Settling, remove


def delete_recorded(
    deletion: IdentityDeletion, world: World, recording: Recording, *, is_gone: bool = False
) -> Deletion:
    """Delete one identity and the role assignments planned for removal; raises for no failure of this identity.

    Of one that `is_gone` already, the role assignments alone.
    """
    try:
        recording.deletion(replace(deletion, stage=Stage.SENT))
        if not is_gone:
            ensure(_delete(deletion, world), world.clock, world.person)
    except VmidentError as failure:
        return _ended(deletion, (), failure, recording)
    settling = Settling()
    for one in deletion.roles:
        if one.status is RoleStatus.PLANNED_REMOVAL:
            settling.attempt(one, partial(remove, one, world.roles, world.clock, world.person))
        else:
            settling.done.append(one)
    left = _with_roles_left(deletion.identity, settling) if settling.failure else None
    return _ended(deletion, tuple(settling.done), left, recording)


def resume_deletions(
    record: RunRecord, results: Sequence[ChangeResult], world: World, *, dry_run: bool
) -> tuple[Deletion, ...]:
    """Finish the deletions of a run whose VMs have been resumed with these `results`; one each.

    An identity that any VM has is left, as deleting it would break that VM's attachment. Where resuming the VMs stopped
    before its end, the deletions are `skipped`.
    """
    due = [one for one in record.deletions if one.stage.is_open]
    if dry_run or not due:
        return tuple(_result(one, Status.PLANNED) for one in due)
    record = world.journal.take_over(record.id)
    recording = Recording(world.journal, record.id, record.entries)
    has_stopped = any(one.status is Status.SKIPPED or (one.error and one.error.ends_run) for one in results)
    deletions: list[Deletion] = []
    for one in due:
        if has_stopped or any(other.error and other.error.ends_run for other in deletions):
            deletions.append(_result(one, Status.SKIPPED))
        else:
            deletions.append(_resume(one, world, recording))
    recording.close()
    return tuple(deletions)


def still_attached(identity: ResourceId, vms: Sequence[ResourceId], hint: str) -> StillAttached:
    """Return the error about an identity that VMs have."""
    named = ", ".join(f"'{vm.name}' ({vm.group})" for vm in vms)
    return StillAttached(f"Identity '{identity.name}' is attached to {named}. Nothing was changed.", hint=hint)


def blocked(deletion: IdentityDeletion, failure: VmidentError, recording: Recording, vms: Sequence[ResourceId]) -> None:
    """Record that an identity was not deleted, unless `runs resume` takes one of its VMs up again."""
    if any(recording.is_open(vm) for vm in vms):
        return
    recording.deletion(_failed(deletion, Stage.FAILED, failure))


def _resume(deletion: IdentityDeletion, world: World, recording: Recording) -> Deletion:
    try:
        is_gone = _is_gone(deletion, world)
        if not is_gone and not deletion.is_forced:
            vms = attached_vms(deletion.identity, world)
            if vms:
                hint = f"Detach it from them, and delete it: vmident identity delete {deletion.identity} --detach"
                failure = still_attached(deletion.identity, vms, hint)
                blocked(deletion, failure, recording, vms)
                return _result(deletion, Status.FAILED, error=failure, attached=vms)
    except VmidentError as failure:
        return _result(deletion, Status.FAILED, error=failure)
    return delete_recorded(deletion, world, recording, is_gone=is_gone)


def _delete(deletion: IdentityDeletion, world: World) -> Errand[bool]:
    def delete() -> bool:
        world.identities.delete(deletion.identity)
        return True

    name = deletion.identity.name
    return Errand(
        delete,
        lambda: _is_gone(deletion, world) or None,
        f"delete identity '{name}'",
        f"vmident identity show {deletion.identity}",
    )


def _is_gone(deletion: IdentityDeletion, world: World) -> bool:
    """Read whether the identity is gone; one of that name with another principal was created since."""
    try:
        return world.identities.read(deletion.identity).principal_id != deletion.principal_id
    except NotFound:
        return True


def _with_roles_left(identity: ResourceId, settling: Settling) -> VmidentError:
    left = [one for one in settling.done if one.status is RoleStatus.FAILED]
    assert settling.failure is not None
    return settling.failure.saying(
        f"Identity '{identity.name}' is deleted, but these role assignments of it are left: {settling.undone}. "
        f"{settling.failure.message}",
        hint=f"Delete them: az role assignment delete --ids {' '.join(str(one.id) for one in left)}",
    )


def _ended(
    deletion: IdentityDeletion, roles: tuple[RoleResult, ...], failure: VmidentError | None, recording: Recording
) -> Deletion:
    """Record how the deletion ended; what is not certain, or not over, is left for `runs resume`."""
    if failure is None:
        recorded = replace(deletion, roles=roles, stage=Stage.DONE)
    else:
        is_open = failure.ends_run or failure.outcome_is_unknown
        recorded = _failed(deletion, Stage.UNKNOWN if is_open else Stage.FAILED, failure)
    result = _result(deletion, Status.FAILED if failure else Status.CHANGED, error=failure, roles=roles)
    try:
        recording.deletion(recorded)
    except VmidentError as unrecorded:
        # What is done is done: the command has not failed because of it.
        return replace(result, warnings=(Warn(NOT_RECORDED, unrecorded.message),))
    return result


def _failed(deletion: IdentityDeletion, stage: Stage, failure: VmidentError) -> IdentityDeletion:
    return replace(deletion, stage=stage, error_code=failure.code, error_message=failure.message)


def _result(
    deletion: IdentityDeletion,
    status: Status,
    *,
    error: VmidentError | None = None,
    attached: tuple[ResourceId, ...] = (),
    roles: tuple[RoleResult, ...] | None = None,
) -> Deletion:
    return Deletion(
        deletion.identity.name,
        status,
        deletion.identity,
        attached,
        roles=deletion.roles if roles is None else roles,
        error=error,
    )
