"""Delete user-assigned identities: find what each is attached to and what it holds, ask once, detach, then delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from vmident.core.resource_id import ResourceId
from vmident.errors import TimedOut, VmidentError
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult, RoleResult, Status
from vmident.results.resources import DeletionResult
from vmident.usecases.change.change_vms import ExecutionOptions, execute_all
from vmident.usecases.change.prepare_all import planned_result
from vmident.usecases.change.recorder import RunRecorder, start_recording
from vmident.usecases.identity.prepare_delete import (
    DeletionPlan,
    DeletionRequest,
    deleting_roles,
    detachments,
    identity_loss_of,
    on_record,
    prepare_deletion,
)
from vmident.usecases.identity.recorded_deletion import blocked, delete_recorded, still_attached
from vmident.usecases.resolve.identities import find_identity, read_identity
from vmident.usecases.resolve.vms import Where


def delete_identities(
    words: Sequence[str], where: Where, request: DeletionRequest, ports: Ports, execution: ExecutionOptions
) -> tuple[DeletionResult, ...]:
    """Delete every identity that `words` name; one result each, in the order of the words.

    One that VMs have is left alone unless the wish says otherwise. To detach identities is a change of VMs like every
    other: one run, at Azure's pace, with the canary and the limit of failures that `manner` names. An identity is
    deleted when all its VMs have lost it; once the run has stopped, no identity is deleted. Raises `Declined`,
    `ConfirmationNeeded`, `JournalUnusable`, and `TimedOut` where it comes before anything was changed.
    """
    prepared = _prepare_all(words, where, request, ports)
    deletion_plan = [one for one in prepared if isinstance(one, DeletionPlan)]
    changes = detachments(deletion_plan, ports)
    if execution.dry_run:
        planned = {one.prepared.machine.id: planned_result(one.word, one.prepared) for one in changes}
        return tuple(_planned(one, planned) if isinstance(one, DeletionPlan) else one for one in prepared)
    if deletion_plan:
        ports.prompt.confirm_deletion([identity_loss_of(one, changes) for one in deletion_plan])
        prepared = _removing_roles(prepared, request, ports)
    on_its_way = [on_record(one, request) for one in prepared if isinstance(one, DeletionPlan)]
    recording = start_recording(changes, ports.journal, deletions=on_its_way)
    detached = {one.id: one for one in execute_all(changes, ports, execution, recording) if one.id}
    results: list[DeletionResult] = []
    for one in prepared:
        has_stopped = _has_stopped([*detached.values(), *results])
        results.append(
            _delete(one, request, detached, ports, recording, has_stopped=has_stopped)
            if isinstance(one, DeletionPlan)
            else one
        )
    recording.close()
    return tuple(results)


def _prepare_all(
    words: Sequence[str], where: Where, request: DeletionRequest, ports: Ports
) -> list[DeletionPlan | DeletionResult]:
    outcomes: list[DeletionPlan | DeletionResult] = []
    seen: set[ResourceId] = set()
    for word in words:
        try:
            identity_id = find_identity(word, where, ports.identities)
            if identity_id in seen:
                continue
            seen.add(identity_id)
            identity = read_identity(identity_id, ports.identities)
            outcomes.append(_checked(prepare_deletion(word, identity, request, ports), request))
        except TimedOut as failure:
            raise failure.with_message(f"{failure.message} Nothing was changed.") from failure
        except VmidentError as failure:
            outcomes.append(DeletionResult(word, Status.FAILED, error=failure))
    return outcomes


def _checked(deletion_plan: DeletionPlan, request: DeletionRequest) -> DeletionPlan | DeletionResult:
    if not deletion_plan.attached or request.detach or request.force:
        return deletion_plan
    hint = "Use --detach to detach it first, or --force to delete it anyway."
    return _result(
        deletion_plan, Status.FAILED, error=still_attached(deletion_plan.identity.id, deletion_plan.attached, hint)
    )


def _removing_roles(
    prepared: list[DeletionPlan | DeletionResult], request: DeletionRequest, ports: Ports
) -> list[DeletionPlan | DeletionResult]:
    held = [orphan for one in prepared if isinstance(one, DeletionPlan) for orphan in one.orphans]
    if request.remove_roles or not held or not ports.prompt.confirm_role_removal(held):
        return prepared
    return [deleting_roles(one, ports) if isinstance(one, DeletionPlan) else one for one in prepared]


def _has_stopped(outcomes: Sequence[ChangeResult | DeletionResult]) -> bool:
    return any(one.status is Status.SKIPPED or (one.error is not None and one.error.ends_run) for one in outcomes)


def _delete(
    deletion_plan: DeletionPlan,
    request: DeletionRequest,
    changes: Mapping[ResourceId, ChangeResult],
    ports: Ports,
    recording: RunRecorder,
    *,
    has_stopped: bool,
) -> DeletionResult:
    """Delete one identity, where all its VMs have lost it."""
    detached = tuple(changes[machine.id] for machine in deletion_plan.detaching)
    failed = next((one for one in detached if one.error), None)
    deletion = on_record(deletion_plan, request)
    if failed and failed.error:
        error = failed.error.with_message(
            f"Identity '{deletion_plan.identity.id.name}' was not deleted, because it could not be detached from VM "
            f"'{failed.id.name if failed.id else failed.vm}'. {failed.error.message}"
        )
        blocked(deletion, error, recording, deletion_plan.attached)
        return _result(deletion_plan, Status.FAILED, detached=detached, error=error)
    if has_stopped:
        return _result(deletion_plan, Status.SKIPPED, detached=detached)
    result = delete_recorded(deletion, ports, recording)
    return replace(
        result,
        word=deletion_plan.word,
        attached=deletion_plan.attached,
        detached=detached,
        warnings=(*deletion_plan.warnings, *result.warnings),
    )


def _planned(deletion_plan: DeletionPlan, changes: Mapping[ResourceId, ChangeResult]) -> DeletionResult:
    detached = tuple(changes[machine.id] for machine in deletion_plan.detaching)
    return _result(deletion_plan, Status.PLANNED, detached=detached, roles=deletion_plan.roles)


def _result(
    deletion_plan: DeletionPlan,
    status: Status,
    *,
    detached: tuple[ChangeResult, ...] = (),
    roles: tuple[RoleResult, ...] = (),
    error: VmidentError | None = None,
) -> DeletionResult:
    return DeletionResult(
        deletion_plan.word,
        status,
        deletion_plan.identity.id,
        deletion_plan.attached,
        detached,
        roles,
        deletion_plan.warnings,
        error,
    )
