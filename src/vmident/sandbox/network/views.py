"""Network resources as ARM shows them.

Shape: exchanges 12, 13 and 15 of the recording `vm-user-identities-2020.json`, for every API version; the default
rules of a security group are from Microsoft's page 'Network security groups'.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmident.sandbox.rows import Record

KINDS = {
    "vnet": "Microsoft.Network/virtualNetworks",
    "nsg": "Microsoft.Network/networkSecurityGroups",
    "ip": "Microsoft.Network/publicIPAddresses",
    "nic": "Microsoft.Network/networkInterfaces",
}
_DEFAULT_RULES = (
    ("AllowVnetInBound", "Inbound", 65000, "*", "VirtualNetwork", "VirtualNetwork", "Allow"),
    ("AllowAzureLoadBalancerInBound", "Inbound", 65001, "*", "AzureLoadBalancer", "*", "Allow"),
    ("DenyAllInBound", "Inbound", 65500, "*", "*", "*", "Deny"),
    ("AllowVnetOutBound", "Outbound", 65000, "*", "VirtualNetwork", "VirtualNetwork", "Allow"),
    ("AllowInternetOutBound", "Outbound", 65001, "*", "*", "Internet", "Allow"),
    ("DenyAllOutBound", "Outbound", 65500, "*", "*", "*", "Deny"),
)


def etag(record: Record) -> str:
    """Return the weak etag, quotes included."""
    return f'W/"{record["etag"]}"'


def shown(record: Record, nics: list[Record]) -> dict[str, Any]:
    """Return a network resource as answers carry it; `nics` are all interfaces there are."""
    kind = record["kind"]
    properties = {"provisioningState": "Succeeded", "resourceGuid": record["guid"]}
    properties |= {"vnet": _vnet, "nsg": _nsg, "ip": _ip, "nic": _nic}[kind](record, nics)
    body = {
        "name": record["name"],
        "id": record["id"],
        "etag": etag(record),
        "type": KINDS[kind],
        "location": record["location"],
        "tags": record["tags"],
        "properties": properties,
    }
    if kind == "ip":
        body["sku"] = {"name": record["sku"]}
    return body


def shown_subnet(vnet: Record, subnet: Record, nics: list[Record]) -> dict[str, Any]:
    """Return one subnet."""
    subnet_id = f"{vnet['id']}/subnets/{subnet['name']}"
    properties = {"provisioningState": "Succeeded", "addressPrefix": subnet["prefix"]}
    if subnet.get("nsg"):
        properties["networkSecurityGroup"] = {"id": subnet["nsg"]}
    holders = [
        {"id": configuration_id(nic, one)}
        for nic in nics
        for one in nic["configurations"]
        if one["subnet"].lower() == subnet_id.lower()
    ]
    if holders:
        properties["ipConfigurations"] = holders
    return {
        "name": subnet["name"],
        "id": subnet_id,
        "etag": etag(vnet),
        "properties": properties,
        "type": f"{KINDS['vnet']}/subnets",
    }


def configuration_id(nic: Record, configuration: Record) -> str:
    """Return the id of one of an interface's addresses."""
    return f"{nic['id']}/ipConfigurations/{configuration['name']}"


def holder_of(ip_id: str, nics: list[Record]) -> tuple[Record, Record] | None:
    """Find the interface, and the configuration in it, that has a public address."""
    return next(
        (
            (nic, one)
            for nic in nics
            for one in nic["configurations"]
            if one["publicIp"] and one["publicIp"].lower() == ip_id.lower()
        ),
        None,
    )


def _vnet(record: Record, nics: list[Record]) -> dict[str, Any]:
    return {
        "addressSpace": {"addressPrefixes": record["prefixes"]},
        "subnets": [shown_subnet(record, subnet, nics) for subnet in record["subnets"]],
        "virtualNetworkPeerings": [],
        "enableDdosProtection": False,
        "enableVmProtection": False,
    }


def _nsg(record: Record, nics: list[Record]) -> dict[str, Any]:
    defaults = [
        {
            "name": name,
            "properties": {
                "protocol": "*",
                "sourcePortRange": port,
                "destinationPortRange": "*",
                "sourceAddressPrefix": source,
                "destinationAddressPrefix": destination,
                "access": access,
                "priority": priority,
                "direction": direction,
            },
        }
        for name, direction, priority, port, source, destination, access in _DEFAULT_RULES
    ]
    body: dict[str, Any] = {
        "securityRules": [shown_rule(record, rule, "securityRules") for rule in record["rules"]],
        "defaultSecurityRules": [shown_rule(record, rule, "defaultSecurityRules") for rule in defaults],
    }
    holders = [{"id": nic["id"]} for nic in nics if (nic["nsg"] or "").lower() == record["id"].lower()]
    return {**body, "networkInterfaces": holders} if holders else body


def shown_rule(record: Record, rule: Record, level: str = "securityRules") -> dict[str, Any]:
    """Return one rule of a security group."""
    return {
        "name": rule["name"],
        "id": f"{record['id']}/{level}/{rule['name']}",
        "etag": etag(record),
        "type": f"{KINDS['nsg']}/{level}",
        "properties": {"provisioningState": "Succeeded", **rule["properties"]},
    }


def _ip(record: Record, nics: list[Record]) -> dict[str, Any]:
    holder = holder_of(record["id"], nics)
    body: dict[str, Any] = {
        "publicIPAddressVersion": "IPv4",
        "publicIPAllocationMethod": record["method"],
        "idleTimeoutInMinutes": 4,
        "ipTags": [],
    }
    # A dynamic address is there while a VM runs that has it.
    if record["method"] == "Static" or (holder and holder[0]["vm"]):
        body["ipAddress"] = public_address(record)
    if holder:
        body["ipConfiguration"] = {"id": configuration_id(*holder)}
    return body


def public_address(record: Record) -> str:
    """Return the address: one of those that documents may use (RFC 5737), so that no host is reached by mistake.

    It depends on the resource's ID alone: docs that create a VM show the address that their readers get.
    """
    return f"203.0.113.{1 + _digest(record['id'].lower())[0] % 254}"


def _nic(record: Record, _nics: list[Record]) -> dict[str, Any]:
    digest = _digest(record["guid"])
    body: dict[str, Any] = {
        "ipConfigurations": [
            _configuration(record, one, first=not at) for at, one in enumerate(record["configurations"])
        ],
        "dnsSettings": {
            "dnsServers": [],
            "appliedDnsServers": [],
            "internalDomainNameSuffix": f"{digest.hex()[:26]}.dx.internal.cloudapp.net",
        },
        "enableAcceleratedNetworking": record["accelerated"],
        "enableIPForwarding": False,
    }
    if record["nsg"]:
        body["networkSecurityGroup"] = {"id": record["nsg"]}
    if record["vm"]:
        body |= {"macAddress": "-".join(f"{byte:02X}" for byte in (0, 0x22, 0x48, *digest[:3]))}
        body |= {"primary": record["primary"], "virtualMachine": {"id": record["vm"]}}
    return body


def _configuration(nic: Record, one: Record, *, first: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "privateIPAddress": one["address"],
        "privateIPAllocationMethod": one["method"],
        "subnet": {"id": one["subnet"]},
        "primary": first,
        "privateIPAddressVersion": "IPv4",
    }
    if one["publicIp"]:
        properties["publicIPAddress"] = {"id": one["publicIp"]}
    return {
        "name": one["name"],
        "id": configuration_id(nic, one),
        "etag": etag(nic),
        "type": f"{KINDS['nic']}/ipConfigurations",
        "properties": properties,
    }


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
