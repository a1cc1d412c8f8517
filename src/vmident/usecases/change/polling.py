"""Wait for Azure, no longer than Azure needs: for an operation to end, for a VM to come to rest. Steps of a job."""

from __future__ import annotations

from functools import partial

from vmident.core.polling import OperationTimes, pause_before_look, pause_before_vm_look
from vmident.core.shell import command_line
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import Conflict, NotFound, OperationFailed
from vmident.ports.azure import Clock, Operation, VirtualMachines
from vmident.ports.fleet import AzureRequest, Pause, RequestCost, RequestKind, Steps

SOMEBODY_ELSES_CHANGE_SECONDS = 300.0


def cost_of(
    kind: RequestKind, machine: VirtualMachine, *, made: int = 0, attached: int = 0, assignments: int = 0
) -> RequestCost:
    """Give what a request about a VM takes from Azure's budgets."""
    region = "".join(machine.location.split()).lower()
    return RequestCost(kind, machine.id.subscription.lower(), region, made, attached, assignments)


def read_again(machine: VirtualMachine, machines: VirtualMachines) -> Steps[VirtualMachine]:
    """Read a VM that was read before."""
    again: VirtualMachine = yield AzureRequest(
        cost_of(RequestKind.READ_VM, machine), partial(machines.read, machine.id)
    )
    return again


def wait_for_operation(
    operation: Operation, machine: VirtualMachine, machines: VirtualMachines, clock: Clock, times: OperationTimes
) -> Steps[bool]:
    """Poll the operation until it has succeeded; raises the failure that it ended with.

    False where Azure does not know the operation, or no longer: the VM itself then tells.
    """
    began = clock.now()
    asked_for = operation.retry_after_seconds
    pause = times.pause_before_first_look() if asked_for is None else pause_before_look(0.0, asked_for)
    while True:
        elapsed = clock.now() - began
        yield Pause(pause, f"{machine.id.name}: waiting for Azure to carry out the change ({elapsed:.0f} s)")
        try:
            status = yield AzureRequest(cost_of(RequestKind.LOOK, machine), partial(machines.poll, operation))
        except NotFound:
            return False
        if status.failure:
            raise status.failure
        if status.is_over:
            if status.took_seconds is not None:
                times.learn(status.took_seconds)
            return True
        pause = pause_before_look(clock.now() - began, status.retry_after_seconds)


def wait_until_idle(machine: VirtualMachine, machines: VirtualMachines, clock: Clock) -> Steps[VirtualMachine]:
    """Read a VM that somebody else is changing until nobody is; hands back what it then is.

    Raises `Conflict` when that takes longer than five minutes.
    """
    began = clock.now()
    while not machine.is_idle:
        elapsed = clock.now() - began
        if elapsed > SOMEBODY_ELSES_CHANGE_SECONDS:
            raise Conflict(
                f"VM '{machine.id.name}' has been '{machine.provisioning_state}' for {elapsed:.0f} seconds: another "
                "change of it does not end.",
                hint="Look at what runs in the VM's activity log, then try again.",
            )
        why = f"{machine.id.name}: waiting for another change of it to end ({elapsed:.0f} s)"
        yield Pause(pause_before_vm_look(elapsed), why)
        machine = yield from read_again(machine, machines)
    return machine


def wait_until_settled(machine: VirtualMachine, machines: VirtualMachines, clock: Clock) -> Steps[VirtualMachine]:
    """Watch the VM itself where there is no operation to ask; raises `OperationFailed` where it ends so."""
    now = yield from read_again(machine, machines)
    now = yield from wait_until_idle(now, machines, clock)
    if now.has_failed:
        raise OperationFailed(
            f"The change of VM '{now.id.name}' ended as '{now.provisioning_state}'.",
            hint=f"See what the VM has now: {command_line('vmident', 'show', now.id)}",
        )
    return now
