"""What a PUT of a network resource asks for, checked as far as its own body goes: pure.

What is read of each type is what making a VM takes; other members are refused, not dropped.
"""

from __future__ import annotations

import ipaddress
import itertools
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.network import errors as network_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vmident.sandbox.rows import Record

# Members that a client may send back as it read them, and that say nothing new.
_SHOWN_ONLY = {"provisioningState", "resourceGuid"}


def members(value: Any, what: str, known: Iterable[str]) -> dict[str, Any]:
    """Read an object whose members are among `known`; null members are as good as not there."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise network_errors.format_invalid(f"'{what}' is not an object")
    for name, member in value.items():
        if name not in known and name not in _SHOWN_ONLY and member not in (None, [], {}, False):
            raise errors.not_in_the_sandbox(f"'{name}' of '{what}'")
    return {name: member for name, member in value.items() if member is not None}


def reference(value: Any, what: str) -> str | None:
    """Read `{"id": ID}`."""
    found = members(value, what, ["id", "name", "properties", "etag", "type", "location", "tags"]).get("id")
    if found is not None and not isinstance(found, str):
        raise network_errors.format_invalid(f"'{what}.id' is not a string")
    return found


def asked_of(kind: str, properties: Any, sku: Any, resource_id: str) -> Record:
    """Read the properties of one of the four types into what its record holds."""
    read: dict[str, Callable[[Any, Any, str], Record]] = {"vnet": _vnet, "nsg": _nsg, "ip": _ip, "nic": _nic}
    return read[kind](properties, sku, resource_id)


def _vnet(properties: Any, _sku: Any, resource_id: str) -> Record:
    known = ["addressSpace", "subnets", "dhcpOptions", "virtualNetworkPeerings"]
    content = members(properties, "properties", known)
    space = members(content.get("addressSpace"), "addressSpace", ["addressPrefixes"])
    prefixes = list(space.get("addressPrefixes", []))
    if not prefixes:
        raise network_errors.format_invalid("'addressSpace.addressPrefixes' is required")
    whole = [_network(prefix, resource_id) for prefix in prefixes]
    subnets = [_subnet(one) for one in content.get("subnets", [])]
    name = resource_id.rpartition("/")[2]
    ranges: list[ipaddress.IPv4Network] = []
    for subnet in subnets:
        inner = _network(subnet["prefix"], f"{resource_id}/subnets/{subnet['name']}")
        if not any(inner.subnet_of(outer) for outer in whole):
            raise network_errors.subnet_outside(subnet["name"], name)
        if any(inner.overlaps(other) for other in ranges):
            raise network_errors.subnets_overlap(subnet["name"], name)
        ranges.append(inner)
    return {"prefixes": prefixes, "subnets": subnets}


def _network(prefix: Any, resource_id: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(prefix)
    except ValueError as wrong:
        raise network_errors.prefix_invalid(str(prefix), resource_id) from wrong


def _subnet(value: Any) -> Record:
    subnet = members(value, "subnets", ["name", "properties", "id", "etag", "type"])
    known = ["addressPrefix", "addressPrefixes", "networkSecurityGroup", "ipConfigurations", "defaultOutboundAccess"]
    known += ["privateEndpointNetworkPolicies", "privateLinkServiceNetworkPolicies"]
    content = members(subnet.get("properties"), "subnets.properties", known)
    prefix = content.get("addressPrefix") or next(iter(content.get("addressPrefixes", [])), None)
    if not subnet.get("name") or not prefix:
        raise network_errors.format_invalid("a subnet has a name and an 'addressPrefix'")
    group = reference(content.get("networkSecurityGroup"), "networkSecurityGroup")
    return {"name": subnet["name"], "prefix": prefix, "nsg": group}


def _nsg(properties: Any, _sku: Any, _resource_id: str) -> Record:
    known = ["securityRules", "defaultSecurityRules", "networkInterfaces", "subnets"]
    rules = [_rule(one) for one in members(properties, "properties", known).get("securityRules", [])]
    for one, other in itertools.combinations(rules, 2):
        same = [one["properties"][member] == other["properties"][member] for member in ("direction", "priority")]
        if all(same):
            message = (
                f"Security rule {one['name']} conflicts with rule {other['name']}. Rules cannot have the same Priority "
                "and Direction."
            )
            raise errors.Refused(400, "SecurityRuleConflict", message)
    return {"rules": rules}


def _rule(value: Any) -> Record:
    rule = members(value, "securityRules", ["name", "properties", "id", "etag", "type"])
    content = {name: one for name, one in (rule.get("properties") or {}).items() if name not in _SHOWN_ONLY}
    for member in ("protocol", "access", "priority", "direction"):
        if content.get(member) is None:
            message = f"Security rule parameter {member} with value null is missing or invalid."
            raise errors.Refused(400, "SecurityRuleInvalidParameter", message)
    priority = content["priority"]
    if not isinstance(priority, int) or not 100 <= priority <= 4096:
        message = (
            f"Security rule has invalid Priority. Value provided: {priority} Allowed range 100-4096. Rule: "
            f"{rule.get('name')}."
        )
        raise errors.Refused(400, "SecurityRuleInvalidPriority", message)
    return {"name": rule.get("name", ""), "properties": content}


def _ip(properties: Any, sku: Any, resource_id: str) -> Record:
    known = ["publicIPAllocationMethod", "publicIPAddressVersion", "idleTimeoutInMinutes", "ipAddress"]
    known += ["ipConfiguration", "deleteOption"]
    content = members(properties, "properties", known)
    name = members(sku, "sku", ["name", "tier"]).get("name", "Basic")
    method = content.get("publicIPAllocationMethod", "Dynamic")
    if content.get("publicIPAddressVersion", "IPv4") != "IPv4":
        raise errors.not_in_the_sandbox("an IPv6 address")
    if name not in ("Basic", "Standard") or method not in ("Dynamic", "Static"):
        raise network_errors.format_invalid(f"the sku '{name}' or the allocation method '{method}' is not known")
    if name == "Standard" and method != "Static":
        raise network_errors.standard_must_be_static(resource_id)
    return {"sku": name, "method": method, "option": content.get("deleteOption")}


def _nic(properties: Any, _sku: Any, _resource_id: str) -> Record:
    known = ["ipConfigurations", "networkSecurityGroup", "enableAcceleratedNetworking", "dnsSettings", "macAddress"]
    known += ["primary", "virtualMachine", "nicType"]
    content = members(properties, "properties", known)
    configurations = [_configuration(one) for one in content.get("ipConfigurations", [])]
    if not configurations:
        raise network_errors.format_invalid("a network interface has at least one ipConfiguration")
    return {
        "configurations": configurations,
        "nsg": reference(content.get("networkSecurityGroup"), "networkSecurityGroup"),
        "accelerated": bool(content.get("enableAcceleratedNetworking", False)),
    }


def _configuration(value: Any) -> Record:
    one = members(value, "ipConfigurations", ["name", "properties", "id", "etag", "type"])
    known = ["subnet", "publicIPAddress", "privateIPAllocationMethod", "privateIPAddress", "primary"]
    content = members(one.get("properties"), "ipConfigurations.properties", [*known, "privateIPAddressVersion"])
    subnet = reference(content.get("subnet"), "subnet")
    if not one.get("name") or not subnet:
        raise network_errors.format_invalid("an ipConfiguration has a name and a subnet")
    method = content.get("privateIPAllocationMethod", "Dynamic")
    return {
        "name": one["name"],
        "subnet": subnet,
        "publicIp": reference(content.get("publicIPAddress"), "publicIPAddress"),
        "publicIpOption": ((content.get("publicIPAddress") or {}).get("properties") or {}).get("deleteOption"),
        "method": method,
        "address": content.get("privateIPAddress") if method == "Static" else None,
    }
