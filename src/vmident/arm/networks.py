"""Virtual networks and addresses through the Resource Manager: plain reads.

Source: recording `vm-user-identities-2020.json`, exchanges 12, 13 and 15.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vmident.arm.connection import Connection
from vmident.arm.paging import pages
from vmident.arm.wire import unreadable
from vmident.core.resource_id import ResourceId
from vmident.core.vm_creation.network import VIRTUAL_NETWORK, VirtualNetwork
from vmident.errors import BadResourceId

API_VERSION = "2024-05-01"


class ArmNetworks:
    """`vmident.ports.deployments.Networks`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, subscription: str, group: str) -> Sequence[VirtualNetwork]:
        """List the networks of the group."""
        path = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{VIRTUAL_NETWORK}"
        return tuple(_network(body) for body in pages(self._connection, path, API_VERSION))

    def read(self, network: ResourceId) -> VirtualNetwork:
        """GET the network."""
        return _network(self._connection.read(str(network), API_VERSION).body)

    def private_address(self, interface: ResourceId) -> str | None:
        """GET the interface."""
        configurations = _properties(self._connection.read(str(interface), API_VERSION).body).get("ipConfigurations")
        first = configurations[0] if isinstance(configurations, list) and configurations else None
        return _text(_properties(first).get("privateIPAddress"))

    def public_address(self, public_ip: ResourceId) -> str | None:
        """GET the public address."""
        return _text(_properties(self._connection.read(str(public_ip), API_VERSION).body).get("ipAddress"))


def _network(body: Any) -> VirtualNetwork:
    try:
        subnets = tuple(str(subnet["name"]) for subnet in _properties(body).get("subnets") or ())
        return VirtualNetwork(ResourceId.parse(body["id"]), str(body["location"]), subnets)
    except (KeyError, TypeError, AttributeError, BadResourceId) as strange:
        raise unreadable("a virtual network") from strange


def _properties(body: Any) -> dict[str, Any]:
    properties = body.get("properties") if isinstance(body, dict) else None
    return properties if isinstance(properties, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
