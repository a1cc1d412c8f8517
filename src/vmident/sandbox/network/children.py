"""Subnets of a network and rules of a security group: list, read, write, delete; each write rewrites the parent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.network import errors as network_errors
from vmident.sandbox.network import views
from vmident.sandbox.network.handlers import check_references, every_nic, find_parent
from vmident.sandbox.network.requests import asked_of

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

# Of each parent's kind: the members' name in its record, and as ARM has it in the path.
_CHILDREN = {"vnet": ("subnets", "subnets"), "nsg": ("rules", "securityRules")}


def list_children(call: Call, kind: str) -> Response:
    """Answer the subnets of a network, or the rules of a security group."""
    parent = find_parent(call, kind)
    member = _CHILDREN[kind][0]
    return json_answer(200, {"value": [_shown(call, parent, one) for one in parent[member]]})


def read_child(call: Call, kind: str) -> Response:
    """Answer GET of one of them."""
    parent = find_parent(call, kind)
    return json_answer(200, _shown(call, parent, _found(call, parent)), {"etag": views.etag(parent)})


def write_child(call: Call, kind: str) -> Response:
    """Answer PUT: 201 for a new one, 200 for one that was there."""
    parent = find_parent(call, kind)
    name, content = call.words["child"], call.content()
    before = _named(parent, name)
    spelled = before["name"] if before else name
    others = [_sent(parent, one) for one in parent[_CHILDREN[kind][0]] if one is not before]
    _rewrite(call, parent, [*others, {"name": spelled, "properties": content.get("properties")}])
    return json_answer(200 if before else 201, _shown(call, parent, _found(call, parent)))


def delete_child(call: Call, kind: str) -> Response:
    """Answer DELETE: 204 for one that was not there; a subnet that an interface uses stays."""
    parent = find_parent(call, kind)
    found = _named(parent, call.words["child"])
    if found is None:
        return Response(204)
    subnet_id = f"{parent['id']}/subnets/{found['name']}".lower()
    for nic in every_nic(call.rows):
        for one in nic["configurations"]:
            if one["subnet"].lower() == subnet_id:
                holder = views.configuration_id(nic, one)
                raise network_errors.in_use("InUseSubnetCannotBeDeleted", found["name"], holder)
    _rewrite(call, parent, [_sent(parent, one) for one in parent[_CHILDREN[kind][0]] if one is not found])
    return Response(200)


def _rewrite(call: Call, parent: Record, children: list[dict[str, Any]]) -> None:
    properties: dict[str, Any] = {_CHILDREN[parent["kind"]][1]: children}
    if parent["kind"] == "vnet":
        properties["addressSpace"] = {"addressPrefixes": parent["prefixes"]}
    parent |= {**asked_of(parent["kind"], properties, None, parent["id"]), "etag": call.settings.new_uuid()}
    check_references(call, parent, parent)
    call.rows.replace(parent["kind"], parent["group"], parent["name"], parent)


def _sent(parent: Record, child: Record) -> dict[str, Any]:
    """Return a child as a client would send it."""
    if parent["kind"] == "nsg":
        return {"name": child["name"], "properties": child["properties"]}
    properties: dict[str, Any] = {"addressPrefix": child["prefix"]}
    if child["nsg"]:
        properties["networkSecurityGroup"] = {"id": child["nsg"]}
    return {"name": child["name"], "properties": properties}


def _named(parent: Record, name: str) -> Record | None:
    children: list[Record] = parent[_CHILDREN[parent["kind"]][0]]
    return next((one for one in children if one["name"].lower() == name.lower()), None)


def _found(call: Call, parent: Record) -> Record:
    found = _named(parent, call.words["child"])
    if found is None:
        kind = f"{views.KINDS[parent['kind']]}/{parent['name']}/{_CHILDREN[parent['kind']][1]}"
        raise errors.resource_not_found(kind, call.words["child"], parent["group"])
    return found


def _shown(call: Call, parent: Record, child: Record) -> dict[str, Any]:
    if parent["kind"] == "nsg":
        return views.shown_rule(parent, child)
    return views.shown_subnet(parent, child, every_nic(call.rows))
