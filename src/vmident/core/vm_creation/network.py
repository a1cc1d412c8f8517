"""Virtual networks as far as a new VM has to know them, and which of several it goes into."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from vmident.core.resource_id import ResourceId
from vmident.core.resources import is_same_location

VIRTUAL_NETWORK = "Microsoft.Network/virtualNetworks"
NETWORK_INTERFACE = "Microsoft.Network/networkInterfaces"
PUBLIC_IP = "Microsoft.Network/publicIPAddresses"

# Subnets that Azure keeps for its own services: no VM goes into one (Microsoft's pages on each of the services).
_KEPT_FOR_AZURE = frozenset(
    {"gatewaysubnet", "azurebastionsubnet", "azurefirewallsubnet", "azurefirewallmanagementsubnet", "routeserversubnet"}
)


class VirtualNetwork(Struct, frozen=True):
    """A virtual network that is there, and the names of its subnets."""

    id: ResourceId
    location: str
    subnets: tuple[str, ...] = ()

    @property
    def subnets_for_vms(self) -> tuple[str, ...]:
        """The subnets that a VM may go into."""
        return tuple(subnet for subnet in self.subnets if subnet.lower() not in _KEPT_FOR_AZURE)

    def subnet_id(self, subnet: str) -> str:
        """Return the full id of one of its subnets."""
        return f"{self.id}/subnets/{subnet}"


def first_fitting(networks: Iterable[VirtualNetwork], location: str) -> VirtualNetwork | None:
    """Pick the network that a VM goes into where none is named, as `az vm create` does; `None` for a new one.

    It is the first of the group's that lies in the VM's location and has a subnet for VMs. Source: exchanges 15 and 17
    of recording `vm-user-identities-2020.json`.
    """
    fitting = (one for one in networks if is_same_location(one.location, location) and one.subnets_for_vms)
    return next(fitting, None)
