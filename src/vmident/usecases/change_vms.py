"""Change the identities of the VMs that were named: read them all, ask once, then change them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from vmident.core.history import Entry, RunRecord
from vmident.core.machine import Machine
from vmident.core.resource_id import ResourceId
from vmident.errors import Interrupted, NotFound, TimedOut, VmidentError
from vmident.fleet_ports import NO_POLICY, Cost, Job, Kind, Policy, Request, Steps
from vmident.results import ChangeResult, Status
from vmident.usecases.carry_out import carry_out, cost_of_write, goes_further
from vmident.usecases.find_vms import Where, not_found_with_near_names
from vmident.usecases.held_once import HeldBy, HeldOnce
from vmident.usecases.in_turn import in_turn
from vmident.usecases.learnt import Learnt
from vmident.usecases.named_vms import NamedVms
from vmident.usecases.prepare_change import (
    Prepared,
    Wish,
    World,
    loss_of,
    prepare_change,
    read_at_rest,
    removing_roles,
)
from vmident.usecases.record_changes import Recording, begin, going_on
from vmident.usecases.settle_roles import number_due, settle_roles, unsettled
from vmident.usecases.wait import cost_of


@dataclass(frozen=True)
class Manner:
    """How changes are to be made: only worked out, or sent and not waited for, and when many of them are to stop."""

    dry_run: bool = False
    no_wait: bool = False
    policy: Policy = NO_POLICY


@dataclass(frozen=True)
class _Ready:
    word: str
    prepared: Prepared
    wish: Wish
    entry: Entry | None = None

    @property
    def has_something_to_do(self) -> bool:
        """Tell whether anything is to be sent, or may be once an operation that runs on the VM is over."""
        return self.prepared.is_to_do or not self.prepared.machine.is_at_rest

    @property
    def takes_more_than_approved(self) -> bool:
        """Tell whether something is lost that nobody has said yes to, now or when an earlier process began."""
        now = self.prepared.transition
        return goes_further(now, self.entry.transition) if self.entry else now.takes_away


@dataclass(frozen=True)
class Task:
    """One VM to change: the word that names it, and what is to become of it.

    `entry` is what is on record where an earlier process has begun it, `seen` the VM where it was read already.
    """

    word: str
    wish: Wish
    entry: Entry | None = None
    seen: Machine | None = None

    @property
    def is_in_flight(self) -> bool:
        """Tell whether an earlier process has sent something whose outcome is not on record."""
        return self.entry is not None and self.entry.stage.is_in_flight


def change_vms(
    words: Sequence[str | Machine], where: Where, wish: Wish, world: World, manner: Manner
) -> tuple[ChangeResult, ...]:
    """Make `wish` come true on every VM that `words` name; one result a VM, in the order of the words.

    A VM that was read already can stand for its word.

    What fails for one VM does not stop the others, except for the end of the time allowed and an interruption: the
    VMs that were not come to are then `skipped`. Raises `Declined`, `ConfirmationNeeded` and `JournalUnusable`, with
    nothing written.
    """
    tasks = [Task(str(one.id), wish, seen=one) if isinstance(one, Machine) else Task(one, wish) for one in words]
    return change_each(tasks, world, manner, where=where)


def change_each(
    tasks: Sequence[Task],
    world: World,
    manner: Manner,
    *,
    where: Where | None = None,
    record: RunRecord | None = None,
    undoes: str | None = None,
) -> tuple[ChangeResult, ...]:
    """Carry out tasks of which each has its own wish, as one run; results and errors are those of `change_vms`.

    `where` is needed for words that are no ids. `record` is the run that this one goes on with, taken over
    already; `undoes` names the run that it takes back.
    """
    ready = _prepare_all(tasks, where, world, manner)
    has_stopped = any(_has_stopped(one) for one in ready)
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
    results = _carry_out_all(ready, world, manner, recording)
    recording.close()
    return tuple(results)


def _foreseen(one: _Ready | ChangeResult, *, has_stopped: bool) -> ChangeResult:
    if isinstance(one, ChangeResult):
        return one
    return _skipped(one) if has_stopped else planned_result(one.word, one.prepared)


def _carry_out_all(
    ready: Sequence[_Ready | ChangeResult], world: World, manner: Manner, recording: Recording
) -> list[ChangeResult]:
    learnt = Learnt()
    failed = sum(isinstance(one, ChangeResult) and one.error is not None for one in ready)
    to_do = sum(isinstance(one, _Ready) and one.has_something_to_do for one in ready)
    is_alone = to_do == 1 and not manner.policy.reason_to_stop(failed, failed + 1)
    results: dict[int, ChangeResult] = {}
    jobs: dict[int, Job] = {}
    for number, one in enumerate(ready):
        if isinstance(one, ChangeResult):
            results[number] = recording.ended(one)
            continue
        learnt.see(one.prepared.machine.identity)
        begin_it = partial(_changing, one, world, manner, recording, learnt, is_one_of_many=not is_alone)
        if one.has_something_to_do and not is_alone:
            jobs[number] = Job(begin_it, _first_cost(one.prepared))
        else:
            results[number] = in_turn(begin_it(), world.clock, world.person)
    if jobs:
        results |= zip(jobs, world.fleet().run([*jobs.values()], manner.policy, failed), strict=True)
    return [results.get(number) or _skipped(one) for number, one in enumerate(ready)]  # type: ignore[arg-type]


def _first_cost(prepared: Prepared) -> Cost:
    if prepared.machine.etag is None:
        return cost_of(Kind.READ_VM, prepared.machine)
    if prepared.request is None:
        return cost_of(Kind.SETTLE_ROLES, prepared.machine, assignments=number_due(prepared.roles))
    return cost_of_write(prepared)


def _changing(
    one: _Ready, world: World, manner: Manner, recording: Recording, learnt: Learnt, *, is_one_of_many: bool
) -> Steps[ChangeResult]:
    """Change one VM, and then its roles."""
    try:
        changed = yield from carry_out(
            one.word,
            one.prepared,
            one.wish,
            world,
            no_wait=manner.no_wait,
            learnt=learnt,
            was_read_long_ago=is_one_of_many,
            before_write=recording.sending,
        )
        settled = yield from _settling(changed, one.prepared, world, recording)
        return recording.ended(settled)
    except KeyboardInterrupt:
        error = Interrupted("Interrupted. What was sent is on record.", hint="Go on with it: vmident runs resume")
        return replace(_skipped(one), status=Status.FAILED, error=error)


def _settling(changed: ChangeResult, prepared: Prepared, world: World, recording: Recording) -> Steps[ChangeResult]:
    settle = partial(settle_roles, changed, prepared, world, recording.granting)
    due = number_due(prepared.roles)
    if not due or changed.error:
        return settle()
    try:
        cost = cost_of(Kind.SETTLE_ROLES, prepared.machine, assignments=due)
        settled: ChangeResult = yield Request(cost, settle, guarded=False)
    except VmidentError as failure:
        return unsettled(changed, prepared, failure)
    except KeyboardInterrupt:
        return unsettled(changed, prepared, Interrupted("Interrupted."))
    return settled


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


def _prepare_all(
    tasks: Sequence[Task], where: Where | None, world: World, manner: Manner
) -> list[_Ready | ChangeResult]:
    named = NamedVms([task.word for task in tasks if task.seen is None], where, world.machines)
    held_by = HeldOnce(world.roles)
    outcomes: list[_Ready | ChangeResult] = []
    seen: set[ResourceId] = set()
    # Many are not waited for one after the other: each is when its turn comes.
    at_rest = len(tasks) == 1 and not manner.dry_run
    has_stopped = False
    for task in tasks:
        has_stopped = has_stopped or bool(outcomes and _has_stopped(outcomes[-1]))
        if has_stopped:
            outcomes.append(ChangeResult(task.word, Status.SKIPPED))
            continue
        vm: ResourceId | None = None
        try:
            vm = task.seen.id if task.seen else named.find(task.word)
            if vm not in seen:
                seen.add(vm)
                machine = _read(task, task.seen or named.listed(vm), vm, world, at_rest=at_rest)
                outcomes.append(_prepared(task, machine, world, held_by))
        except VmidentError as failure:
            outcomes.append(_failed(task.word, vm, failure, world))
        except KeyboardInterrupt:
            error = Interrupted("Interrupted. Nothing was sent.")
            outcomes.append(ChangeResult(task.word, Status.FAILED, vm, error=error))
    return outcomes


def _read(task: Task, seen: Machine | None, vm: ResourceId, world: World, *, at_rest: bool) -> Machine:
    """Give the VM as it was seen, where that will do, else as it is."""
    # An etag keeps a write from going to a VM that has moved on since it was seen.
    is_fit = seen is not None and seen.etag is not None and (seen.is_at_rest or not (at_rest or task.is_in_flight))
    return seen if seen and is_fit else read_at_rest(vm, world, at_rest=at_rest)


def _prepared(task: Task, machine: Machine, world: World, held_by: HeldBy) -> _Ready:
    prepared = prepare_change(machine, task.wish, world, may_be_done=task.is_in_flight, held_by=held_by)
    return _Ready(task.word, prepared, task.wish, task.entry)


def _failed(word: str, vm: ResourceId | None, failure: VmidentError, world: World) -> ChangeResult:
    if isinstance(failure, TimedOut):
        failure = failure.saying(f"{failure.message} VM '{vm.name if vm else word}' was not changed.")
    if vm and isinstance(failure, NotFound):
        failure = not_found_with_near_names(word, vm, failure, world.machines)
    return ChangeResult(word, Status.FAILED, vm, error=failure)


def _has_stopped(outcome: _Ready | ChangeResult) -> bool:
    return isinstance(outcome, ChangeResult) and isinstance(outcome.error, (TimedOut, Interrupted))


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
