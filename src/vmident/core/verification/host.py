"""The VM that a script is to run in, as its instance view has it, and why a VM cannot run one.

Source: the wire facts, 'Run Command'; the instance views of the recordings `vm-identities-2024.json`; the message about
the agent is Azure's (hashicorp/terraform issue 24626).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vmident.core.shell import command_line
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import Conflict, VmidentError, VmNotAsked

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


@dataclass(frozen=True)
class Host:
    """A VM, its operating system, its power state in Azure's word (`None` where not known), and its agent."""

    machine: VirtualMachine
    is_windows: bool = False
    power: str | None = None
    agent: Agent = Agent.UNKNOWN
    enforces_metadata_security: bool = False


def reason_not_to_ask(host: Host) -> VmNotAsked | None:
    """Return why a script would not run in this VM, as far as its instance view tells; `None` if it may."""
    vm = host.machine.id
    if host.power is not None and host.power.lower() != _RUNNING:
        return _not_running(host.machine, host.power)
    if host.agent in (Agent.MISSING, Agent.NOT_READY):
        return _no_agent(host.machine, f"The VM agent of VM '{vm.name}' is {host.agent.value}.")
    return None


def explained(failure: VmidentError, machine: VirtualMachine) -> VmidentError:
    """Return Azure's refusal to run a script as what it says about the VM; any other failure as it is."""
    said = failure.message.lower()
    if _NOT_RUNNING in said:
        return _not_running(machine, "not running")
    if any(part in said for part in _NO_AGENT):
        return _no_agent(machine, f"The VM agent of VM '{machine.id.name}' does not take scripts.")
    if is_busy(failure):
        return failure.with_message(
            f"VM '{machine.id.name}' is still running another Run Command.",
            hint="Azure runs one at a time on a VM. Try again when it has completed.",
        )
    return failure


def is_busy(failure: VmidentError) -> bool:
    """Return whether another script runs in the VM, which ends by itself."""
    return isinstance(failure, Conflict) and _BUSY in failure.message.lower()


def _not_running(machine: VirtualMachine, power: str) -> VmNotAsked:
    start = command_line("az", "vm", "start", "--ids", machine.id)
    return VmNotAsked(f"VM '{machine.id.name}' is {power}.", code="vm-not-running", hint=f"Start it: {start}")


def _no_agent(machine: VirtualMachine, message: str) -> VmNotAsked:
    look = command_line("az", "vm", "get-instance-view", "--ids", machine.id, "--query", "instanceView.vmAgent")
    return VmNotAsked(message, code="agent-missing", hint=f"Run Command needs the VM agent. To see its state: {look}")
