"""Scripts inside VMs, through the SDK's compute client, and the instance view of a VM.

Source: the recordings `vm-run-command-action-2024.json` (Linux, one message with both streams) and
`vm-identities-2024.json` (instance view); Microsoft's page on action Run Commands for Windows (a message a stream).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.arm.answers import ArmResponse, check_about, read, unreadable
from vmident.arm.connection import Connection
from vmident.arm.operations import FirstAnswer, operation_in, status_in
from vmident.arm.pipeline_policy import content_of, request_of
from vmident.arm.virtual_machines import API_VERSION
from vmident.arm.wire.types import Body, StatusBody, Text
from vmident.arm.wire.virtual_machines import vm_from_wire
from vmident.core.resource_id import ResourceId
from vmident.core.verification.host import Agent, Host
from vmident.ports.azure import Operation
from vmident.ports.run_commands import ScriptStatus

if TYPE_CHECKING:
    from azure.mgmt.compute import ComputeManagementClient

_POWER_STATE = "PowerState/"
_READY = "ProvisioningState/succeeded"


class AgentBody(Body):
    """The VM agent in an instance view."""

    statuses: list[StatusBody] | None = None


class HostViewBody(Body):
    """An instance view."""

    statuses: list[StatusBody] | None = None
    vm_agent: AgentBody | None = None


class OsDiskBody(Body):
    """The disk of the operating system."""

    os_type: Text = None


class StorageBody(Body):
    """The storage profile."""

    os_disk: OsDiskBody | None = None


class ImdsBody(Body):
    """How the Metadata Security Protocol guards the token service: `Audit` or `Enforce`."""

    mode: Text = None


class ProxyAgentBody(Body):
    """The Metadata Security Protocol."""

    enabled: bool | None = None
    imds: ImdsBody | None = None


class SecurityBody(Body):
    """The security profile."""

    proxy_agent_settings: ProxyAgentBody | None = None


class HostPropertiesBody(Body):
    """`properties` of a VM that a script is to run in."""

    storage_profile: StorageBody | None = None
    security_profile: SecurityBody | None = None
    instance_view: HostViewBody | None = None


class HostBody(Body):
    """A VM that a script is to run in."""

    properties: HostPropertiesBody


class MessageBody(Body):
    """What a script printed: on Linux both streams, on Windows one."""

    message: Text = None


class OutputBody(Body):
    """The messages of a script."""

    value: list[MessageBody] | None = None


class OutputPropertiesBody(Body):
    """`properties` of a script's operation."""

    output: OutputBody | None = None


class ScriptBody(Body):
    """A script's operation at its end; what its `Location` answers has the messages on top."""

    properties: OutputPropertiesBody | None = None
    value: list[MessageBody] | None = None


class ArmRunCommands:
    """`vmident.ports.run_commands.RunCommands`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read_host(self, vm: ResourceId) -> Host:
        """GET the VM with `$expand=instanceView`."""
        answer = self._connection.read(str(vm), API_VERSION, expand="instanceView")
        machine = vm_from_wire(answer.content, answer.headers, answer.request)
        check_about(vm, machine.id)
        properties = answer.read(HostBody, "a VM").properties
        storage, view, security = properties.storage_profile, properties.instance_view, properties.security_profile
        os_type = (storage.os_disk.os_type if storage and storage.os_disk else None) or ""
        power = next((code for code in _codes(view.statuses if view else None) if code.startswith(_POWER_STATE)), None)
        guard = security.proxy_agent_settings if security else None
        return Host(
            machine,
            is_windows=os_type.lower() == "windows",
            power=power.removeprefix(_POWER_STATE) if power else None,
            agent=_agent(view),
            enforces_metadata_security=bool(guard and guard.imds and (guard.imds.mode or "").lower() == "enforce"),
        )

    def start(self, vm: ResourceId, script: str, *, is_windows: bool) -> Operation:
        """POST the script once, in the lines that it has."""
        answer = FirstAnswer()
        body: Any = {
            "commandId": "RunPowerShellScript" if is_windows else "RunShellScript",
            "script": script.splitlines(),
        }
        machines = self._client(vm).virtual_machines
        # The method has an API version of its own, and does not look at the client's.
        self._connection.call(
            lambda: machines.begin_run_command(vm.group, vm.name, body, polling=answer, api_version=API_VERSION)
        )
        return self._operation(answer)

    def poll(self, operation: Operation) -> ScriptStatus:
        """GET the operation; the output is in its end."""
        answer = self._connection.follow(operation.url)
        status = status_in(answer, operation)
        return ScriptStatus(status, _output(answer) if status.is_over and status.failure is None else "")

    def _operation(self, answer: FirstAnswer) -> Operation:
        response = answer.response
        accepted = ArmResponse(response.status_code, response.headers, content_of(response), request_of(response))
        operation = operation_in(accepted, self._connection)
        if operation is None:
            raise unreadable("a Run Command", "it names no operation to poll", accepted.request)
        return operation

    def _client(self, vm: ResourceId) -> ComputeManagementClient:
        from azure.mgmt.compute import ComputeManagementClient

        return self._connection.sdk(ComputeManagementClient, vm.subscription)


def _codes(statuses: list[StatusBody] | None) -> list[str]:
    return [one.code or "" for one in statuses or ()]


def _agent(view: HostViewBody | None) -> Agent:
    """Return what an instance view says of the agent: a VM that runs without one has no `vmAgent`."""
    if view is None:
        return Agent.UNKNOWN
    if view.vm_agent is None:
        return Agent.MISSING
    codes = _codes(view.vm_agent.statuses)
    return Agent.READY if not codes or any(one.lower() == _READY.lower() for one in codes) else Agent.NOT_READY


def _output(answer: ArmResponse) -> str:
    body = read(answer.content, ScriptBody, "the output of a Run Command", answer.request)
    output = body.properties.output if body.properties else None
    messages = (output.value if output else body.value) or ()
    return "\n".join(one.message or "" for one in messages)
