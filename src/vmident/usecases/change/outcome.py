"""See how a write that Azure accepted has ended: from its operation, else from the VM itself.

The states are drawn above `vmident.usecases.execute`.
"""

from __future__ import annotations

from functools import partial

from vmident.core.consequences import Notice
from vmident.core.identity import IdentityState, UserIdentity
from vmident.core.shell import command_line
from vmident.core.transition import transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import capitalized, titled
from vmident.errors import ChangeNotMade, Conflict, NotAllowed, OperationFailed, VmidentError
from vmident.ports.azure import PatchResponse
from vmident.ports.fleet import AzureRequest, Pause, RequestKind, Steps
from vmident.ports.ports import Ports
from vmident.usecases.change.attempt import Attempt
from vmident.usecases.change.polling import PollEnd, cost_of, read_again, wait_for_operation, wait_until_settled

CHANGED_SINCE = "changed-since"
OPERATION_UNREADABLE = "operation-unreadable"
_PAUSES_BEFORE_IDS_SECONDS = (1.0, 2.0, 4.0)


def outcome_of(response: PatchResponse, attempt: Attempt, ports: Ports) -> Steps[IdentityState]:
    """Wait for the end of an accepted write; returns what the VM then has.

    Raises what the operation failed with, `OperationFailed` and `ChangeNotMade` where the VM says so, and what keeps
    both from being read: then `attempt.doubts` has the write still.
    """
    end = yield from _polled(response, attempt, ports)
    if end.failure:
        yield from _read_back_after(end.failure, attempt, ports)
        raise end.failure
    if not end.has_succeeded:
        machine = yield from _watched(attempt, ports)
        after = yield from with_ids(machine.identity, attempt, ports)
        attempt.settle()
        return after
    goal = attempt.prepared.transition.after
    answered = attempt.run_cache.completed(response.machine.identity) if response.machine else None
    if answered and answered.is_fully_known and answered.has_same_identities_as(goal):
        attempt.settle()
        return answered
    after = yield from _read_after_success(goal, attempt, ports)
    attempt.settle()
    if after.is_same_as(attempt.prepared.transition.before) and not attempt.prepared.transition.is_nothing:
        raise _not_made(attempt.prepared.machine)
    if not after.has_same_identities_as(goal):
        message = (
            f"{capitalized(titled(attempt.prepared.machine.id))} does not have the requested identities: "
            "it was changed again, or a policy modified the request."
        )
        attempt.late_warnings.append(Notice(CHANGED_SINCE, message))
    return after


def check_it_did_not_fail(attempt: Attempt) -> None:
    """Raise `OperationFailed` where a write in doubt is shown by a VM that has become 'Failed' with it."""
    now, sent = attempt.prepared.machine, attempt.sent
    if attempt.doubts and sent and now.has_failed and not sent.machine.has_failed:
        attempt.settle()
        attempt.after_failure = now.identity
        raise _ended_as_failed(now)


def _polled(response: PatchResponse, attempt: Attempt, ports: Ports) -> Steps[PollEnd]:
    machine = attempt.prepared.machine
    if response.operation is None:
        # Of a change that is made at once, the VM in the answer is all there is to see.
        there = response.machine
        return PollEnd(has_succeeded=there is not None and _shows_target(there, attempt) and there.is_idle)
    if not attempt.run_cache.may_poll:
        return PollEnd()
    end = yield from wait_for_operation(
        response.operation, machine, ports.machines, ports.clock, attempt.run_cache.times
    )
    if isinstance(end.refusal, NotAllowed) and attempt.run_cache.may_poll:
        attempt.run_cache.may_poll = False
        attempt.late_warnings.append(
            Notice(
                OPERATION_UNREADABLE,
                "You do not have permission to read operations (Microsoft.Compute/locations/operations/read); "
                "vmident reads the VMs instead.",
            )
        )
    return end


def _watched(attempt: Attempt, ports: Ports) -> Steps[VirtualMachine]:
    """Decide the outcome of an accepted write by reading the VM."""
    before = attempt.prepared.machine
    now = yield from _read_until_idle(attempt, ports)
    has_target = _shows_target(now, attempt)
    if now.has_failed and not (before.has_failed and has_target):
        attempt.settle()
        attempt.after_failure = now.identity if has_target else None
        raise _ended_as_failed(now)
    if not has_target:
        attempt.settle()
        raise _not_made(now)
    return now


def _not_made(now: VirtualMachine) -> ChangeNotMade:
    return ChangeNotMade(
        f"Azure accepted the change to {titled(now.id)}, but its identities do not show it. A policy modified the "
        "request, or another change reverted it.",
        hint=f"To see the last changes: {command_line('vmident', 'history', now.id)}",
    )


def _read_back_after(failure: VmidentError, attempt: Attempt, ports: Ports) -> Steps[None]:
    """Read the VM after its operation has failed: only where it does not show the change was it certainly not made.

    An operation that was preempted is a conflict, which has the VM read again anyway.
    """
    if isinstance(failure, Conflict):
        return
    try:
        now = yield from _read_until_idle(attempt, ports)
    except VmidentError as unreadable:
        if unreadable.ends_run:
            raise
        return
    has_target = _shows_target(now, attempt)
    if not has_target or now.has_failed:
        attempt.settle()
        attempt.after_failure = now.identity if has_target else None


def _shows_target(now: VirtualMachine, attempt: Attempt) -> bool:
    return transition(now.identity, attempt.prepared.change).is_nothing


def _ended_as_failed(now: VirtualMachine) -> OperationFailed:
    return OperationFailed(
        f"Azure accepted the change to {titled(now.id)}, but it ended with status '{now.provisioning_state}'.",
        hint=f"To see its current identities: {command_line('vmident', 'show', now.id)}",
    )


def _read_until_idle(attempt: Attempt, ports: Ports) -> Steps[VirtualMachine]:
    with attempt.of_a_vm_that_may_be_gone():
        machine = yield from read_again(attempt.prepared.machine, ports.machines)
        now: VirtualMachine = yield from wait_until_settled(machine, ports.machines, ports.clock)
    return now


def _read_after_success(goal: IdentityState, attempt: Attempt, ports: Ports) -> Steps[IdentityState]:
    """Read the VM after its operation has succeeded; where that fails, the change was made, and IDs are missing."""
    try:
        machine = yield from read_again(attempt.prepared.machine, ports.machines)
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return attempt.run_cache.completed(goal)
    attempt.run_cache.see(machine.identity)
    return (yield from with_ids(machine.identity, attempt, ports))


def with_ids(seen: IdentityState, attempt: Attempt, ports: Ports) -> Steps[IdentityState]:
    """Read the VM again until it says every principal and client ID, a few times, then ask the identities themselves.

    Azure was seen to show an identity as `{}` after its operation had succeeded (March 2025). What is not said by then
    stays unknown: the change is made all the same.
    """
    seen = attempt.run_cache.completed(seen)
    try:
        for seconds in _PAUSES_BEFORE_IDS_SECONDS:
            if seen.is_fully_known:
                return seen
            name = attempt.prepared.machine.id.name
            yield Pause(seconds, f"{name}: waiting for the IDs of its identities")
            machine = yield from read_again(attempt.prepared.machine, ports.machines)
            attempt.run_cache.see(machine.identity)
            seen = attempt.run_cache.completed(machine.identity)
        yield from _ask_identities(seen, attempt, ports)
    except VmidentError as failure:
        if failure.ends_run:
            raise
    return attempt.run_cache.completed(seen)


def _ask_identities(seen: IdentityState, attempt: Attempt, ports: Ports) -> Steps[None]:
    cost = cost_of(RequestKind.READ_IDENTITY, attempt.prepared.machine)
    for identity, known in seen.users.items():
        if not (known.client_id and known.principal_id):
            resource = yield AzureRequest(cost, partial(ports.identities.read, identity))
            found = UserIdentity(resource.client_id, resource.principal_id)
            attempt.run_cache.see(IdentityState(users={identity: found}))
