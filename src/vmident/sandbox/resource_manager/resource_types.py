"""The resource types that the sandbox keeps, and the kind of row that each is."""

from __future__ import annotations

from typing import NamedTuple

from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, VIRTUAL_MACHINE


class ResourceKind(NamedTuple):
    """A kind of row, and its resource type as ARM spells it."""

    kind: str
    type: str


RESOURCE_KINDS = (
    ResourceKind("vm", VIRTUAL_MACHINE),
    ResourceKind("identity", USER_ASSIGNED_IDENTITY),
    ResourceKind("disk", "Microsoft.Compute/disks"),
    ResourceKind("vmss", "Microsoft.Compute/virtualMachineScaleSets"),
    ResourceKind("extension", "Microsoft.Compute/virtualMachines/extensions"),
    ResourceKind("vnet", "Microsoft.Network/virtualNetworks"),
    ResourceKind("nsg", "Microsoft.Network/networkSecurityGroups"),
    ResourceKind("ip", "Microsoft.Network/publicIPAddresses"),
    ResourceKind("nic", "Microsoft.Network/networkInterfaces"),
)
