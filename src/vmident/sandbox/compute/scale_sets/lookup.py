"""Find scale sets and their instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox import errors
from vmident.sandbox.compute.scale_sets.views import TYPE, UNIFORM

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows

SCALE_SET, INSTANCE = "vmss", "vmssInstance"


def find_scale_set(call: Call) -> Record:
    """Find the scale set in the path; raises 404."""
    group, name = call.group()["name"], call.words["name"]
    found = call.rows.find(SCALE_SET, group, name)
    if found is None:
        raise errors.resource_not_found(TYPE, name, call.words["group"])
    return found


def find_instance(call: Call) -> tuple[Record, Record]:
    """Find the scale set and the instance in the path; raises 404."""
    scale_set = find_scale_set(call)
    number = call.words["instance"]
    found = call.rows.find(INSTANCE, scale_set["group"], f"{scale_set['name']}/{number}")
    if found is None:
        kind = f"{TYPE}/{scale_set['name']}/virtualMachines"
        raise errors.resource_not_found(kind, number, call.words["group"])
    return scale_set, found


def instances_of(rows: Rows, scale_set: Record) -> list[Record]:
    """List the instances of a scale set: of a Flexible one the VMs that are in it."""
    if scale_set["mode"] != UNIFORM:
        own = scale_set["id"].lower()
        return [vm for vm in rows.every("vm") if str(vm.get("scaleSet", "")).lower() == own]
    own = f"{scale_set['id']}/".lower()
    found = [one for one in rows.every(INSTANCE, scale_set["group"]) if one["id"].lower().startswith(own)]
    return sorted(found, key=lambda one: int(one["number"]))
