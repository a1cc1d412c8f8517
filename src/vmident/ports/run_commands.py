"""Scripts inside VMs, by Azure's Run Command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from vmident.ports.azure import Operation, OperationStatus

if TYPE_CHECKING:
    from vmident.core.resource_id import ResourceId
    from vmident.core.verification.host import Host


class ScriptStatus(Struct, frozen=True):
    """What one poll of a script saw; `output` is what it printed, once its operation has succeeded."""

    operation: OperationStatus
    output: str = ""


class RunCommands(Protocol):
    """Run scripts inside VMs."""

    def read_host(self, vm: ResourceId, instance: str | None = None) -> Host:
        """Read a VM with its instance view in one request.

        Of a scale set, read it and one of its instances: the first one where none is named.
        """
        ...

    def start(self, host: Host, script: str) -> Operation:
        """Send the script once; never repeats it.

        Raises `Conflict` where the VM does not run, has no agent or runs another script, and `AzureUnavailable` where
        it is not known whether the script was started.
        """
        ...

    def poll(self, operation: Operation) -> ScriptStatus:
        """Ask once how the script is doing."""
        ...
