"""Change the identities of the VMs that were named: read them all, ask once, then change them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from vmident.core.run_record import RunRecord
from vmident.core.virtual_machine import Machine
from vmident.errors import Interrupted, VmidentError
from vmident.ports.fleet import NO_POLICY, Cost, Job, Kind, Policy, Request, Steps
from vmident.results.changes import ChangeResult, Status
from vmident.usecases.change.apply_roles import number_due, settle_roles, unsettled
from vmident.usecases.change.execute import carry_out, cost_of_write
from vmident.usecases.change.polling import cost_of
from vmident.usecases.change.prepare import Prepared, Wish, World
from vmident.usecases.change.prepare_all import (
    Ready,
    Task,
    approved,
    has_stopped_at,
    planned_result,
    prepare_all,
    skipped,
)
from vmident.usecases.change.recorder import Recording, begin, going_on
from vmident.usecases.change.run_cache import Learnt
from vmident.usecases.change.run_inline import in_turn
from vmident.usecases.resolve.vms import Where


@dataclass(frozen=True)
class Manner:
    """How changes are to be made: only worked out, or sent and not waited for, and when many of them are to stop."""

    dry_run: bool = False
    no_wait: bool = False
    policy: Policy = NO_POLICY


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
    ready = prepare_all(tasks, where, world, dry_run=manner.dry_run)
    has_stopped = any(has_stopped_at(one) for one in ready)
    if manner.dry_run:
        return tuple(_foreseen(one, has_stopped=has_stopped) for one in ready)
    if has_stopped:
        # Not every VM has been read: a run of some of them would forget the others.
        return tuple(one if isinstance(one, ChangeResult) else skipped(one) for one in ready)
    ready = approved(ready, world)
    if record:
        recording = going_on(record, world.journal)
    else:
        recording = begin(((one.prepared, one.wish) for one in ready if isinstance(one, Ready)), world.journal, undoes)
    results = execute_all(ready, world, manner, recording)
    recording.close()
    return tuple(results)


def _foreseen(one: Ready | ChangeResult, *, has_stopped: bool) -> ChangeResult:
    if isinstance(one, ChangeResult):
        return one
    return skipped(one) if has_stopped else planned_result(one.word, one.prepared)


def execute_all(
    ready: Sequence[Ready | ChangeResult], world: World, manner: Manner, recording: Recording
) -> list[ChangeResult]:
    """Change VMs that were read, confirmed and recorded; one result each, in the same order."""
    learnt = Learnt()
    failed = sum(isinstance(one, ChangeResult) and one.error is not None for one in ready)
    to_do = sum(isinstance(one, Ready) and one.has_something_to_do for one in ready)
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
    return [results.get(number) or skipped(one) for number, one in enumerate(ready)]  # type: ignore[arg-type]


def _first_cost(prepared: Prepared) -> Cost:
    if prepared.machine.etag is None:
        return cost_of(Kind.READ_VM, prepared.machine)
    if prepared.request is None:
        return cost_of(Kind.SETTLE_ROLES, prepared.machine, assignments=number_due(prepared.roles))
    return cost_of_write(prepared)


def _changing(
    one: Ready, world: World, manner: Manner, recording: Recording, learnt: Learnt, *, is_one_of_many: bool
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
        return replace(skipped(one), status=Status.FAILED, error=error)


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
