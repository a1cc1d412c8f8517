"""Change the identities of the VMs that were named: read them all, ask once, then change one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from vmident.core.history import Entry, RunRecord
from vmident.core.machine import Machine
from vmident.core.resource_id import ResourceId
from vmident.errors import Interrupted, JournalUnusable, NotFound, TakenOver, TimedOut, VmidentError
from vmident.results import ChangeResult, Status
from vmident.usecases.carry_out import carry_out, goes_further
from vmident.usecases.find_vms import Where, find_vm, not_found_with_near_names
from vmident.usecases.prepare_change import Prepared, Wish, World, loss_of, prepare_change, removing_roles
from vmident.usecases.record_changes import Recording, begin, going_on
from vmident.usecases.settle_roles import settle_roles


@dataclass(frozen=True)
class Manner:
    """How changes are to be made: only worked out, or sent and not waited for."""

    dry_run: bool = False
    no_wait: bool = False


@dataclass(frozen=True)
class _Ready:
    word: str
    prepared: Prepared
    wish: Wish
    entry: Entry | None = None

    @property
    def takes_more_than_approved(self) -> bool:
        """Tell whether something is lost that nobody has said yes to, now or when an earlier process began."""
        now = self.prepared.transition
        return goes_further(now, self.entry.transition) if self.entry else now.takes_away


@dataclass(frozen=True)
class Task:
    """One VM to change: the word that names it, how it is found, what is to become of it.

    `entry` is what is on record where an earlier process has begun it, `seen` the VM where it was read already.
    """

    word: str
    find: Callable[[], ResourceId]
    wish: Wish
    entry: Entry | None = None
    seen: Machine | None = None


def change_vms(
    words: Sequence[str | Machine], where: Where, wish: Wish, world: World, manner: Manner
) -> tuple[ChangeResult, ...]:
    """Make `wish` come true on every VM that `words` name; one result a VM, in the order of the words.

    A VM that was read already can stand for its word.

    What fails for one VM does not stop the others, except for the end of the time allowed and an interruption: the
    VMs that were not come to are then `skipped`. Raises `Declined`, `ConfirmationNeeded` and `JournalUnusable`, with
    nothing written.
    """
    tasks = [
        Task(str(one.id), partial(_itself, one.id), wish, seen=one)
        if isinstance(one, Machine)
        else Task(one, partial(find_vm, one, where, world.machines), wish)
        for one in words
    ]
    return change_each(tasks, world, manner)


def _itself(vm: ResourceId) -> ResourceId:
    return vm


def change_each(
    tasks: Sequence[Task], world: World, manner: Manner, *, record: RunRecord | None = None, undoes: str | None = None
) -> tuple[ChangeResult, ...]:
    """Carry out tasks of which each has its own wish, as one run; results and errors are those of `change_vms`.

    `record` is the run that this one goes on with, taken over already; `undoes` names the run that it takes back.
    """
    ready = _prepare_all(tasks, world, manner)
    has_stopped = _has_stopped([one for one in ready if isinstance(one, ChangeResult)])
    if manner.dry_run:
        return tuple(_foreseen(one, has_stopped=has_stopped) for one in ready)
    if has_stopped:
        # Not every VM has been read: a run of some of them would forget the others.
        return tuple(one if isinstance(one, ChangeResult) else _skipped(one) for one in ready)
    ready = _approved(ready, world)
    if record:
        recording = going_on(record, world.journal)
    else:
        recording = begin(((one.prepared, one.wish) for one in ready if isinstance(one, _Ready)), world.journal, undoes)
    results: list[ChangeResult] = []
    for one in ready:
        if isinstance(one, ChangeResult):
            results.append(recording.ended(one))
            continue
        results.append(_skipped(one) if has_stopped else _carried_out(one, world, manner, recording))
        has_stopped = has_stopped or _has_stopped(results[-1:])
    recording.close()
    return tuple(results)


def _foreseen(one: _Ready | ChangeResult, *, has_stopped: bool) -> ChangeResult:
    if isinstance(one, ChangeResult):
        return one
    return _skipped(one) if has_stopped else planned_result(one.word, one.prepared)


def _carried_out(one: _Ready, world: World, manner: Manner, recording: Recording) -> ChangeResult:
    try:
        changed = carry_out(
            one.word, one.prepared, one.wish, world, no_wait=manner.no_wait, before_write=recording.sending
        )
        return recording.ended(settle_roles(changed, one.prepared, world, recording.granting))
    except KeyboardInterrupt:
        error = Interrupted("Interrupted. What was sent is on record.", hint="Go on with it: vmident runs resume")
        return replace(_skipped(one), status=Status.FAILED, error=error)


def _approved(ready: list[_Ready | ChangeResult], world: World) -> list[_Ready | ChangeResult]:
    """Ask about what will be lost, and then whether role assignments that point at nobody are to go too.

    Who says yes to that gets what `--remove-roles` asks for; raises `NotAllowed` where they clearly may not.
    """
    losing = [one for one in ready if isinstance(one, _Ready) and one.takes_more_than_approved]
    if not losing:
        return ready
    world.person.approve([loss_of(one.prepared) for one in losing])
    orphans = [orphan for one in losing if not one.wish.remove_roles for orphan in one.prepared.orphans]
    if not orphans or not world.person.wants_roles_removed(orphans):
        return ready
    return [_removing(one, world) if isinstance(one, _Ready) and one.takes_more_than_approved else one for one in ready]


def _removing(one: _Ready, world: World) -> _Ready:
    prepared = removing_roles(one.prepared, world.roles)
    return replace(one, prepared=prepared, wish=replace(one.wish, remove_roles=True))


def _prepare_all(tasks: Sequence[Task], world: World, manner: Manner) -> list[_Ready | ChangeResult]:
    outcomes: list[_Ready | ChangeResult] = []
    seen: set[ResourceId] = set()
    for task in tasks:
        if _has_stopped(outcomes):
            outcomes.append(ChangeResult(task.word, Status.SKIPPED))
            continue
        vm: ResourceId | None = None
        try:
            vm = task.find()
            if vm not in seen:
                seen.add(vm)
                outcomes.append(_prepared(task, vm, world, manner))
        except VmidentError as failure:
            outcomes.append(_failed(task.word, vm, failure, world))
        except KeyboardInterrupt:
            error = Interrupted("Interrupted. Nothing was sent.")
            outcomes.append(ChangeResult(task.word, Status.FAILED, vm, error=error))
    return outcomes


def _prepared(task: Task, vm: ResourceId, world: World, manner: Manner) -> _Ready:
    is_in_flight = task.entry is not None and task.entry.stage.is_in_flight
    prepared = prepare_change(
        vm, task.wish, world, at_rest=not manner.dry_run, may_be_done=is_in_flight, seen=task.seen
    )
    return _Ready(task.word, prepared, task.wish, task.entry)


def _failed(word: str, vm: ResourceId | None, failure: VmidentError, world: World) -> ChangeResult:
    if isinstance(failure, TimedOut):
        failure = failure.saying(f"{failure.message} VM '{vm.name if vm else word}' was not changed.")
    if vm and isinstance(failure, NotFound):
        failure = not_found_with_near_names(word, vm, failure, world.machines)
    return ChangeResult(word, Status.FAILED, vm, error=failure)


def _has_stopped(outcomes: Sequence[_Ready | ChangeResult]) -> bool:
    ends = (TimedOut, Interrupted, JournalUnusable, TakenOver)
    return any(isinstance(one, ChangeResult) and isinstance(one.error, ends) for one in outcomes)


def planned_result(word: str, prepared: Prepared) -> ChangeResult:
    """Give what `--dry-run` says of a change."""
    status = Status.PLANNED if prepared.is_to_do else Status.UNCHANGED
    return ChangeResult(
        word,
        status,
        id=prepared.machine.id,
        before=prepared.transition.before,
        after=prepared.transition.after,
        request=prepared.request,
        warnings=prepared.warnings,
        roles=prepared.roles,
    )


def _skipped(one: _Ready) -> ChangeResult:
    return ChangeResult(one.word, Status.SKIPPED, one.prepared.machine.id, before=one.prepared.machine.identity)
