"""The network that the seed's VMs are in: one for each region, in a group of its own, as a landing zone has it.

It is not in the VMs' own group, where `az vm create` would take it for the new VM's.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId
from vmident.sandbox.network.views import KINDS
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmident.sandbox.rows import Record, Rows

_SUBNET = "default"
_SPACE, _PREFIX = "10.0.0.0/8", "10.0.0.0/16"
_FIRST_ADDRESS = 4
_LONG_AGO = 0.0


def put_interface(rows: Rows, vm: Record, name: str, network_group: str, new_uuid: Callable[[], str]) -> None:
    """Write the network interface of a VM that was there from the beginning.

    Its network is in `network_group`, and is written too where that group is there and has none in the VM's region.
    """
    if rows.find("nic", vm["group"], name) is not None:
        return
    vnet, nsg = f"vnet-{vm['location']}", f"nsg-{vm['location']}"
    if rows.find("group", network_group, "") and rows.find("vnet", network_group, vnet) is None:
        subnet = {"name": _SUBNET, "prefix": _PREFIX, "nsg": _id_of("nsg", network_group, nsg)}
        _put(rows, ("nsg", network_group, nsg), vm, new_uuid, rules=[])
        _put(rows, ("vnet", network_group, vnet), vm, new_uuid, prefixes=[_SPACE], subnets=[subnet])
    configuration = {
        "name": "ipconfig1",
        "subnet": f"{_id_of('vnet', network_group, vnet)}/subnets/{_SUBNET}",
        "publicIp": None,
        "method": "Dynamic",
        "address": str(ipaddress.IPv4Network(_PREFIX)[_FIRST_ADDRESS + rows.count("nic")]),
    }
    more = {"nsg": None, "accelerated": False, "vm": vm["id"], "primary": True}
    _put(rows, ("nic", vm["group"], name), vm, new_uuid, configurations=[configuration], **more)


def _id_of(kind: str, group: str, name: str) -> str:
    return str(ResourceId(SUBSCRIPTION, group, KINDS[kind], name))


def _put(rows: Rows, place: tuple[str, str, str], owner: Record, new_uuid: Callable[[], str], **more: Any) -> None:
    kind, group, name = place
    record = {
        "kind": kind,
        "id": _id_of(kind, group, name),
        "group": group,
        "name": name,
        "location": owner["location"],
        "tags": {},
        "etag": new_uuid(),
        "guid": new_uuid(),
        **more,
    }
    rows.add(kind, group, name, record, made=_LONG_AGO)
