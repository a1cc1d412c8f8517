"""A managed disk as the sandbox keeps it and as answers carry it.

Shape: Microsoft's REST reference for 'Disks - Get', version 2024-03-02.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.compute.vm_record import USUAL_MADE, guest_of, profile_of
from vmident.sandbox.protocol.timestamps import wire_time

if TYPE_CHECKING:
    from vmident.sandbox.rows import Record, Rows

TYPE = "Microsoft.Compute/disks"
_GIB = 1024**3


def add_os_disk(rows: Rows, vm: Record, *, made: float) -> None:
    """Write the disk that a VM starts from, unless a disk of that name is there."""
    disk = profile_of(vm)["storageProfile"]["osDisk"]
    if rows.find("disk", vm["group"], disk["name"]) is not None:
        return
    record = {
        "id": disk["managedDisk"]["id"],
        "group": vm["group"],
        "name": disk["name"],
        "location": vm["location"],
        "tags": {},
        "sku": disk["managedDisk"]["storageAccountType"],
        "gib": disk["diskSizeGB"],
        "osType": disk["osType"],
        "generation": guest_of(vm)["generation"],
        "option": "FromImage",
        "vm": vm["id"],
        "state": "Succeeded",
        "made": vm.get("made", USUAL_MADE),
    }
    rows.add("disk", vm["group"], disk["name"], record, made=made)


def shown_disk(record: Record) -> dict[str, Any]:
    """Return the disk."""
    properties: dict[str, Any] = {
        "creationData": {"createOption": record["option"]},
        "diskSizeGB": record["gib"],
        "diskSizeBytes": record["gib"] * _GIB,
        "timeCreated": wire_time(record["made"]),
        "provisioningState": record["state"],
        "diskState": "Attached" if record["vm"] else "Unattached",
        "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
    }
    if record["osType"]:
        properties |= {"osType": record["osType"], "hyperVGeneration": record["generation"]}
    shown = {
        "name": record["name"],
        "id": record["id"],
        "type": TYPE,
        "location": record["location"],
        "tags": record["tags"],
        "sku": {"name": record["sku"], "tier": record["sku"].partition("_")[0]},
        "properties": properties,
    }
    return {**shown, "managedBy": record["vm"]} if record["vm"] else shown
