"""DELETE of a VM, and of what its `deleteOption`s name: network interfaces, their public addresses, the disk.

What is not deleted with it is set free. The VM is there, `Deleting`, until the operation ends; its system-assigned
identity's principal goes with it, and role assignments to that stay behind. `Retry-After`: recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId
from vmident.sandbox.compute.busy import check_idle
from vmident.sandbox.compute.vm_record import profile_of
from vmident.sandbox.http_messages import Response
from vmident.sandbox.network.handlers import find_by_id
from vmident.sandbox.protocol import operations, throttling
from vmident.sandbox.protocol.etags import check_condition

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows

    Row = tuple[str, str, str, dict[str, Any] | None]


def delete_vm(call: Call) -> Response:
    """Answer DELETE: 202 and an operation; 204 for a VM that was not there."""
    vm = call.rows.find("vm", call.group()["name"], call.words["name"])
    if vm is None:
        return Response(204)
    call.meter.draw(throttling.vm_write("DeleteVM", vm["location"], vm["id"]))
    check_condition(call, vm)
    check_idle(call, vm, "delete")
    call.rows.replace("vm", vm["group"], vm["name"], {**vm, "state": "Deleting", "etag": vm["etag"] + 1})
    effects = operations.Effects(members={"state": "Deleting"}, rows=rows_of(call.rows, vm))
    return Response(202, operations.begin(call, vm, effects, operations.SLOW, has_location=True))


def rows_of(rows: Rows, vm: Record) -> list[Row]:
    """List what goes, or is set free, with a VM: kind, group, name, and members to write or None to delete."""
    found: list[Row] = [("vm", vm["group"], vm["name"], None)]
    if vm["system"]:
        found.append(("principal", "", vm["system"], None))
    own = f"{vm['id']}/".lower()
    for kind in ("extension", "runCommand"):
        found += [
            (kind, one["group"], one["name"], None)
            for one in rows.every(kind, vm["group"])
            if one["id"].lower().startswith(own)
        ]
    profile = profile_of(vm)
    for reference in profile["networkProfile"]["networkInterfaces"]:
        found += _nic_rows(rows, reference)
    for disk in (profile["storageProfile"]["osDisk"], *profile["storageProfile"]["dataDisks"]):
        place = ResourceId.parse(disk["managedDisk"]["id"])
        is_deleted = disk.get("deleteOption") == "Delete"
        found.append(("disk", place.group, place.name, None if is_deleted else {"vm": None}))
    return found


def _nic_rows(rows: Rows, reference: dict[str, Any]) -> list[Row]:
    nic = find_by_id(rows, "nic", reference["id"])
    if nic is None:
        return []
    if reference.get("properties", {}).get("deleteOption") != "Delete":
        return [("nic", nic["group"], nic["name"], {"vm": None, "primary": None})]
    found: list[Row] = [("nic", nic["group"], nic["name"], None)]
    for one in nic["configurations"]:
        address = find_by_id(rows, "ip", one["publicIp"]) if one["publicIp"] else None
        if address is not None and "Delete" in (one.get("publicIpOption"), address.get("option")):
            found.append(("ip", address["group"], address["name"], None))
    return found
