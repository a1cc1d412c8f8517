"""The instance view of a VM: what its agent reports, and its power state.

Shape: the recordings `vm-identities-2024.json` (running) and `vm-with-extension-and-identities-2024.json` (extensions).
The agent of a VM that is not running reports nothing; that its handlers are left out then is assumed. One that has
never reported shows as `Not Ready` (recorded in `vm-encryption-identity-2024.json`, moments after a creation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.compute.vm_record import USUAL_MADE, guest_of, profile_of
from vmident.sandbox.protocol.timestamps import wire_time

if TYPE_CHECKING:
    from vmident.sandbox.rows import Record

_AGENT_VERSION = "2.11.1.12"
_NOT_READY = {
    "code": "ProvisioningState/Unavailable",
    "level": "Warning",
    "displayStatus": "Not Ready",
    "message": "VM status blob is found but not yet populated.",
}
RUNNING, STOPPED, DEALLOCATED = "running", "stopped", "deallocated"


def power_of(vm: Record) -> str:
    """Return the power state: `running`, `stopped` or `deallocated`."""
    power: str = vm.get("power", RUNNING)
    return power


def has_agent(vm: Record) -> bool:
    """Return whether an agent in the VM reports, which extensions and Run Command need."""
    return bool(vm.get("agent") != "unavailable")


def instance_view(vm: Record, extensions: list[Record]) -> dict[str, Any]:
    """Return the instance view of a VM with its extensions."""
    guest, profile = guest_of(vm), profile_of(vm)
    changed = wire_time(vm.get("changed", USUAL_MADE))
    made = wire_time(vm.get("made", USUAL_MADE))
    ready = {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready"}
    view: dict[str, Any] = {}
    is_running = power_of(vm) == RUNNING and vm["state"] not in ("Creating", "Failed")
    if is_running and not has_agent(vm):
        view["vmAgent"] = {"vmAgentVersion": "Unknown", "statuses": [{**_NOT_READY, "time": changed}]}
    elif is_running:
        status = {**ready, "message": "Guest Agent is running", "time": changed}
        handlers = [_handler(one, ready) for one in extensions]
        view = {"computerName": profile["osProfile"]["computerName"], **guest["system"]}
        view["vmAgent"] = {"vmAgentVersion": _AGENT_VERSION, "statuses": [status], "extensionHandlers": handlers}
    disk = profile["storageProfile"]["osDisk"]["name"]
    provisioned = {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded"}
    view["disks"] = [{"name": disk, "statuses": [{**provisioned, "time": made}]}]
    if extensions:
        view["extensions"] = [
            {"name": one["extension"], **_handler_type(one), "statuses": [{**provisioned, "message": "Plugin enabled"}]}
            for one in extensions
        ]
    view["hyperVGeneration"] = guest["generation"]
    view["statuses"] = _statuses(vm, changed)
    return view


def _statuses(vm: Record, changed: str) -> list[dict[str, Any]]:
    state, power = vm["state"].lower(), power_of(vm)
    statuses = [
        {
            "code": f"ProvisioningState/{state}",
            "level": "Error" if state == "failed" else "Info",
            "displayStatus": f"Provisioning {state}",
            "time": changed,
        }
    ]
    if vm.get("generalized"):
        statuses.append({"code": "OSState/generalized", "level": "Info", "displayStatus": "VM generalized"})
    return [*statuses, {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"}]


def _handler(extension: Record, ready: dict[str, str]) -> dict[str, Any]:
    return {**_handler_type(extension), "status": {**ready, "message": "Plugin enabled"}}


def _handler_type(extension: Record) -> dict[str, str]:
    properties = extension["properties"]
    return {
        "type": f"{properties['publisher']}.{properties['type']}",
        "typeHandlerVersion": f"{properties.get('typeHandlerVersion', '1.0')}.0.0",
    }
