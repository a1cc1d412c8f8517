"""Which network a new VM goes into: the one that is named, one that is there, or one of its own."""

from __future__ import annotations

import re

from msgspec import Struct

from vmident.core.naming import RESOURCE_NAME, checked_name, did_you_mean
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId, looks_like_id
from vmident.core.resources import is_same_location
from vmident.core.shell import command_line
from vmident.core.vm_creation.network import VIRTUAL_NETWORK, VirtualNetwork, first_fitting
from vmident.errors import BadResourceId, NotFound, UsageError
from vmident.ports.deployments import Networks

_SUBNET_ID = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/microsoft\.network/virtualnetworks/[^/]+"
                        r"/subnets/[^/]+", re.IGNORECASE)  # fmt: skip


class NetworkNames(Struct, frozen=True):
    """A network and a subnet as typed, each a name or a full id."""

    network: str | None = None
    subnet: str | None = None


class SubnetChoice(Struct, frozen=True):
    """The subnet that is there, by its full id; else the names of the network and subnet to make, `None` for ours."""

    subnet_id: str | None = None
    new_network: str | None = None
    new_subnet: str | None = None


def checked_network_names(network: str | None, subnet: str | None) -> NetworkNames:
    """Refuse, before anything is sent, words that can name no network and no subnet."""
    if network and looks_like_id(network) and not ResourceId.parse(network).is_a(VIRTUAL_NETWORK):
        raise UsageError(
            f"'{network}' is not the resource ID of a virtual network.", hint="Use its name or resource ID."
        )
    if subnet and looks_like_id(subnet):
        if not _SUBNET_ID.fullmatch(str(Scope.parse(subnet))):
            raise BadResourceId(
                f"'{subnet}' is not the resource ID of a subnet.", hint="Use .../virtualNetworks/VNET/subnets/SUBNET."
            )
        if network:
            raise UsageError("--vnet cannot be used with the resource ID of a subnet.", hint="Remove --vnet.")
    elif subnet and not network:
        raise UsageError(f"--subnet {subnet} requires --vnet.", hint="Add --vnet, or use the subnet's resource ID.")
    for name in (network, subnet):
        if name and not looks_like_id(name):
            checked_name(name, RESOURCE_NAME)
    return NetworkNames(network.strip() if network else None, subnet.strip() if subnet else None)


def find_network(words: NetworkNames, vm: ResourceId, location: str, networks: Networks) -> SubnetChoice:
    """Return the place of a VM in a network; costs one read, none where a subnet is named by its id.

    Raises `NotFound` for what is named by id and is not there, and for a subnet that its network does not have.
    """
    if words.subnet and looks_like_id(words.subnet):
        return SubnetChoice(str(Scope.parse(words.subnet)))
    if words.network is None:
        found = first_fitting(networks.list(vm.subscription, vm.group), location)
        return SubnetChoice(found.subnet_id(found.subnets_for_vms[0])) if found else SubnetChoice()
    named = _named(words.network, vm, networks)
    if named is None:
        return SubnetChoice(None, words.network, words.subnet)
    if not is_same_location(named.location, location):
        raise UsageError(
            f"The network '{named.id.name}' is in {named.location}, not in {location}.",
            hint=f"A VM must be in the same region as its network: --location {named.location}",
        )
    return SubnetChoice(named.subnet_id(_subnet(words.subnet, named)))


def _named(word: str, vm: ResourceId, networks: Networks) -> VirtualNetwork | None:
    if looks_like_id(word):
        return networks.read(ResourceId.parse(word))
    there = networks.list(vm.subscription, vm.group)
    return next((one for one in there if one.id.name.lower() == word.lower()), None)


def _subnet(word: str | None, network: VirtualNetwork) -> str:
    if word is None and network.subnets_for_vms:
        return network.subnets_for_vms[0]
    found = next((subnet for subnet in network.subnets if word and subnet.lower() == word.lower()), None)
    if found:
        return found
    alike = did_you_mean(word, network.subnets) if word else ""
    wanted = f"named '{word}'" if word else "for VMs"
    create = command_line(
        "az", "network", "vnet", "subnet", "create", "-g", network.id.group, "--vnet-name", network.id.name
    )
    raise NotFound(
        f"The network '{network.id.name}' has no subnet {wanted}.{alike}",
        code="subnet-not-found",
        hint=f"Create it: {create} …",
    )
