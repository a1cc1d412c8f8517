"""Wait for Azure, no longer than Azure needs: for an operation to end, for a VM to come to rest."""

from __future__ import annotations

from vmident.core.machine import Machine
from vmident.core.pacing import pause_before_look, pause_before_vm_look
from vmident.core.resource_id import ResourceId
from vmident.errors import Conflict, NotFound, OperationFailed
from vmident.ports import Clock, Machines, Operation, Person

SOMEBODY_ELSES_CHANGE_SECONDS = 300.0


def until_over(operation: Operation, machines: Machines, clock: Clock, person: Person, vm: ResourceId) -> bool:
    """Poll the operation until it has succeeded; raises the failure that it ended with, or `TimedOut`.

    False where Azure does not know the operation, or no longer: the VM itself then tells.
    """
    began = clock.now()
    pause = pause_before_look(0.0, operation.retry_after_seconds)
    while True:
        person.tell(f"{vm.name}: waiting for Azure to carry out the change ({clock.now() - began:.0f} s)")
        clock.sleep(pause)
        try:
            look = machines.look_at(operation)
        except NotFound:
            return False
        if look.failure:
            raise look.failure
        if look.is_over:
            return True
        pause = pause_before_look(clock.now() - began, look.retry_after_seconds)


def until_at_rest(machine: Machine, machines: Machines, clock: Clock, person: Person) -> Machine:
    """Read a VM that somebody else is changing until nobody is; hands back what it then is.

    Raises `Conflict` when that takes longer than five minutes, `TimedOut` when the deadline comes first.
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
        person.tell(f"{machine.id.name}: waiting for another change of it to end ({elapsed:.0f} s)")
        clock.sleep(pause_before_vm_look(elapsed))
        machine = machines.read(machine.id)
    return machine


def until_settled(vm: ResourceId, machines: Machines, clock: Clock, person: Person) -> Machine:
    """Watch the VM itself where there is no operation to ask; raises `OperationFailed` where it ends so."""
    machine = until_at_rest(machines.read(vm), machines, clock, person)
    if machine.has_failed:
        raise OperationFailed(
            f"The change of VM '{vm.name}' ended as '{machine.provisioning_state}'.",
            hint=f"See what the VM has now: vmident show {vm}",
        )
    return machine
