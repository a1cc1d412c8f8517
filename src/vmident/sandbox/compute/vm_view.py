"""A VM as ARM shows it, and a VM as it is when it is made.

Shape: exchanges 11, 21 and 24 of the recording `vm-user-identities-2020.json`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import VIRTUAL_MACHINE, ResourceId, vm_id
from vmident.sandbox.api_versions import FIRST_WITH_ETAG
from vmident.sandbox.compute.identity_patch import BOTH, NONE, SYSTEM, USER
from vmident.sandbox.protocol.operations import wire_time
from vmident.sandbox.tenant import SUBSCRIPTION, TENANT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.compute.vm_profile import Profile
    from vmident.sandbox.store import Record


_USUAL_VIEW = {"osName": "ubuntu", "osVersion": "18.04", "hyperVGeneration": "V1"}
_AGENT_VERSION = "2.11.1.12"


def new_vm(group: str, name: str, location: str, vm_uuid: str, tags: Mapping[str, str] | None) -> Record:
    """Build the record of a VM without identities, from a public image as `az vm create` does."""
    return {
        "id": str(vm_id(SUBSCRIPTION, group, name)),
        "group": group,
        "name": name,
        "location": location,
        "tags": dict(tags or {}),
        "etag": 1,
        "state": "Succeeded",
        "system": None,
        "user": [],
        "vmId": vm_uuid,
    }


def identity_type(vm: Record) -> str:
    """Return the type as ARM spells it."""
    if vm["system"]:
        return BOTH if vm["user"] else SYSTEM
    return USER if vm["user"] else NONE


def etag(vm: Record) -> str:
    """Return the strong etag, quotes included."""
    return f'"{vm["etag"]}"'


def shown_identity(vm: Record) -> dict[str, Any] | None:
    """Return the value of `identity`; None where a VM has none, and so no such member."""
    kind = identity_type(vm)
    if kind == NONE:
        return None
    identity: dict[str, Any] = {"type": kind}
    if vm["system"]:
        identity |= {"principalId": vm["system"], "tenantId": TENANT}
    if vm["user"]:
        identity["userAssignedIdentities"] = {entry["id"]: _shown_entry(entry) for entry in vm["user"]}
    return identity


def _shown_entry(entry: Record) -> dict[str, str]:
    # Attached but not there yet: `{}` until the operation ends (exchange 26).
    return {member: entry[member] for member in ("principalId", "clientId") if member in entry}


def shown_vm(vm: Record, api_version: str, *, with_instance_view: bool = False) -> dict[str, Any]:
    """Return the VM as answers carry it, with its `etag` in versions that have one."""
    body: dict[str, Any] = {
        "name": vm["name"],
        "id": vm["id"],
        "type": VIRTUAL_MACHINE,
        "location": vm["location"],
        "tags": vm["tags"],
    }
    identity = shown_identity(vm)
    if identity is not None:
        body["identity"] = identity
    body["properties"] = _properties(vm)
    if with_instance_view:
        body["properties"]["instanceView"] = _instance_view(vm)
    if api_version >= FIRST_WITH_ETAG:
        body["etag"] = etag(vm)
    return body


def _properties(vm: Record) -> dict[str, Any]:
    return {"vmId": vm["vmId"], **(vm.get("profile") or _usual_profile(vm)), "provisioningState": vm["state"]}


def new_profile(vm: Record, asked: Profile) -> dict[str, Any]:
    """Return the properties of a VM that is made as asked, with a disk of its own."""
    disk = dict(asked.disk)
    # The group in upper case, as recorded.
    disks = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{vm['group'].upper()}/providers/Microsoft.Compute/disks"
    disk["name"] = disk["name"] or _disk_name(vm)
    disk["managedDisk"] = {"storageAccountType": disk.pop("storageAccountType"), "id": f"{disks}/{disk['name']}"}
    return {
        "hardwareProfile": {"vmSize": asked.size},
        "storageProfile": {"imageReference": asked.image_reference, "osDisk": disk, "dataDisks": []},
        "osProfile": asked.os_profile,
        "networkProfile": {"networkInterfaces": [_shown_nic(nic_id, asked.nics) for nic_id, _ in asked.nics]},
        **({"securityProfile": asked.security} if asked.security else {}),
    }


def _shown_nic(nic_id: str, nics: tuple[tuple[str, bool], ...]) -> dict[str, Any]:
    # Which one comes first is said only where there are several.
    return {"id": nic_id, "properties": {"primary": dict(nics)[nic_id]}} if len(nics) > 1 else {"id": nic_id}


def _disk_name(vm: Record) -> str:
    return f"{vm['name']}_disk1_{hashlib.sha256(vm['vmId'].encode()).hexdigest()[:32]}"


def _usual_profile(vm: Record) -> dict[str, Any]:
    """Return the properties of a VM that was there from the beginning."""
    resource_id = ResourceId.parse(vm["id"])
    beside = f"/subscriptions/{resource_id.subscription}/resourceGroups"
    disk = _disk_name(vm)
    return {
        "hardwareProfile": {"vmSize": "Standard_DS1_v2"},
        "storageProfile": {
            "imageReference": {
                "publisher": "Canonical",
                "offer": "UbuntuServer",
                "sku": "18.04-LTS",
                "version": "latest",
                "exactVersion": "18.04.202006101",
            },
            "osDisk": {
                "osType": "Linux",
                "name": disk,
                "createOption": "FromImage",
                "caching": "ReadWrite",
                "managedDisk": {
                    "storageAccountType": "Premium_LRS",
                    # The group in upper case, as recorded.
                    "id": f"{beside}/{vm['group'].upper()}/providers/Microsoft.Compute/disks/{disk}",
                },
                "diskSizeGB": 30,
            },
            "dataDisks": [],
        },
        "osProfile": {
            "computerName": vm["name"],
            "adminUsername": "azureuser",
            "linuxConfiguration": {
                "disablePasswordAuthentication": True,
                "ssh": {
                    "publicKeys": [
                        {"path": "/home/azureuser/.ssh/authorized_keys", "keyData": "ssh-rsa AAAA-public-key\n"}
                    ]
                },
                "provisionVMAgent": True,
            },
            "secrets": [],
            "allowExtensionOperations": True,
            "requireGuestProvisionSignal": True,
        },
        "networkProfile": {
            "networkInterfaces": [
                {"id": f"{beside}/{vm['group']}/providers/Microsoft.Network/networkInterfaces/{vm['name']}VMNic"}
            ]
        },
    }


def _instance_view(vm: Record) -> dict[str, Any]:
    state = vm["state"].lower()
    return {
        **(_made_view(vm) if "guest" in vm else _USUAL_VIEW | {"computerName": vm["name"]}),
        "statuses": [
            {
                "code": f"ProvisioningState/{state}",
                "level": "Error" if state == "failed" else "Info",
                "displayStatus": f"Provisioning {state}",
                **({"time": wire_time(vm["changed"])} if "changed" in vm else {}),
            },
            {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"},
        ],
    }


def _made_view(vm: Record) -> dict[str, Any]:
    """Return what the guest's agent tells, once it runs, of a VM made here."""
    ready = {"code": "ProvisioningState/succeeded", "level": "Info"}
    disk = vm["profile"]["storageProfile"]["osDisk"]["name"]
    made = {**ready, "displayStatus": "Provisioning succeeded", "time": wire_time(vm["made"])}
    view: dict[str, Any] = {
        "disks": [{"name": disk, "statuses": [made]}],
        "hyperVGeneration": vm["guest"]["generation"],
    }
    if vm["state"] in ("Creating", "Failed"):
        return view
    message = {"displayStatus": "Ready", "message": "Guest Agent is running", "time": wire_time(vm["changed"])}
    agent = {"vmAgentVersion": _AGENT_VERSION, "statuses": [{**ready, **message}], "extensionHandlers": []}
    told = {"computerName": vm["profile"]["osProfile"]["computerName"], **vm["guest"]["system"]}
    return {**told, "vmAgent": agent, **view}
