"""What the sandbox keeps of a VM: as it is when it is made, and what it is made of.

Shape of the profiles: exchanges 11, 21 and 24 of the recording `vm-user-identities-2020.json`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import vm_id
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.compute.vm_profile import NicReference, Profile
    from vmident.sandbox.rows import Record

# What the seed's VMs were made from, and when: long before anything that happens here.
_USUAL_GUEST = {"generation": "V1", "system": {"osName": "ubuntu", "osVersion": "18.04"}}
USUAL_MADE = 1_705_309_200.0  # 15 January 2024, 09:00 UTC


def new_vm(group: str, name: str, location: str, vm_uuid: str, tags: Mapping[str, str] | None) -> Record:
    """Build the record of a VM without identities, made from a public image as `az vm create` does."""
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


def profile_of(vm: Record) -> dict[str, Any]:
    """Return what the VM is made of: its hardware, storage, system and network profiles."""
    profile: dict[str, Any] = vm.get("profile") or _usual_profile(vm)
    return profile


def guest_of(vm: Record) -> dict[str, Any]:
    """Return what runs in the VM: `generation`, and `system` with `osName` and `osVersion`."""
    guest: dict[str, Any] = vm.get("guest") or _USUAL_GUEST
    return guest


def new_profile(vm: Record, asked: Profile) -> dict[str, Any]:
    """Return the properties of a VM that is made as asked, with a disk of its own."""
    disk = dict(asked.disk)
    disk["name"] = disk["name"] or disk_name(vm)
    disk["managedDisk"] = {"storageAccountType": disk.pop("storageAccountType"), "id": disk_id(vm, disk["name"])}
    storage: dict[str, Any] = {"imageReference": asked.image_reference, "osDisk": disk, "dataDisks": []}
    if asked.controller:
        storage["diskControllerType"] = asked.controller
    return {
        "hardwareProfile": {"vmSize": asked.size},
        "storageProfile": storage,
        "osProfile": asked.os_profile,
        "networkProfile": {"networkInterfaces": [_shown_nic(one, asked.nics) for one in asked.nics]},
        **({"securityProfile": asked.security} if asked.security else {}),
    }


def _shown_nic(nic: NicReference, nics: tuple[NicReference, ...]) -> dict[str, Any]:
    # Which one comes first is said only where there are several.
    properties: dict[str, Any] = {"primary": nic.is_primary} if len(nics) > 1 else {}
    if nic.delete_option:
        properties["deleteOption"] = nic.delete_option
    return {"id": nic.id, "properties": properties} if properties else {"id": nic.id}


def disk_id(vm: Record, name: str) -> str:
    """Return the id of a disk in the VM's group."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{vm['group']}/providers/Microsoft.Compute/disks/{name}"


def disk_name(vm: Record) -> str:
    """Return the name that the VM's own disk has unless one is asked for."""
    return f"{vm['name']}_disk1_{hashlib.sha256(vm['vmId'].encode()).hexdigest()[:32]}"


def _usual_profile(vm: Record) -> dict[str, Any]:
    """Return the properties of a VM that was there from the beginning."""
    beside = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
    disk = disk_name(vm)
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
                    "id": disk_id(vm, disk),
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
