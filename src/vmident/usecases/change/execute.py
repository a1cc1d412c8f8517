"""Carry one prepared change to Azure: write, and where the VM has moved on, read again, compute again, write again.

Steps of a job: see `vmident.ports.fleet`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from vmident.core.consequences import Notice
from vmident.core.identity import IdentityState
from vmident.core.patch import PatchBody
from vmident.core.polling import pause_before_retry
from vmident.core.shell import command_line
from vmident.core.transition import Transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import (
    AzureUnavailable,
    Conflict,
    Interrupted,
    OperationFailed,
    PreconditionFailed,
    Throttled,
    TimedOut,
    VmidentError,
)
from vmident.ports.azure import PatchResponse
from vmident.ports.fleet import AzureRequest, Pause, RequestCost, RequestKind, Steps
from vmident.results.changes import ChangeResult, Status
from vmident.usecases.change.polling import cost_of, read_again, wait_for_operation, wait_until_idle, wait_until_settled
from vmident.usecases.change.prepare import ChangeRequest, Ports, Prepared, loss_from, prepare_change
from vmident.usecases.change.run_cache import RunCache

TRIES = 6
CHANGED_SINCE = "changed-since"


@dataclass
class _Attempt:
    """What the next write is worked out from, and the write whose outcome is not known to be a refusal."""

    prepared: Prepared
    approved: Transition
    run_cache: RunCache
    before_write: Callable[[Prepared], None]
    sent: Prepared | None = None
    late_warnings: list[Notice] = field(default_factory=list)


def execute(
    word: str,
    prepared: Prepared,
    change_request: ChangeRequest,
    ports: Ports,
    *,
    no_wait: bool,
    run_cache: RunCache | None = None,
    was_read_long_ago: bool = False,
    before_write: Callable[[Prepared], None] = lambda _prepared: None,
) -> Steps[ChangeResult]:
    """Make the change; hands back how it ended, and raises for no failure of this one VM.

    `before_write` is called with what is about to be sent, each time; where it raises, nothing is sent. Changes of one
    run share what is `learnt`. A VM that `was_read_long_ago` is read again first where it has no etag, without which a
    write would overwrite what has come since.

    A write is never repeated blindly: after a refusal or a lost answer the VM is read, the change computed again and
    sent again only where it is still to be made, `TRIES` times at most.
    """
    attempt = _Attempt(prepared, prepared.transition, run_cache or RunCache(), before_write)
    try:
        yield from _renew(attempt, change_request, ports, is_old=was_read_long_ago)
        status, after = yield from _write_until_done(attempt, change_request, ports, no_wait=no_wait)
    except VmidentError as failure:
        return _result(word, attempt, Status.FAILED, error=_with_context(failure, attempt))
    except KeyboardInterrupt:
        return _result(word, attempt, Status.FAILED, error=_with_context(Interrupted("Interrupted."), attempt))
    return _result(word, attempt, status, after)


def cost_of_write(prepared: Prepared) -> RequestCost:
    """Give what the write of a change takes from Azure's budgets."""
    change = prepared.transition
    return cost_of(RequestKind.WRITE_VM, prepared.machine, made=int(change.enables_system), attached=len(change.added))


def _renew(attempt: _Attempt, change_request: ChangeRequest, ports: Ports, *, is_old: bool) -> Steps[None]:
    machine = attempt.prepared.machine
    if is_old and machine.etag is None:
        machine = yield from read_again(machine, ports.machines)
    elif machine.is_idle:
        return
    yield from _prepare_again(attempt, change_request, ports, machine)


def _write_until_done(
    attempt: _Attempt, change_request: ChangeRequest, ports: Ports, *, no_wait: bool
) -> Steps[tuple[Status, IdentityState | None]]:
    for tries in range(TRIES):
        request = attempt.prepared.request
        if request is None:
            _check_it_did_not_fail(attempt)
            break
        try:
            write = partial(_write, attempt, request, ports)
            is_guarded = attempt.prepared.machine.etag is not None
            response: PatchResponse = yield AzureRequest(cost_of_write(attempt.prepared), write, is_guarded)
            if no_wait:
                return Status.ACCEPTED, response.machine.identity if response.machine else None
            return Status.CHANGED, (yield from _outcome_of(response, attempt, ports))
        except (Conflict, Throttled, AzureUnavailable) as failure:
            if tries == TRIES - 1:
                raise
            yield from _pause(tries, failure, attempt)
            machine = yield from read_again(attempt.prepared.machine, ports.machines)
            yield from _prepare_again(attempt, change_request, ports, machine)
    return Status.CHANGED if attempt.sent else Status.UNCHANGED, attempt.prepared.machine.identity


def _check_it_did_not_fail(attempt: _Attempt) -> None:
    """Where the answer was lost, the VM alone tells how the operation ended: raises `OperationFailed` for 'Failed'."""
    now, then = attempt.prepared.machine, attempt.sent.machine if attempt.sent else None
    if then and now.has_failed and not then.has_failed:
        raise OperationFailed(
            f"The change of VM '{now.id.name}' was sent and its answer lost; the VM is now '{now.provisioning_state}'.",
            hint=f"See what the VM has now: {command_line('vmident', 'show', now.id)}",
        )


def _write(attempt: _Attempt, request: PatchBody, ports: Ports) -> PatchResponse:
    machine = attempt.prepared.machine
    ports.clock.remaining_seconds()
    attempt.before_write(attempt.prepared)
    earlier, attempt.sent = attempt.sent, attempt.prepared
    try:
        return ports.machines.write_identity(machine.id, request, machine.etag)
    except (AzureUnavailable, TimedOut):
        raise
    except VmidentError:
        # Refused for certain: only what was sent before, if its answer was lost, may have been done.
        attempt.sent = earlier
        raise


def _pause(tries: int, failure: VmidentError, attempt: _Attempt) -> Steps[None]:
    if isinstance(failure, PreconditionFailed):
        return
    retry_after = failure.retry_after_seconds if isinstance(failure, Throttled) else None
    seconds = pause_before_retry(tries, retry_after)
    yield Pause(seconds, f"{attempt.prepared.machine.id.name}: {failure.code}, trying again in {seconds:.0f} s")


def _prepare_again(
    attempt: _Attempt, change_request: ChangeRequest, ports: Ports, machine: VirtualMachine
) -> Steps[None]:
    machine = yield from wait_until_idle(machine, ports.machines, ports.clock)
    attempt.prepared = prepare_change(machine, change_request, ports, may_be_done=attempt.sent is not None)
    now = attempt.prepared.transition
    if removes_more(now, attempt.approved):
        ports.prompt.confirm([loss_from(attempt.prepared)])
        attempt.approved = now


def removes_more(now: Transition, approved: Transition) -> bool:
    """Tell whether more is lost than somebody has said yes to."""
    loses_system = now.disables_system and not approved.disables_system
    return loses_system or bool(set(now.removed) - set(approved.removed))


def _outcome_of(response: PatchResponse, attempt: _Attempt, ports: Ports) -> Steps[IdentityState]:
    """Wait for the end, and read the VM once more only where the answer lacks something that is to be shown."""
    machine, goal = attempt.prepared.machine, attempt.prepared.transition.after
    answered = response.machine
    if response.operation:
        times = attempt.run_cache.times
        is_told = yield from wait_for_operation(response.operation, machine, ports.machines, ports.clock, times)
    else:
        is_told = answered is not None and answered.is_idle
    if not is_told:
        answered = yield from wait_until_settled(machine, ports.machines, ports.clock)
    if answered:
        known = attempt.run_cache.completed(answered.identity)
        if known.is_fully_known and known.has_same_identities_as(goal):
            return known
    after = (yield from read_again(machine, ports.machines)).identity
    attempt.run_cache.see(after)
    if not after.has_same_identities_as(goal):
        message = f"The change was made, but VM '{machine.id.name}' has since become something else than asked for."
        attempt.late_warnings.append(Notice(CHANGED_SINCE, message))
    return after


def _with_context(failure: VmidentError, attempt: _Attempt) -> VmidentError:
    """Add to a failure that ends an attempt halfway whether anything was sent, and where to look."""
    if not isinstance(failure, (TimedOut, Interrupted, AzureUnavailable)):
        return failure
    vm = attempt.prepared.machine.id
    if attempt.sent is None:
        return failure.with_message(f"{failure.message} VM '{vm.name}' was not changed.")
    return failure.with_message(
        f"{failure.message} The change of VM '{vm.name}' was sent, and Azure may still complete it.",
        hint=f"See what the VM has now: {command_line('vmident', 'show', vm)}",
    )


def _result(
    word: str,
    attempt: _Attempt,
    status: Status,
    after: IdentityState | None = None,
    error: VmidentError | None = None,
) -> ChangeResult:
    basis = attempt.sent or attempt.prepared
    return ChangeResult(
        word,
        status,
        id=basis.machine.id,
        before=basis.machine.identity,
        after=after,
        request=basis.request,
        warnings=(*basis.warnings, *attempt.late_warnings),
        roles=basis.roles,
        error=error,
    )
