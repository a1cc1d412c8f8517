"""Delete user-assigned identities: find what each is attached to and what it holds, ask once, detach, then delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vmident.core.resource_id import ResourceId
from vmident.errors import TimedOut, VmidentError
from vmident.results.changes import ChangeResult, RoleResult, Status
from vmident.results.resources import Deletion
from vmident.usecases.change.change_vms import Manner, execute_all
from vmident.usecases.change.prepare import World
from vmident.usecases.change.prepare_all import planned_result
from vmident.usecases.change.recorder import Recording, begin
from vmident.usecases.identity.prepare_delete import (
    DeletionWish,
    Doomed,
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
    words: Sequence[str], where: Where, wish: DeletionWish, world: World, manner: Manner
) -> tuple[Deletion, ...]:
    """Delete every identity that `words` name; one result each, in the order of the words.

    One that VMs have is left alone unless the wish says otherwise. To detach identities is a change of VMs like every
    other: one run, at Azure's pace, with the canary and the limit of failures that `manner` names. An identity is
    deleted when all its VMs have lost it; once the run has stopped, no identity is deleted. Raises `Declined`,
    `ConfirmationNeeded`, `JournalUnusable`, and `TimedOut` where it comes before anything was changed.
    """
    prepared = _prepare_all(words, where, wish, world)
    doomed = [one for one in prepared if isinstance(one, Doomed)]
    changes = detachments(doomed, world)
    if manner.dry_run:
        planned = {one.prepared.machine.id: planned_result(one.word, one.prepared) for one in changes}
        return tuple(_planned(one, planned) if isinstance(one, Doomed) else one for one in prepared)
    if doomed:
        world.person.approve_deletion([identity_loss_of(one, changes) for one in doomed])
        prepared = _removing_roles(prepared, wish, world)
    on_its_way = [on_record(one, wish) for one in prepared if isinstance(one, Doomed)]
    recording = begin(((one.prepared, one.wish) for one in changes), world.journal, deletions=on_its_way)
    detached = {one.id: one for one in execute_all(changes, world, manner, recording) if one.id}
    results: list[Deletion] = []
    for one in prepared:
        has_stopped = _has_stopped([*detached.values(), *results])
        results.append(
            _delete(one, wish, detached, world, recording, has_stopped=has_stopped) if isinstance(one, Doomed) else one
        )
    recording.close()
    return tuple(results)


def _prepare_all(words: Sequence[str], where: Where, wish: DeletionWish, world: World) -> list[Doomed | Deletion]:
    outcomes: list[Doomed | Deletion] = []
    seen: set[ResourceId] = set()
    for word in words:
        try:
            identity_id = find_identity(word, where, world.identities)
            if identity_id in seen:
                continue
            seen.add(identity_id)
            identity = read_identity(identity_id, world.identities)
            outcomes.append(_checked(prepare_deletion(word, identity, wish, world), wish))
        except TimedOut as failure:
            raise failure.saying(f"{failure.message} Nothing was changed.") from failure
        except VmidentError as failure:
            outcomes.append(Deletion(word, Status.FAILED, error=failure))
    return outcomes


def _checked(doomed: Doomed, wish: DeletionWish) -> Doomed | Deletion:
    if not doomed.attached or wish.detach or wish.force:
        return doomed
    hint = "Detach it too with --detach, or delete it all the same with --force: the VMs keep a dead attachment."
    return _result(doomed, Status.FAILED, error=still_attached(doomed.identity.id, doomed.attached, hint))


def _removing_roles(prepared: list[Doomed | Deletion], wish: DeletionWish, world: World) -> list[Doomed | Deletion]:
    held = [orphan for one in prepared if isinstance(one, Doomed) for orphan in one.orphans]
    if wish.remove_roles or not held or not world.person.wants_roles_removed(held):
        return prepared
    return [deleting_roles(one, world.roles) if isinstance(one, Doomed) else one for one in prepared]


def _has_stopped(outcomes: Sequence[ChangeResult | Deletion]) -> bool:
    return any(one.status is Status.SKIPPED or (one.error is not None and one.error.ends_run) for one in outcomes)


def _delete(
    doomed: Doomed,
    wish: DeletionWish,
    changes: Mapping[ResourceId, ChangeResult],
    world: World,
    recording: Recording,
    *,
    has_stopped: bool,
) -> Deletion:
    """Delete one identity, where all its VMs have lost it."""
    detached = tuple(changes[machine.id] for machine in doomed.detaching)
    failed = next((one for one in detached if one.error), None)
    deletion = on_record(doomed, wish)
    if failed and failed.error:
        error = failed.error.saying(
            f"Identity '{doomed.identity.id.name}' was not deleted, as it could not be detached from VM "
            f"'{failed.id.name if failed.id else failed.vm}'. {failed.error.message}"
        )
        blocked(deletion, error, recording, doomed.attached)
        return _result(doomed, Status.FAILED, detached=detached, error=error)
    if has_stopped:
        return _result(doomed, Status.SKIPPED, detached=detached)
    result = delete_recorded(deletion, world, recording)
    return replace(
        result,
        word=doomed.word,
        attached=doomed.attached,
        detached=detached,
        warnings=(*doomed.warnings, *result.warnings),
    )


def _planned(doomed: Doomed, changes: Mapping[ResourceId, ChangeResult]) -> Deletion:
    detached = tuple(changes[machine.id] for machine in doomed.detaching)
    return _result(doomed, Status.PLANNED, detached=detached, roles=doomed.roles)


def _result(
    doomed: Doomed,
    status: Status,
    *,
    detached: tuple[ChangeResult, ...] = (),
    roles: tuple[RoleResult, ...] = (),
    error: VmidentError | None = None,
) -> Deletion:
    return Deletion(doomed.word, status, doomed.identity.id, doomed.attached, detached, roles, doomed.warnings, error)
