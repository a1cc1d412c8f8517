"""Change the identities of the VMs that were named: read them all, ask once, then change them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.run_record import RunRecord
from vmident.core.selection import SelectedChange
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import Interrupted, UnexpectedError, VmidentError
from vmident.ports.fleet import NO_POLICY, AzureRequest, Job, RequestCost, RequestKind, Steps, StopPolicy
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult, Status
from vmident.usecases.change.apply_roles import apply_roles, number_due, unsettled
from vmident.usecases.change.execute import cost_of_write, execute
from vmident.usecases.change.polling import cost_of
from vmident.usecases.change.prepare import ChangeRequest, Prepared
from vmident.usecases.change.prepare_all import (
    Ready,
    Task,
    approved,
    has_stopped_at,
    planned_result,
    prepare_all,
    skipped,
)
from vmident.usecases.change.recorder import RunRecorder, resume_recording, start_recording
from vmident.usecases.change.run_cache import RunCache
from vmident.usecases.change.run_inline import run_inline
from vmident.usecases.resolve.vms import Where


class ExecutionOptions(Struct, frozen=True):
    """How changes are made: only planned, or sent without waiting, and when a run of many stops.

    `selected` is set where the VMs were selected and not named, which is confirmed before anything is sent.
    """

    dry_run: bool = False
    no_wait: bool = False
    policy: StopPolicy = NO_POLICY
    selected: SelectedChange | None = None


def change_vms(
    words: Sequence[str | VirtualMachine],
    where: Where,
    change_request: ChangeRequest,
    ports: Ports,
    execution: ExecutionOptions,
) -> tuple[ChangeResult, ...]:
    """Apply a change request to every named VM; one result per VM, in the order given.

    A VM that was read already can stand for its word.

    What fails for one VM does not stop the others, except for the end of the time allowed and an interruption: the
    VMs that were not come to are then `skipped`. Raises `Declined`, `ConfirmationNeeded` and `JournalUnusable`, with
    nothing written.
    """
    tasks = [
        Task(str(one.id), change_request, seen=one) if isinstance(one, VirtualMachine) else Task(one, change_request)
        for one in words
    ]
    return change_each(tasks, ports, execution, where=where)


def change_each(
    tasks: Sequence[Task],
    ports: Ports,
    execution: ExecutionOptions,
    *,
    where: Where | None = None,
    record: RunRecord | None = None,
    undoes: str | None = None,
) -> tuple[ChangeResult, ...]:
    """Carry out tasks of which each has its own wish, as one run; results and errors are those of `change_vms`.

    `where` is needed for words that are no ids. `record` is the run that is resumed, taken over
    already; `undoes` names the run that it takes back.
    """
    ready = prepare_all(tasks, where, ports, dry_run=execution.dry_run)
    has_stopped = any(has_stopped_at(one) for one in ready)
    if execution.dry_run:
        return tuple(_foreseen(one, has_stopped=has_stopped) for one in ready)
    if has_stopped:
        # Not every VM has been read: a run of some of them would forget the others.
        return tuple(one if isinstance(one, ChangeResult) else skipped(one) for one in ready)
    ready = approved(ready, ports, execution.selected)
    recording = resume_recording(record, ports.journal) if record else start_recording(ready, ports.journal, undoes)
    results = execute_all(ready, ports, execution, recording)
    recording.close()
    return tuple(results)


def _foreseen(one: Ready | ChangeResult, *, has_stopped: bool) -> ChangeResult:
    if isinstance(one, ChangeResult):
        return one
    return skipped(one) if has_stopped else planned_result(one.word, one.prepared)


def execute_all(
    ready: Sequence[Ready | ChangeResult], ports: Ports, execution: ExecutionOptions, recording: RunRecorder
) -> list[ChangeResult]:
    """Change VMs that were read, confirmed and recorded; one result each, in the same order."""
    run_cache = RunCache()
    failed = sum(isinstance(one, ChangeResult) and one.error is not None for one in ready)
    to_do = sum(isinstance(one, Ready) and one.has_something_to_do for one in ready)
    is_alone = to_do == 1 and not execution.policy.reason_to_stop(failed, failed + 1)
    results: dict[int, ChangeResult] = {}
    jobs: dict[int, Job] = {}
    for number, one in enumerate(ready):
        if isinstance(one, ChangeResult):
            results[number] = recording.ended(one)
            continue
        run_cache.see(one.prepared.machine.identity)
        begin_it = partial(_changing, one, ports, execution, recording, run_cache, is_one_of_many=not is_alone)
        if one.has_something_to_do and not is_alone:
            jobs[number] = Job(begin_it, _first_cost(one.prepared))
        else:
            results[number] = run_inline(begin_it(), ports.clock, ports.prompt)
    if jobs:
        results |= zip(jobs, ports.fleet().run([*jobs.values()], execution.policy, failed), strict=True)
    return [results.get(number) or skipped(one) for number, one in enumerate(ready)]  # type: ignore[arg-type]


def _first_cost(prepared: Prepared) -> RequestCost:
    if prepared.machine.etag is None:
        return cost_of(RequestKind.READ_VM, prepared.machine)
    if prepared.request is None:
        return cost_of(RequestKind.SETTLE_ROLES, prepared.machine, assignments=number_due(prepared.roles))
    return cost_of_write(prepared)


def _changing(
    one: Ready,
    ports: Ports,
    execution: ExecutionOptions,
    recording: RunRecorder,
    run_cache: RunCache,
    *,
    is_one_of_many: bool,
) -> Steps[ChangeResult]:
    """Change one VM, and then its roles."""
    try:
        changed = yield from execute(
            one.word,
            one.prepared,
            one.change_request,
            ports,
            no_wait=execution.no_wait,
            run_cache=run_cache,
            was_read_long_ago=is_one_of_many,
            earlier=one.entry.sent_write if one.entry else None,
            before_write=recording.sending,
        )
        settled = yield from _settling(changed, one.prepared, ports, recording)
        return recording.ended(settled)
    except KeyboardInterrupt:
        error = Interrupted(
            "Interrupted. The requests already sent are recorded.", hint="To resume, run 'vmident runs resume'."
        )
        return _cut_short(one, error, recording)
    except Exception as stray:  # noqa: BLE001 - one VM's trouble is no other VM's
        return _cut_short(one, UnexpectedError.of(stray), recording)


def _cut_short(one: Ready, error: VmidentError, recording: RunRecorder) -> ChangeResult:
    is_in_flight = recording.is_in_flight(one.prepared.machine.id)
    return replace(skipped(one), status=Status.UNKNOWN if is_in_flight else Status.FAILED, error=error)


def _settling(changed: ChangeResult, prepared: Prepared, ports: Ports, recording: RunRecorder) -> Steps[ChangeResult]:
    settle = partial(apply_roles, changed, prepared, ports, recording.granting)
    due = number_due(prepared.roles)
    if not due or changed.error:
        return settle()
    try:
        cost = cost_of(RequestKind.SETTLE_ROLES, prepared.machine, assignments=due)
        settled: ChangeResult = yield AzureRequest(cost, settle, guarded=False)
    except VmidentError as failure:
        return unsettled(changed, prepared, failure)
    except KeyboardInterrupt:
        return unsettled(changed, prepared, Interrupted("Interrupted."))
    return settled
