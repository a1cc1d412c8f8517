"""Wait for Azure, no longer than Azure needs: for an operation to end, for a VM to become idle. Steps of a job.

Every wait has a bound, with or without `--timeout`: `OPERATION_SECONDS` for the change itself, from the answer that
accepted it, and `OTHER_CHANGE_SECONDS` for another client's change that has to end first.
"""

from __future__ import annotations

from functools import partial

from msgspec import Struct

from vmident.core.polling import OperationTimes, pause_before_look, pause_before_vm_look
from vmident.core.shell import command_line
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import capitalized, kind_of, titled
from vmident.errors import BeingDeleted, Conflict, OperationUnfinished, VmidentError
from vmident.ports.azure import Operation, VirtualMachines
from vmident.ports.clock import Clock
from vmident.ports.fleet import AzureRequest, Pause, RequestCost, RequestKind, Steps

OTHER_CHANGE_SECONDS = 300.0
OPERATION_SECONDS = 7_200.0


class PollEnd(Struct, frozen=True):
    """What polling an operation came to.

    `has_succeeded`: the operation said so. Else `failure` is what it ended with. Where `refusal` is set, the operation
    could not be read, or has not ended in time: it says nothing, and the VM decides.
    """

    has_succeeded: bool = False
    failure: VmidentError | None = None
    refusal: VmidentError | None = None


def cost_of(
    kind: RequestKind, machine: VirtualMachine, *, made: int = 0, attached: int = 0, assignments: int = 0
) -> RequestCost:
    """Return what a request about a VM takes from Azure's budgets."""
    region = "".join(machine.location.split()).lower()
    return RequestCost(kind, machine.id.subscription.lower(), region, made, attached, assignments, kind_of(machine.id))


def read_again(machine: VirtualMachine, machines: VirtualMachines) -> Steps[VirtualMachine]:
    """Read a VM that was read before."""
    again: VirtualMachine = yield AzureRequest(
        cost_of(RequestKind.READ_VM, machine), partial(machines.read, machine.id)
    )
    return again


def wait_for_operation(
    operation: Operation, machine: VirtualMachine, machines: VirtualMachines, clock: Clock, times: OperationTimes
) -> Steps[PollEnd]:
    """Poll the operation until it ends, `OPERATION_SECONDS` at most; raises only what ends the run.

    A `Retry-After` is obeyed within that bound, and named in what the pause is for.
    """
    began = clock.now()
    asked_for = operation.retry_after_seconds
    pause = times.pause_before_first_look() if asked_for is None else pause_before_look(0.0, asked_for)
    while True:
        elapsed = clock.now() - began
        if elapsed >= OPERATION_SECONDS:
            return PollEnd(refusal=_unfinished(machine))
        yield Pause(min(pause, OPERATION_SECONDS - elapsed), _waiting(machine, asked_for), elapsed)
        try:
            status = yield AzureRequest(cost_of(RequestKind.LOOK, machine), partial(machines.poll, operation))
        except VmidentError as refusal:
            if refusal.ends_run:
                raise
            return PollEnd(refusal=refusal)
        if status.failure:
            return PollEnd(failure=status.failure)
        if status.is_over:
            if status.took_seconds is not None:
                times.learn(status.took_seconds)
            return PollEnd(has_succeeded=True)
        asked_for = status.retry_after_seconds
        pause = pause_before_look(clock.now() - began, asked_for)


def wait_until_idle(machine: VirtualMachine, machines: VirtualMachines, clock: Clock) -> Steps[VirtualMachine]:
    """Read a VM until no other client's operation runs on it; returns what it then is.

    Raises `Conflict` when that takes longer than five minutes, and `BeingDeleted` at once.
    """
    began = clock.now()
    while not machine.is_idle:
        _check_not_being_deleted(machine)
        elapsed = clock.now() - began
        if elapsed > OTHER_CHANGE_SECONDS:
            raise Conflict(
                f"{capitalized(titled(machine.id))} has been '{machine.provisioning_state}' for {elapsed:.0f} seconds; "
                "another operation has not completed.",
                hint="Check the VM's activity log, then try again.",
            )
        why = f"{machine.id.name}: waiting for another operation to complete"
        yield Pause(pause_before_vm_look(elapsed), why, elapsed)
        machine = yield from read_again(machine, machines)
    return machine


def wait_until_settled(machine: VirtualMachine, machines: VirtualMachines, clock: Clock) -> Steps[VirtualMachine]:
    """Read a VM that our own write may still be changing until no operation runs on it; returns what it then is.

    Raises `OperationUnfinished` when that takes longer than `OPERATION_SECONDS`, and `BeingDeleted` at once: a deletion
    can still fail, so it settles nothing.
    """
    began = clock.now()
    while not machine.is_idle:
        _check_not_being_deleted(machine)
        elapsed = clock.now() - began
        if elapsed >= OPERATION_SECONDS:
            raise _unfinished(machine)
        pause = min(pause_before_vm_look(elapsed), OPERATION_SECONDS - elapsed)
        yield Pause(pause, _waiting(machine), elapsed)
        machine = yield from read_again(machine, machines)
    return machine


def _check_not_being_deleted(machine: VirtualMachine) -> None:
    if machine.is_being_deleted:
        raise BeingDeleted(
            f"{capitalized(titled(machine.id))} is being deleted.",
            hint="To see the remaining VMs: vmident list",
        )


def _waiting(machine: VirtualMachine, asked_for: float | None = None) -> str:
    asked = f"; Azure asks to wait {asked_for:.0f} s" if asked_for else ""
    return f"{machine.id.name}: waiting for the operation to complete{asked}"


def _unfinished(machine: VirtualMachine) -> OperationUnfinished:
    return OperationUnfinished(
        f"Azure has not completed the change to {titled(machine.id)} within {OPERATION_SECONDS / 3600:.0f} hours.",
        hint=f"To see its current identities: {command_line('vmident', 'show', machine.id)}",
    )
