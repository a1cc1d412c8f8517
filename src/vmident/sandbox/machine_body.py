"""A VM as ARM shows it, and a VM as it is when it is made.

Shape: exchanges 11, 21 and 24 of the recording `vm-user-identities-2020.json`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import VIRTUAL_MACHINE, ResourceId, vm_id
from vmident.sandbox.call import SUBSCRIPTION, TENANT
from vmident.sandbox.identity_merge import BOTH, NONE, SYSTEM, USER
from vmident.sandbox.versions import FIRST_WITH_ETAG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.store import Record


def new_vm(group: str, name: str, location: str, vm_uuid: str, tags: Mapping[str, str] | None) -> Record:
    """Make the record of a VM without identities, made from a public image as `az vm create` does."""
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
    """Give the type as ARM spells it."""
    if vm["system"]:
        return BOTH if vm["user"] else SYSTEM
    return USER if vm["user"] else NONE


def etag(vm: Record) -> str:
    """Give the strong etag, quotes included."""
    return f'"{vm["etag"]}"'


def shown_identity(vm: Record) -> dict[str, Any] | None:
    """Give the value of `identity`; None where a VM has none, and so no such member."""
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
    """Give the VM as answers carry it, with its `etag` in versions that have one."""
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
    resource_id = ResourceId.parse(vm["id"])
    beside = f"/subscriptions/{resource_id.subscription}/resourceGroups"
    disk = f"{vm['name']}_disk1_{hashlib.sha256(vm['vmId'].encode()).hexdigest()[:32]}"
    return {
        "vmId": vm["vmId"],
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
        "provisioningState": vm["state"],
    }


def _instance_view(vm: Record) -> dict[str, Any]:
    state = {"Succeeded": "succeeded", "Updating": "updating", "Failed": "failed"}[vm["state"]]
    return {
        "computerName": vm["name"],
        "osName": "ubuntu",
        "osVersion": "18.04",
        "hyperVGeneration": "V1",
        "statuses": [
            {
                "code": f"ProvisioningState/{state}",
                "level": "Error" if state == "failed" else "Info",
                "displayStatus": f"Provisioning {state}",
            },
            {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"},
        ],
    }
