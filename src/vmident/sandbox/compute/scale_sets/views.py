"""A scale set and an instance of a Uniform one, as the sandbox keeps them and as answers carry them.

Shape: the recordings `vmss-system-identity-2024.json` and `vmss-user-identities-2024.json`. What the profile of the
VMs says besides what was asked for is left out; no identity work reads it. The shape of an instance: Microsoft's REST
reference for 'Virtual Machine Scale Set VMs - Get', version 2024-07-01.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId
from vmident.sandbox.api_versions import FIRST_WITH_ETAG
from vmident.sandbox.compute.image_data import find_image
from vmident.sandbox.compute.vm_view import shown_identity
from vmident.sandbox.protocol.etags import etag
from vmident.sandbox.protocol.timestamps import wire_time
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.rows import Record

TYPE = "Microsoft.Compute/virtualMachineScaleSets"
UNIFORM, FLEXIBLE = "Uniform", "Flexible"


def scale_set_id(group: str, name: str) -> str:
    """Return the id of a scale set."""
    return str(ResourceId(SUBSCRIPTION, group, TYPE, name))


def shown_scale_set(record: Record, api_version: str) -> dict[str, Any]:
    """Return the scale set, with its `etag` in versions that have one."""
    body: dict[str, Any] = {
        "name": record["name"],
        "id": record["id"],
        "type": TYPE,
        "location": record["location"],
        "tags": record["tags"],
    }
    identity = shown_identity(record)
    if identity is not None:
        body["identity"] = identity
    size = record["sku"]
    body["sku"] = {"name": size, "tier": size.partition("_")[0], "capacity": record["capacity"]}
    if api_version >= FIRST_WITH_ETAG:
        body["etag"] = etag(record)
    made = wire_time(record["made"])
    properties: dict[str, Any] = {
        "singlePlacementGroup": record["mode"] == UNIFORM,
        "orchestrationMode": record["mode"],
        "provisioningState": record["state"],
        "uniqueId": record["vmId"],
        "platformFaultDomainCount": 5 if record["mode"] == UNIFORM else 1,
        "timeCreated": made,
    }
    if record["profile"]:
        properties["virtualMachineProfile"] = {**record["profile"], "timeCreated": made}
    if record["mode"] == UNIFORM:
        properties |= {
            "upgradePolicy": {"mode": record["upgrade"]},
            "overprovision": True,
            "doNotRunExtensionsOnOverprovisionedVMs": False,
        }
    return {**body, "properties": properties}


def new_scale_set(
    group: str,
    name: str,
    location: str,
    set_uuid: str,
    *,
    mode: str,
    size: str,
    made: float,
    upgrade: str = "Manual",
    tags: Mapping[str, str] | None = None,
    profile: Mapping[str, Any] | None = None,
) -> Record:
    """Build the record of a scale set without identities and without instances."""
    return {
        "id": scale_set_id(group, name),
        "group": group,
        "name": name,
        "location": location,
        "tags": dict(tags or {}),
        "etag": 1,
        "state": "Succeeded",
        "system": None,
        "user": [],
        "vmId": set_uuid,
        "made": made,
        "mode": mode,
        "upgrade": upgrade,
        "sku": size,
        "capacity": 0,
        "profile": dict(profile or {}),
    }


def new_instance(scale_set: Record, number: int, instance_uuid: str, made: float) -> Record:
    """Build the record of an instance of a Uniform scale set."""
    return {
        "id": f"{scale_set['id']}/virtualMachines/{number}",
        "group": scale_set["group"],
        "name": f"{scale_set['name']}/{number}",
        "scaleSet": scale_set["name"],
        "number": number,
        "location": scale_set["location"],
        "state": "Succeeded",
        "vmId": instance_uuid,
        "made": made,
    }


def _storage_of_instance(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an instance's system is on; its type is what was asked for, or what the image has."""
    reference = asked.get("imageReference") or {}
    image = find_image(*(str(reference.get(name, "")) for name in ("publisher", "offer", "sku", "version")))
    os_type = (asked.get("osDisk") or {}).get("osType") or (image.os_type if image else "Linux")
    storage: dict[str, Any] = {"osDisk": {"osType": os_type, "createOption": "FromImage", "caching": "ReadWrite"}}
    return {**storage, "imageReference": reference} if reference else storage


def shown_instance(record: Record, scale_set: Record) -> dict[str, Any]:
    """Return an instance; its identities are those of its scale set."""
    prefix = (scale_set["profile"].get("osProfile") or {}).get("computerNamePrefix", scale_set["name"])
    shown: dict[str, Any] = {
        "name": f"{scale_set['name']}_{record['number']}",
        "id": record["id"],
        "type": f"{TYPE}/virtualMachines",
        "location": record["location"],
        "tags": scale_set["tags"],
        "instanceId": str(record["number"]),
        "sku": {"name": scale_set["sku"], "tier": scale_set["sku"].partition("_")[0]},
    }
    identity = shown_identity(scale_set)
    if identity is not None:
        shown["identity"] = identity
    shown["properties"] = {
        "latestModelApplied": True,
        "modelDefinitionApplied": "VirtualMachineScaleSet",
        "provisioningState": record["state"],
        "hardwareProfile": {"vmSize": scale_set["sku"]},
        "storageProfile": _storage_of_instance(scale_set["profile"].get("storageProfile") or {}),
        "vmId": record["vmId"],
        "osProfile": {"computerName": f"{prefix}{record['number']:06}"},
        "timeCreated": wire_time(record["made"]),
    }
    return shown
