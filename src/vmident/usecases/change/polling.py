"""Wait for Azure, no longer than Azure needs: for an operation to end, for a VM to come to rest. Steps of a job."""

from __future__ import annotations

from functools import partial

from vmident.core.polling import OperationTimes, pause_before_look, pause_before_vm_look
from vmident.core.virtual_machine import Machine
from vmident.errors import Conflict, NotFound, OperationFailed
from vmident.ports.azure import Clock, Machines, Operation
from vmident.ports.fleet import Cost, Kind, Pause, Request, Steps

SOMEBODY_ELSES_CHANGE_SECONDS = 300.0


def cost_of(kind: Kind, machine: Machine, *, made: int = 0, attached: int = 0, assignments: int = 0) -> Cost:
    """Give what a request about a VM takes from Azure's budgets."""
    region = "".join(machine.location.split()).lower()
    return Cost(kind, machine.id.subscription.lower(), region, made, attached, assignments)


def read_again(machine: Machine, machines: Machines) -> Steps[Machine]:
    """Read a VM that was read before."""
    again: Machine = yield Request(cost_of(Kind.READ_VM, machine), partial(machines.read, machine.id))
    return again


def until_over(
    operation: Operation, machine: Machine, machines: Machines, clock: Clock, times: OperationTimes
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
            look = yield Request(cost_of(Kind.LOOK, machine), partial(machines.look_at, operation))
        except NotFound:
            return False
        if look.failure:
            raise look.failure
        if look.is_over:
            if look.took_seconds is not None:
                times.learn(look.took_seconds)
            return True
        pause = pause_before_look(clock.now() - began, look.retry_after_seconds)


def until_at_rest(machine: Machine, machines: Machines, clock: Clock) -> Steps[Machine]:
    """Read a VM that somebody else is changing until nobody is; hands back what it then is.

    Raises `Conflict` when that takes longer than five minutes.
    """
    began = clock.now()
    while not machine.is_at_rest:
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


def until_settled(machine: Machine, machines: Machines, clock: Clock) -> Steps[Machine]:
    """Watch the VM itself where there is no operation to ask; raises `OperationFailed` where it ends so."""
    now = yield from read_again(machine, machines)
    now = yield from until_at_rest(now, machines, clock)
    if now.has_failed:
        raise OperationFailed(
            f"The change of VM '{now.id.name}' ended as '{now.provisioning_state}'.",
            hint=f"See what the VM has now: vmident show {now.id}",
        )
    return now
