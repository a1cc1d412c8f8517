"""Network resources, as far as making a VM needs them: make, read, list, delete.

A network resource is there at once: Azure takes a second or two. Assumed, as nothing in identity work depends on it.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from vmident.core.resource_id import ResourceId
from vmident.errors import BadResourceId
from vmident.sandbox import errors
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.network import errors as network_errors
from vmident.sandbox.network import views as network_views
from vmident.sandbox.network.requests import asked_of
from vmident.sandbox.protocol.call import checked_location, checked_tags
from vmident.sandbox.protocol.paging import page_of
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows

_EVERY = 1_000_000
_RESERVED_ADDRESSES = 4  # the network, the gateway and two for Azure's name service
_MEMBERS = ("location", "tags", "properties", "sku", "zones", "id", "name", "type", "etag")


def read(call: Call, kind: str) -> Response:
    """Answer GET of one resource of a kind: 'vnet', 'nsg', 'ip' or 'nic'."""
    return _answer(call, find_parent(call, kind))


def list_in_group(call: Call, kind: str) -> Response:
    """Answer a page of one group's resources of a kind."""
    return _list(call, kind, call.group()["name"])


def list_in_subscription(call: Call, kind: str) -> Response:
    """Answer a page of the subscription's resources of a kind."""
    return _list(call, kind, None)


def _list(call: Call, kind: str, group: str | None) -> Response:
    nics = every_nic(call.rows)
    return page_of(call, kind, group, lambda one: network_views.shown(one, nics))


def every_nic(rows: Rows) -> list[Record]:
    """List all network interfaces."""
    return rows.page("nic", None, ("", ""), _EVERY)


def find_by_id(rows: Rows, kind: str, text: str) -> Record | None:
    """Find a network resource by its id; None if it is not an ID, or has another type or subscription."""
    try:
        resource_id = ResourceId.parse(text)
    except BadResourceId:
        return None
    if not resource_id.is_a(network_views.KINDS[kind]) or resource_id.subscription.lower() != SUBSCRIPTION:
        return None
    return rows.find(kind, resource_id.group, resource_id.name)


def find_parent(call: Call, kind: str) -> Record:
    """Find the network resource of a kind in the path; raises 404."""
    group, name = call.group()["name"], call.words["name"]
    found = call.rows.find(kind, group, name)
    if found is None:
        raise errors.resource_not_found(network_views.KINDS[kind], name, call.words["group"])
    return found


def _answer(call: Call, record: Record, status: int = 200) -> Response:
    nics = [] if record["kind"] == "nic" else every_nic(call.rows)
    shown = network_views.shown(record, nics)
    return json_answer(status, shown, {"etag": network_views.etag(record)})


def write(call: Call, kind: str) -> Response:
    """Answer PUT of one resource: 201 for a new one, 200 for one that was there."""
    group, name = call.group()["name"], call.words["name"]
    content = call.content()
    for member in content:
        if member not in _MEMBERS:
            raise errors.member_unknown(member, "ResourceDefinition", member)
    found = call.rows.find(kind, group, name)
    resource_id = found["id"] if found else str(ResourceId(SUBSCRIPTION, group, network_views.KINDS[kind], name))
    location = checked_location(content.get("location"), network_views.KINDS[kind])
    if found and found["location"] != location:
        raise errors.location_fixed(found["name"], group, found["location"], location)
    tags = {key: text for key, text in checked_tags(content.get("tags") or {}).items() if text is not None}
    asked = asked_of(kind, content.get("properties"), content.get("sku"), resource_id)
    record = {
        "kind": kind,
        "id": resource_id,
        "group": group,
        "name": found["name"] if found else name,
        "location": location,
        "tags": tags,
        "etag": call.settings.new_uuid(),
        "guid": found["guid"] if found else call.settings.new_uuid(),
        **asked,
    }
    check_references(call, record, found)
    if found:
        call.rows.replace(kind, group, name, record)
    else:
        call.rows.add(kind, group, name, record, made=call.now)
    return _answer(call, record, 200 if found else 201)


def change(call: Call, kind: str) -> Response:
    """Answer PATCH: the tags, which replace those that were there."""
    record, content = find_parent(call, kind), call.content()
    for member in content:
        if member != "tags":
            raise errors.not_in_the_sandbox(f"changes to '{member}' of a network resource")
    tags = checked_tags(content.get("tags") or {})
    record |= {
        "tags": {name: text for name, text in tags.items() if text is not None},
        "etag": call.settings.new_uuid(),
    }
    call.rows.replace(kind, record["group"], record["name"], record)
    return _answer(call, record)


def check_references(call: Call, record: Record, before: Record | None) -> None:
    """Check what a resource refers to, and give an interface its addresses."""
    if record["kind"] == "vnet":
        for subnet in record["subnets"]:
            _check_one(call, record, "nsg", subnet["nsg"])
        return
    if record["kind"] != "nic":
        return
    record |= {"vm": before["vm"], "primary": before["primary"]} if before else {"vm": None, "primary": None}
    _check_one(call, record, "nsg", record["nsg"])
    others = [nic for nic in every_nic(call.rows) if nic["id"] != record["id"]]
    kept = {one["name"]: one for one in before["configurations"]} if before else {}
    for one in record["configurations"]:
        _check_one(call, record, "ip", one["publicIp"])
        holder = network_views.holder_of(one["publicIp"], others) if one["publicIp"] else None
        if holder:
            raise network_errors.public_address_taken(one["publicIp"], network_views.configuration_id(*holder))
        prefix = _subnet_prefix(call, record, one["subnet"])
        same = kept.get(one["name"])
        if same and same["subnet"].lower() == one["subnet"].lower() and not one["address"]:
            one["address"] = same["address"]
        one["address"] = one["address"] or _free_address(prefix, one["subnet"], [*others, record])


def _check_one(call: Call, record: Record, kind: str, referred: str | None) -> None:
    if referred is None:
        return
    found = find_by_id(call.rows, kind, referred)
    if found is None or found["location"] != record["location"]:
        raise network_errors.reference_invalid(referred, record["id"])


def _subnet_prefix(call: Call, record: Record, subnet_id: str) -> str:
    vnet_id, _, name = subnet_id.rpartition("/subnets/")
    vnet = find_by_id(call.rows, "vnet", vnet_id)
    subnets = vnet["subnets"] if vnet and vnet["location"] == record["location"] else []
    found = next((one for one in subnets if one["name"].lower() == name.lower()), None)
    if found is None:
        raise network_errors.reference_invalid(subnet_id, record["id"])
    return str(found["prefix"])


def _free_address(prefix: str, subnet_id: str, nics: list[Record]) -> str:
    taken = {
        one["address"] for nic in nics for one in nic["configurations"] if one["subnet"].lower() == subnet_id.lower()
    }
    network = ipaddress.IPv4Network(prefix)
    for number in range(_RESERVED_ADDRESSES, network.num_addresses - 1):
        address = str(network[number])
        if address not in taken:
            return address
    raise network_errors.subnet_full(subnet_id)


def delete(call: Call, kind: str) -> Response:
    """Delete one that nothing uses; 204 for one that was not there."""
    group, name = call.group()["name"], call.words["name"]
    found = call.rows.find(kind, group, name)
    if found is None:
        return Response(204)
    holder = _holder(found, every_nic(call.rows))
    if holder:
        code = {
            "vnet": "InUseSubnetCannotBeDeleted",
            "nsg": "InUseNetworkSecurityGroupCannotBeDeleted",
            "ip": "PublicIPAddressCannotBeDeleted",
            "nic": "NicInUse",
        }[kind]
        raise network_errors.in_use(code, found["id"], holder)
    call.rows.soft_delete(kind, group, name, deleted=call.now)
    return Response(200)


def _holder(record: Record, nics: list[Record]) -> str | None:
    if record["kind"] == "nic":
        return str(record["vm"]) if record["vm"] else None
    own = record["id"].lower()
    for nic in nics:
        ids = [nic["nsg"], *(one["publicIp"] for one in nic["configurations"])]
        ids += [one["subnet"].rpartition("/subnets/")[0] for one in nic["configurations"]]
        if own in [text.lower() for text in ids if text]:
            return str(nic["id"])
    return None
