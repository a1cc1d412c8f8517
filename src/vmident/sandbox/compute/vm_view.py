"""A VM as ARM shows it.

Shape: exchanges 11, 21 and 24 of the recording `vm-user-identities-2020.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import VIRTUAL_MACHINE
from vmident.sandbox.api_versions import FIRST_WITH_ETAG
from vmident.sandbox.compute.extensions.views import shown_extension
from vmident.sandbox.compute.identity_patch import BOTH, NONE, SYSTEM, USER
from vmident.sandbox.compute.instance_view import instance_view
from vmident.sandbox.compute.vm_record import USUAL_MADE, profile_of
from vmident.sandbox.protocol.etags import etag
from vmident.sandbox.protocol.timestamps import wire_time
from vmident.sandbox.tenant import TENANT

if TYPE_CHECKING:
    from vmident.sandbox.rows import Record

_FIRST_WITH_DELETE_OPTION = "2021-03-01"
_FIRST_WITH_TIME = "2022-03-01"


def identity_type(vm: Record) -> str:
    """Return the type as ARM spells it."""
    if vm["system"]:
        return BOTH if vm["user"] else SYSTEM
    return USER if vm["user"] else NONE


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


def shown_vm(
    vm: Record, api_version: str, extensions: list[Record] | None = None, *, with_instance_view: bool = False
) -> dict[str, Any]:
    """Return the VM as answers carry it, with its `etag` in versions that have one, and its extensions if any."""
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
    if vm.get("zones"):
        body["zones"] = vm["zones"]
    body["properties"] = _properties(vm, api_version)
    if with_instance_view:
        body["properties"]["instanceView"] = instance_view(vm, extensions or [])
    if api_version >= FIRST_WITH_ETAG:
        body["etag"] = etag(vm)
    if extensions:
        body["resources"] = [shown_extension(one) for one in extensions]
    return body


def _properties(vm: Record, api_version: str) -> dict[str, Any]:
    properties = {"vmId": vm["vmId"], **profile_of(vm), "provisioningState": vm["state"]}
    disk = properties["storageProfile"]["osDisk"]
    if api_version >= _FIRST_WITH_DELETE_OPTION:
        disk = {"deleteOption": "Detach", **disk}
    else:
        # The group in upper case: recorded in 2020, and no more in 2024.
        group = f"/resourceGroups/{vm['group']}/"
        old_id = disk["managedDisk"]["id"].replace(group, group.replace(vm["group"], vm["group"].upper()))
        disk = {**disk, "managedDisk": {**disk["managedDisk"], "id": old_id}}
    properties["storageProfile"] = {**properties["storageProfile"], "osDisk": disk}
    if vm.get("scaleSet"):
        properties["virtualMachineScaleSet"] = {"id": vm["scaleSet"]}
    if api_version >= _FIRST_WITH_TIME:
        properties["timeCreated"] = wire_time(vm.get("made", USUAL_MADE))
    return properties
