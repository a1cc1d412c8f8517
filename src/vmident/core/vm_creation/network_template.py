"""The part of a VM's template that is its network: pure.

Without a port that is asked for, the security group has no rule of ours: nothing from the internet comes in. A public
address is Standard and static: Basic ones, which the recordings have, are retired (Microsoft, 2025-09-30).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmident.core.resource_id import ResourceId
from vmident.core.vm_creation.network import VIRTUAL_NETWORK
from vmident.core.vm_creation.request import OpenPort, VmRequest

SECURITY_GROUP = "Microsoft.Network/networkSecurityGroups"
NETWORK_VERSION = "2024-05-01"
"""A stable version of Microsoft.Network, in every public cloud (Microsoft's template reference)."""

ADDRESSES = "10.0.0.0/16"
SUBNET_ADDRESSES = "10.0.0.0/24"

_RULES = {OpenPort.SSH: ("default-allow-ssh", "22"), OpenPort.RDP: ("rdp", "3389")}


def network_resources(request: VmRequest) -> list[dict[str, Any]]:
    """Return the network where it is new, the security group, the public address where there is one, the interface."""
    security_group = request.beside(SECURITY_GROUP, f"{request.vm.name}NSG")
    network = None
    if request.subnet_id is None:
        network = request.beside(VIRTUAL_NETWORK, request.new_network or f"{request.vm.name}VNET")
    made = [one for one in (network, security_group, request.public_ip) if one]
    return [
        *([_network(network, _subnet(request), request)] if network else []),
        _resource(security_group, request, {"securityRules": _rules(request.settings.open_port)}),
        *([_public_ip(request.public_ip, request)] if request.public_ip else []),
        _interface(request, request.subnet_id or f"{network}/subnets/{_subnet(request)}", security_group, made),
    ]


def literal(texts: Mapping[str, str]) -> dict[str, str]:
    """Escape texts for a template: text in brackets is an expression unless it starts with a second `[`.

    Source: Microsoft's 'Syntax and expressions in Azure Resource Manager templates'.
    """
    return {name: f"[{text}" if text.startswith("[") and text.endswith("]") else text for name, text in texts.items()}


def _subnet(request: VmRequest) -> str:
    return request.new_subnet or f"{request.vm.name}Subnet"


def _network(network: ResourceId, subnet: str, request: VmRequest) -> dict[str, Any]:
    subnets = [{"name": subnet, "properties": {"addressPrefix": SUBNET_ADDRESSES}}]
    return _resource(network, request, {"addressSpace": {"addressPrefixes": [ADDRESSES]}, "subnets": subnets})


def _public_ip(public_ip: ResourceId, request: VmRequest) -> dict[str, Any]:
    return {
        **_resource(public_ip, request, {"publicIPAllocationMethod": "Static"}),
        "sku": {"name": "Standard"},
    }


def _interface(
    request: VmRequest, subnet_id: str, security_group: ResourceId, made: list[ResourceId]
) -> dict[str, Any]:
    public = {"publicIPAddress": {"id": str(request.public_ip)}} if request.public_ip else {}
    configuration = {
        "name": f"ipconfig{request.vm.name}",
        "properties": {"privateIPAllocationMethod": "Dynamic", "subnet": {"id": subnet_id}, **public},
    }
    properties = {"ipConfigurations": [configuration], "networkSecurityGroup": {"id": str(security_group)}}
    return _resource(request.network_interface, request, properties, made)


def _rules(port: OpenPort) -> list[dict[str, Any]]:
    """Return the rules of `az vm create` for a port: open to every address."""
    if port not in _RULES:
        return []
    name, number = _RULES[port]
    return [
        {
            "name": name,
            "properties": {
                "protocol": "Tcp",
                "sourcePortRange": "*",
                "destinationPortRange": number,
                "sourceAddressPrefix": "*",
                "destinationAddressPrefix": "*",
                "access": "Allow",
                "priority": 1000,
                "direction": "Inbound",
            },
        }
    ]


def _resource(
    resource: ResourceId, request: VmRequest, properties: dict[str, Any], depends_on: list[ResourceId] | None = None
) -> dict[str, Any]:
    return {
        "type": resource.kind,
        "apiVersion": NETWORK_VERSION,
        "name": resource.name,
        "location": request.location,
        "tags": literal(request.settings.tags),
        "dependsOn": [str(one) for one in depends_on or ()],
        "properties": properties,
    }
