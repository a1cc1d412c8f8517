"""Virtual networks and addresses through the Resource Manager: plain reads.

Source: recording `vm-user-identities-2020.json`, exchanges 12, 13 and 15.
"""

from __future__ import annotations

from collections.abc import Sequence

from vmident.arm.answers import check_about
from vmident.arm.connection import Connection
from vmident.arm.paging import pages
from vmident.arm.wire.virtual_machines import checking_ids
from vmident.arm.wire.vm_creation_types import AddressBody, InterfaceBody, NetworkBody
from vmident.core.resource_id import ResourceId
from vmident.core.vm_creation.network import VIRTUAL_NETWORK, VirtualNetwork

API_VERSION = "2024-05-01"
_A_NETWORK = "a virtual network"


class ArmNetworks:
    """`vmident.ports.deployments.Networks`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, subscription: str, group: str) -> Sequence[VirtualNetwork]:
        """List the networks of the group."""
        path = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{VIRTUAL_NETWORK}"
        return tuple(_network(body) for body in pages(self._connection, path, API_VERSION, NetworkBody, _A_NETWORK))

    def read(self, network: ResourceId) -> VirtualNetwork:
        """GET the network."""
        found = _network(self._connection.read(str(network), API_VERSION).read(NetworkBody, _A_NETWORK))
        check_about(network, found.id)
        return found

    def private_address(self, interface: ResourceId) -> str | None:
        """GET the interface."""
        body = self._connection.read(str(interface), API_VERSION).read(InterfaceBody, "a network interface")
        configurations = (body.properties.ip_configurations if body.properties else None) or []
        first = configurations[0].properties if configurations else None
        return first.private_ip_address if first else None

    def public_address(self, public_ip: ResourceId) -> str | None:
        """GET the public address."""
        body = self._connection.read(str(public_ip), API_VERSION).read(AddressBody, "a public address")
        return body.properties.ip_address if body.properties else None


def _network(body: NetworkBody) -> VirtualNetwork:
    subnets = (body.properties.subnets if body.properties else None) or ()
    with checking_ids(_A_NETWORK):
        return VirtualNetwork(ResourceId.parse(body.id), body.location, tuple(one.name for one in subnets))
