"""The VM that a script is to run in, as its instance view has it, and why a VM cannot run one.

Source: the wire facts, 'Run Command'; the instance views of the recordings `vm-identities-2024.json`; the message about
the agent is Azure's (hashicorp/terraform issue 24626).
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from vmident.core.resource_id import ResourceId
from vmident.core.shell import command_line
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import VmKind, capitalized, kind_of, titled
from vmident.errors import Conflict, VmidentError, VmNotVerified

_RUNNING = "running"
_NO_AGENT = ("vm agent is installed", "extension operations are disallowed", "not reported status for vm agent")
_NOT_RUNNING = "requires the vm to be running"
_BUSY = "run command extension execution is in progress"


class Agent(Enum):
    """What the instance view says of the VM agent."""

    READY = "ready"
    NOT_READY = "not ready"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Host(Struct, frozen=True):
    """A VM or an instance of a scale set: its operating system, power state in Azure's word, and agent.

    `machine` is the VM or the scale set, `instance` the instance's ID. `power` is `None` where it is not known.
    """

    machine: VirtualMachine
    is_windows: bool = False
    power: str | None = None
    agent: Agent = Agent.UNKNOWN
    enforces_metadata_security: bool = False
    instance: str | None = None

    @property
    def title(self) -> str:
        """Return `VM 'web01'` or `instance 0 of scale set 'web'`, to stand within a sentence."""
        of = f"instance {self.instance} of " if self.instance is not None else ""
        return f"{of}{titled(self.machine.id)}"


def reason_not_to_verify(host: Host) -> VmNotVerified | None:
    """Return why a script would not run here, as far as the instance view tells; `None` if it may."""
    if host.machine.is_flexible:
        return VmNotVerified(
            f"The instances of {host.title} are VMs, because it uses Flexible orchestration mode.",
            code="no-instance",
            hint="To verify an instance: vmident verify VM",
        )
    if host.instance is None and kind_of(host.machine.id) is VmKind.SCALE_SET:
        return VmNotVerified(
            f"{capitalized(host.title)} has no instances.",
            code="no-instance",
            hint="Run the command again when it has instances.",
        )
    if host.power is not None and host.power.lower() != _RUNNING:
        return _not_running(host, host.power)
    if host.agent in (Agent.MISSING, Agent.NOT_READY):
        return _no_agent(host, f"The VM agent of {host.title} is {host.agent.value}.")
    return None


def explained(failure: VmidentError, host: Host) -> VmidentError:
    """Return Azure's refusal to run a script as what it says about the VM; any other failure as it is."""
    said = failure.message.lower()
    if _NOT_RUNNING in said:
        return _not_running(host, "not running")
    if any(part in said for part in _NO_AGENT):
        return _no_agent(host, f"{capitalized(host.title)} has no VM agent that can run scripts.")
    if is_busy(failure):
        return failure.with_message(
            f"{capitalized(host.title)} is still running another Run Command.",
            hint="A VM runs one Run Command at a time. Try again when it has completed.",
        )
    return failure


def is_busy(failure: VmidentError) -> bool:
    """Return whether another script runs in the VM, which ends by itself."""
    return isinstance(failure, Conflict) and _BUSY in failure.message.lower()


def restart_command(vm: ResourceId, instance: str | None) -> str:
    """Return the command that restarts a VM, or an instance of a scale set."""
    return command_line("az", *_words_of(vm, instance, "restart"))


def _not_running(host: Host, power: str) -> VmNotVerified:
    start = command_line("az", *_words_of(host.machine.id, host.instance, "start"))
    message = f"{capitalized(host.title)} is {power}."
    return VmNotVerified(message, code="vm-not-running", hint=f"Start it: {start}")


def _no_agent(host: Host, message: str) -> VmNotVerified:
    look = command_line("az", *_words_of(host.machine.id, host.instance, "get-instance-view"))
    return VmNotVerified(
        message, code="agent-missing", hint=f"Run Command needs the VM agent. To see its state: {look}"
    )


def _words_of(vm: ResourceId, instance: str | None, verb: str) -> list[object]:
    if instance is None:
        return ["vm", verb, "--ids", vm]
    which = "--instance-id" if verb == "get-instance-view" else "--instance-ids"
    place = ["--subscription", vm.subscription, "-g", vm.group, "-n", vm.name]
    return ["vmss", verb, *place, which, instance]
