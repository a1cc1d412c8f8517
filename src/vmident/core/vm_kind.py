"""The kinds of resource whose identities can be changed: VMs and scale sets.

Both take the same request and answer in the same shape. What differs is a value that is looked up by kind: the resource
type and the noun here, Azure's rate limits in `vmident.fleet.azure_limits`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum

from vmident.core.naming import NameRule
from vmident.core.resource_id import NAME_RULES, SCALE_SET, VIRTUAL_MACHINE, ResourceId, id_of_type


class VmKind(Enum):
    """A kind of resource; the value is its word in JSON and in `--kind`."""

    VM = "vm"
    SCALE_SET = "vmss"

    @property
    def resource_type(self) -> str:
        """The resource type, such as `Microsoft.Compute/virtualMachines`."""
        return _RESOURCE_TYPES[self]

    @property
    def noun(self) -> str:
        """The noun for messages."""
        return _NOUNS[self]

    @property
    def name_rule(self) -> NameRule:
        """What Azure allows in the names of this kind."""
        return NAME_RULES[self.resource_type]

    def id_of(self, subscription: str, group: str, name: str) -> ResourceId:
        """Return the id of a resource of this kind; raises `BadResourceId` for a part that Azure does not allow."""
        return id_of_type(self.resource_type, subscription, group, name)

    def counted(self, count: int) -> str:
        """Return `1 VM`, or `3 scale sets`."""
        return f"{count} {self.noun}{'' if count == 1 else 's'}"


_RESOURCE_TYPES = {VmKind.VM: VIRTUAL_MACHINE, VmKind.SCALE_SET: SCALE_SET}
_NOUNS = {VmKind.VM: "VM", VmKind.SCALE_SET: "scale set"}
_BY_TYPE = {kind.resource_type.lower(): kind for kind in VmKind}
ALL_KINDS = tuple(VmKind)
ONLY_VMS = (VmKind.VM,)


def kind_of(resource: ResourceId) -> VmKind:
    """Return the kind of a resource by its id; raises `KeyError` for the id of anything else."""
    return _BY_TYPE[resource.kind.lower()]


def is_machine(resource: ResourceId) -> bool:
    """Return whether the id is that of a VM or a scale set."""
    return resource.kind.lower() in _BY_TYPE


def either(kinds: Iterable[VmKind]) -> str:
    """Return `VM`, `scale set` or `VM or scale set`."""
    return " or ".join(kind.noun for kind in kinds)


def plural(kinds: Iterable[VmKind]) -> str:
    """Return `VMs`, `scale sets` or `VMs and scale sets`."""
    return " and ".join(f"{kind.noun}s" for kind in kinds)


def none_of(kinds: Iterable[VmKind]) -> str:
    """Return `No VMs`, `No scale sets` or `No VMs or scale sets`."""
    return f"No {' or '.join(f'{kind.noun}s' for kind in kinds)}"


def numbered(count: int, kinds: Sequence[VmKind]) -> str:
    """Return `3 scale sets`, or `3 VMs and scale sets` where it is not known how many are of which kind."""
    return kinds[0].counted(count) if len(kinds) == 1 else f"{count} {plural(kinds)}"


def titled(vm: ResourceId) -> str:
    """Return `VM 'web01'` or `scale set 'web'`, to stand within a sentence."""
    return f"{kind_of(vm).noun} '{vm.name}'"


def titled_identity(identity: ResourceId, vm: ResourceId) -> str:
    """Return `identity 'web'`, with its resource group where the VM has another, or its ID in another subscription."""
    if identity.subscription.lower() != vm.subscription.lower():
        return f"identity '{identity}'"
    place = "" if identity.group.lower() == vm.group.lower() else f" in resource group '{identity.group}'"
    return f"identity '{identity.name}'{place}"


def capitalized(text: str) -> str:
    """Return the text with a capital at its beginning, to begin a sentence with what `titled` returns."""
    return text[:1].upper() + text[1:]


def counted(vms: Iterable[ResourceId]) -> str:
    """Return `41 VMs`, `1 scale set`, or `3 VMs and 2 scale sets`; `0 VMs` where there are none at all."""
    return counted_by_kind(map(kind_of, vms))


def counted_by_kind(kinds: Iterable[VmKind]) -> str:
    """Return the same for the kind of each resource."""
    counts = Counter(kinds) or {VmKind.VM: 0}
    return " and ".join(kind.counted(counts[kind]) for kind in VmKind if kind in counts)
