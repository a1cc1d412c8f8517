"""Make one prepared change: write, see what came of it, and write again only where nothing was done.

The law, for any sequence of answers, whole or cut, well-formed or not. A change ends as one of

    changed, unchanged   the operation said 'Succeeded', or the VM shows what the change leads to
    failed               the VM was certainly not changed; where Azure failed the change halfway, `after` says what
                         the VM shows
    unknown              a write left, and neither its answer nor the VM says what came of it. The journal keeps it,
                         and `runs resume` settles it

and the states on the way there are

                  ┌──────────── nothing to send ──────────────────────────────► changed / unchanged
    PREPARED ─────┤
     ▲  ▲  ▲      └── PATCH ──► SENT (on record, in doubt)
     │  │  │                      │
     │  │  │   409, 412, 429      │   other refusals (a 400 is believed when a second read finds the VM unmoved)
     │  │  └──────────────────────┼─────────────────────────────────────────────► failed
     │  │                         │
     │  │        ┌────────────────┼──────────────────┐
     │  │        │ no answer, 5xx,│ 2xx, readable    │ given up: Ctrl-C twice, --timeout, no sign-in
     │  │        │ unreadable,    ▼                  └───────────────────────────► unknown
     │  │        │ redirect    ACCEPTED ── poll: Succeeded ─────────────────────► changed
     │  │        │                │  │
     │  │        │                │  └─ poll: Failed ──► READ BACK ── has it ────► failed with `after`, or unknown
     │  │        │                │                          └─ has it not ──────► failed
     │  │        │                │ poll refused, unreadable, without end; no operation that may be asked
     │  │        │                ▼
     │  │        │             WATCHED: the VM is read until no operation runs on it
     │  │        │                │  ├── has it ───────────────────────────────► changed (failed if 'Failed')
     │  │        │                │  ├── has it not ───────────────────────────► failed (change-not-made)
     │  │        │                │  └── cannot be read, never ends ───────────► unknown
     │  │        ▼                │
     │  │     READ BACK ── has it ───────────────────────────────────────────────► changed (failed if 'Failed')
     │  └──────── has it not      └ cannot be read ──────────────────────────────► unknown
     │
     └ at most `TRIES` writes; the last one in doubt is read back too, and what then still is in doubt is unknown

A second write never leaves blindly: the VM was read after the first one, the change worked out again for what it has,
and `If-Match` makes at most one of the two be done. Steps of a job: see `vmident.ports.fleet`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from vmident.core.consequences import without_consequences
from vmident.core.identity import IdentityState
from vmident.core.polling import is_too_long, pause_before_retry
from vmident.core.shell import command_line
from vmident.core.transition import Transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import capitalized, titled
from vmident.core.write_outcome import SentWrite
from vmident.errors import (
    Conflict,
    Interrupted,
    InvalidResponse,
    PreconditionFailed,
    Throttled,
    UnexpectedError,
    VmidentError,
)
from vmident.ports.azure import PatchResponse
from vmident.ports.fleet import AzureRequest, Pause, RequestCost, RequestKind, Steps
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult, Status
from vmident.usecases.change.attempt import Attempt
from vmident.usecases.change.outcome import check_it_did_not_fail, outcome_of, with_ids
from vmident.usecases.change.polling import cost_of, read_again, wait_until_idle, wait_until_settled
from vmident.usecases.change.prepare import ChangeRequest, Prepared, loss_from, prepare_change
from vmident.usecases.change.run_cache import RunCache

TRIES = 6
BAD_REQUEST = 400


def execute(
    word: str,
    prepared: Prepared,
    change_request: ChangeRequest,
    ports: Ports,
    *,
    no_wait: bool,
    run_cache: RunCache | None = None,
    was_read_long_ago: bool = False,
    earlier: SentWrite | None = None,
    before_write: Callable[[Prepared], None] = lambda _prepared: None,
) -> Steps[ChangeResult]:
    """Make the change; returns how it ended, and raises for no failure of this one VM.

    `before_write` is called with what is about to be sent, each time; where it raises, nothing is sent. Changes of one
    run share a `run_cache`. A VM that `was_read_long_ago` is read again first where it has no etag, without which a
    write would overwrite what has come since. `earlier` is what an earlier process sent to the VM.
    """
    attempt = Attempt(
        prepared,
        prepared.transition,
        run_cache or RunCache(),
        before_write,
        earlier,
        is_earlier_open=earlier is not None and not prepared.machine.is_idle,
    )
    try:
        yield from _renew(attempt, change_request, ports, is_old=was_read_long_ago)
        status, after = yield from _write_until_done(attempt, change_request, ports, no_wait=no_wait)
    except VmidentError as failure:
        return _failed(word, attempt, failure)
    except KeyboardInterrupt:
        return _failed(word, attempt, Interrupted("Interrupted."))
    except Exception as stray:  # noqa: BLE001 - one VM's trouble is no other VM's
        return _failed(word, attempt, UnexpectedError.of(stray))
    return _result(word, attempt, status, after)


def cost_of_write(prepared: Prepared) -> RequestCost:
    """Return what the write of a change takes from Azure's budgets."""
    change = prepared.transition
    return cost_of(RequestKind.WRITE_VM, prepared.machine, made=int(change.enables_system), attached=len(change.added))


def _renew(attempt: Attempt, change_request: ChangeRequest, ports: Ports, *, is_old: bool) -> Steps[None]:
    machine = attempt.prepared.machine
    if is_old and machine.etag is None:
        machine = yield from _read_back(attempt, ports)
    elif machine.is_idle:
        return
    yield from _prepare_again(attempt, change_request, ports, machine)


def _write_until_done(
    attempt: Attempt, change_request: ChangeRequest, ports: Ports, *, no_wait: bool
) -> Steps[tuple[Status, IdentityState | None]]:
    for tries in range(1, TRIES + 1):
        if attempt.prepared.request is None:
            break
        is_last = tries == TRIES
        try:
            is_guarded = attempt.prepared.machine.etag is not None
            write = partial(attempt.write, ports.machines)
            response: PatchResponse = yield AzureRequest(cost_of_write(attempt.prepared), write, is_guarded)
        except VmidentError as failure:
            yield from _after(failure, tries, attempt, change_request, ports)
            if is_last and attempt.prepared.request is not None:
                raise
            continue
        if no_wait:
            return Status.ACCEPTED, response.machine.identity if response.machine else None
        try:
            return Status.CHANGED, (yield from outcome_of(response, attempt, ports))
        except Conflict as preempted:
            yield from _read_and_prepare_again(preempted, tries, attempt, change_request, ports)
            attempt.settle()
            if is_last and attempt.prepared.request is not None:
                raise
    check_it_did_not_fail(attempt)
    after = attempt.prepared.machine.identity
    if attempt.sent or attempt.prepared.grants:
        after = yield from with_ids(after, attempt, ports)
    attempt.settle()
    return Status.CHANGED if attempt.sent else Status.UNCHANGED, after


def _after(
    failure: VmidentError, tries: int, attempt: Attempt, change_request: ChangeRequest, ports: Ports
) -> Steps[None]:
    """Read the VM again after a write that failed, and work out the change again; raises what that cannot mend."""
    if failure.ends_run:
        raise failure
    if failure.status == BAD_REQUEST:
        yield from _believe_after_a_second_read(failure, attempt, change_request, ports)
    elif failure.outcome_is_unknown:
        before = attempt.prepared.machine
        yield from _read_and_prepare_again(failure, tries, attempt, change_request, ports)
        if isinstance(failure, InvalidResponse) and _is_untouched(before, attempt.prepared.machine):
            # There was an answer, so nothing is under way any more: no write so far was done.
            attempt.settle()
            attempt.sent = None
    elif isinstance(failure, (Conflict, Throttled)) and tries < TRIES:
        yield from _read_and_prepare_again(failure, tries, attempt, change_request, ports)
    else:
        raise failure


def _believe_after_a_second_read(
    failure: VmidentError, attempt: Attempt, change_request: ChangeRequest, ports: Ports
) -> Steps[None]:
    """Raise a 400 unless the VM has moved on since the read from which the request was worked out.

    Azure was seen to refuse so what had been right a moment before; source: two races of 160 on the real service.
    """
    before = attempt.prepared.machine
    machine = yield from _read_back(attempt, ports)
    if machine.is_idle and _is_untouched(before, machine):
        raise failure
    yield from _prepare_again(attempt, change_request, ports, machine)


def _read_and_prepare_again(
    failure: VmidentError, tries: int, attempt: Attempt, change_request: ChangeRequest, ports: Ports
) -> Steps[None]:
    yield from _pause(tries, failure, attempt)
    machine = yield from _read_back(attempt, ports)
    yield from _prepare_again(attempt, change_request, ports, machine)


def _is_untouched(before: VirtualMachine, now: VirtualMachine) -> bool:
    return now.etag == before.etag and now.identity.is_same_as(before.identity)


def _pause(tries: int, failure: VmidentError, attempt: Attempt) -> Steps[None]:
    if isinstance(failure, PreconditionFailed):
        return
    if is_too_long(failure.retry_after_seconds):
        raise failure
    seconds = pause_before_retry(tries - 1, failure.retry_after_seconds)
    yield Pause(seconds, f"{attempt.prepared.machine.id.name}: {failure.code}, retrying in {seconds:.0f} s")


def _read_back(attempt: Attempt, ports: Ports) -> Steps[VirtualMachine]:
    with attempt.of_a_vm_that_may_be_gone():
        machine: VirtualMachine = yield from read_again(attempt.prepared.machine, ports.machines)
    return machine


def _prepare_again(
    attempt: Attempt, change_request: ChangeRequest, ports: Ports, machine: VirtualMachine
) -> Steps[None]:
    with attempt.of_a_vm_that_may_be_gone():
        until_idle = wait_until_settled if attempt.is_in_doubt else wait_until_idle
        machine = yield from until_idle(machine, ports.machines, ports.clock)
    # From here on the VM says what came of the earlier process's write: by the etag from before it, until this process
    # has written itself.
    attempt.is_earlier_open = False
    attempt.prepared = prepare_change(
        machine,
        change_request,
        ports,
        may_be_done=attempt.sent is not None or attempt.earlier is not None,
        earlier=None if attempt.sent else attempt.earlier,
    )
    now = attempt.prepared.transition
    if removes_more(now, attempt.approved):
        ports.prompt.confirm([loss_from(attempt.prepared)])
        attempt.approved = now


def removes_more(now: Transition, approved: Transition) -> bool:
    """Return whether more is lost than was confirmed."""
    loses_system = now.disables_system and not approved.disables_system
    return loses_system or bool(set(now.removed) - set(approved.removed))


def _failed(word: str, attempt: Attempt, failure: VmidentError) -> ChangeResult:
    attempt.give_up()
    status = Status.UNKNOWN if attempt.is_in_doubt else Status.FAILED
    return _result(word, attempt, status, attempt.after_failure, _with_context(failure, attempt))


def _with_context(failure: VmidentError, attempt: Attempt) -> VmidentError:
    """Add to a failure that ends an attempt halfway whether anything was sent, and where to look."""
    vm = attempt.prepared.machine.id
    if attempt.is_in_doubt:
        return failure.with_message(
            f"{failure.message} The change to {titled(vm)} was sent and may still complete.",
            hint=f"To see its current identities: {command_line('vmident', 'show', vm)}",
        )
    if failure.outcome_is_unknown:
        return failure.with_message(f"{failure.message} {capitalized(titled(vm))} was not changed.")
    return failure


def _result(
    word: str,
    attempt: Attempt,
    status: Status,
    after: IdentityState | None = None,
    error: VmidentError | None = None,
) -> ChangeResult:
    basis = attempt.sent or attempt.prepared
    is_refused = status is Status.FAILED and attempt.sent is None
    warnings = without_consequences(basis.warnings) if is_refused else basis.warnings
    return ChangeResult(
        word,
        status,
        id=basis.machine.id,
        before=basis.machine.identity,
        after=after,
        request=basis.request,
        warnings=(*warnings, *attempt.late_warnings),
        roles=basis.roles,
        error=error,
    )
