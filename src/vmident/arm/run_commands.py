"""Scripts inside VMs, through the SDK's compute client, and the instance view of a VM.

Source: the recordings `vm-run-command-action-2024.json` (Linux, one message with both streams) and
`vm-identities-2024.json` (instance view); Microsoft's page on action Run Commands for Windows (a message a stream).
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from vmident.arm.answers import ArmResponse, check_about, read, unreadable
from vmident.arm.connection import Connection
from vmident.arm.operations import FirstAnswer, operation_in, status_in
from vmident.arm.paging import pages
from vmident.arm.pipeline_policy import request_of
from vmident.arm.virtual_machines import API_VERSION
from vmident.arm.wire.run_commands import HostBody, HostViewBody, InstanceBody, ProfileBody, ScriptBody
from vmident.arm.wire.types import StatusBody
from vmident.arm.wire.virtual_machines import vm_from_wire
from vmident.core.resource_id import ResourceId
from vmident.core.shell import command_line
from vmident.core.verification.host import Agent, Host
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import VmKind, kind_of
from vmident.errors import NotFound
from vmident.ports.azure import Operation
from vmident.ports.run_commands import ScriptStatus

if TYPE_CHECKING:
    from azure.mgmt.compute import ComputeManagementClient

_POWER_STATE = "PowerState/"
_READY = "ProvisioningState/succeeded"


class ArmRunCommands:
    """`vmident.ports.run_commands.RunCommands`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # It has forty groups of operations, which take their time to make.
        self._client = cache(self._new_client)

    def read_host(self, vm: ResourceId, instance: str | None = None) -> Host:
        """GET the VM with `$expand=instanceView`; of a scale set the set, the list of its instances, and one's view."""
        is_scale_set = kind_of(vm) is VmKind.SCALE_SET
        answer = self._connection.read(str(vm), API_VERSION, expand="" if is_scale_set else "instanceView")
        machine = vm_from_wire(answer.content, answer.headers, answer.request, kind_of(vm))
        check_about(vm, machine.id)
        properties = answer.read(HostBody, "a VM").properties
        if not is_scale_set:
            view = properties.instance_view
            return _host(machine, properties, view, _agent(view, Agent.MISSING if view else Agent.UNKNOWN))
        if machine.is_flexible:
            return Host(machine)
        chosen = instance if instance is not None else self._first_instance(vm)
        profile = properties.virtual_machine_profile or ProfileBody()
        seen = self._instance_view(vm, chosen) if chosen is not None else None
        return replace(_host(machine, profile, seen, _agent(seen, Agent.UNKNOWN)), instance=chosen)

    def _first_instance(self, scale_set: ResourceId) -> str | None:
        listed = pages(self._connection, f"{scale_set}/virtualMachines", API_VERSION, InstanceBody, "an instance")
        return next((one.instance_id for one in listed), None)

    def _instance_view(self, scale_set: ResourceId, instance: str) -> HostViewBody:
        path = f"{scale_set}/virtualMachines/{instance}/instanceView"
        try:
            return self._connection.read(path, API_VERSION).read(HostViewBody, "an instance view")
        except NotFound as missing:
            place = ["--subscription", scale_set.subscription, "-g", scale_set.group, "-n", scale_set.name]
            raise NotFound(
                f"Scale set '{scale_set.name}' has no instance {instance}.",
                code="instance-not-found",
                hint=f"To see its instances: {command_line('az', 'vmss', 'list-instances', *place)}",
            ) from missing

    def start(self, host: Host, script: str) -> Operation:
        """POST the script once, in the lines that it has."""
        vm, answer = host.machine.id, FirstAnswer()
        body: Any = {
            "commandId": "RunPowerShellScript" if host.is_windows else "RunShellScript",
            "script": script.splitlines(),
        }
        client = self._client(vm.subscription)
        # The methods have an API version of their own, and do not look at the client's.
        options: Any = {"polling": answer, "api_version": API_VERSION}
        if host.instance is None:
            run = partial(client.virtual_machines.begin_run_command, vm.group, vm.name, body, **options)
        else:
            instances = client.virtual_machine_scale_set_vms
            run = partial(instances.begin_run_command, vm.group, vm.name, host.instance, body, **options)
        self._connection.call(run)
        return self._operation(answer)

    def poll(self, operation: Operation) -> ScriptStatus:
        """GET the operation; the output is in its end."""
        answer = self._connection.follow(operation.url)
        status = status_in(answer, operation)
        return ScriptStatus(status, _output(answer) if status.is_over and status.failure is None else "")

    def _operation(self, answer: FirstAnswer) -> Operation:
        response = answer.response
        accepted = ArmResponse(response.status_code, response.headers, response.content, request_of(response))
        operation = operation_in(accepted, self._connection)
        if operation is None:
            raise unreadable("a Run Command", "it has no operation to poll", accepted.request)
        return operation

    def _new_client(self, subscription: str) -> ComputeManagementClient:
        from azure.mgmt.compute import ComputeManagementClient

        return self._connection.sdk(ComputeManagementClient, subscription)


def _host(machine: VirtualMachine, profile: ProfileBody, view: HostViewBody | None, agent: Agent) -> Host:
    storage, security = profile.storage_profile, profile.security_profile
    os_type = (storage.os_disk.os_type if storage and storage.os_disk else None) or ""
    power = next((code for code in _codes(view.statuses if view else None) if code.startswith(_POWER_STATE)), None)
    guard = security.proxy_agent_settings if security else None
    return Host(
        machine,
        is_windows=os_type.lower() == "windows",
        power=power.removeprefix(_POWER_STATE) if power else None,
        agent=agent,
        enforces_metadata_security=bool(guard and guard.imds and (guard.imds.mode or "").lower() == "enforce"),
    )


def _codes(statuses: list[StatusBody] | None) -> list[str]:
    return [one.code or "" for one in statuses or ()]


def _agent(view: HostViewBody | None, otherwise: Agent) -> Agent:
    """Return what an instance view says of the agent; `otherwise` where it says nothing."""
    if view is None or view.vm_agent is None:
        return otherwise
    codes = _codes(view.vm_agent.statuses)
    return Agent.READY if not codes or any(one.lower() == _READY.lower() for one in codes) else Agent.NOT_READY


def _output(answer: ArmResponse) -> str:
    body = read(answer.content, ScriptBody, "the output of a Run Command", answer.request)
    output = body.properties.output if body.properties else None
    messages = (output.value if output else body.value) or ()
    return "\n".join(one.message or "" for one in messages)
