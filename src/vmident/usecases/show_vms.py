"""Show what identities VMs have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from vmident.core.resource_id import ResourceId
from vmident.core.virtual_machine import UnreadVm, VirtualMachine
from vmident.errors import NotFound, VmidentError
from vmident.results.changes import VmView
from vmident.usecases.resolve.vm_batch import VmBatch
from vmident.usecases.resolve.vms import Where, not_found_with_near_names

if TYPE_CHECKING:
    from vmident.ports.azure import VirtualMachines


def show_vms(words: Sequence[str | VirtualMachine], where: Where, machines: VirtualMachines) -> tuple[VmView, ...]:
    """Read every VM that `words` name, but those read already; one that cannot be read does not stop the others."""
    named = VmBatch([one for one in words if isinstance(one, str)], where, machines)
    return tuple(view_of(one) if isinstance(one, VirtualMachine) else _show_one(one, named, machines) for one in words)


def list_vms(where: Where, machines: VirtualMachines) -> Iterator[VirtualMachine | UnreadVm]:
    """List the VMs, or what else is meant, of the group, else of the subscription, as ARM itself has them."""
    from vmident.usecases.resolve.vm_selection import with_near_groups

    subscription = where.subscription()
    listed = chain.from_iterable(machines.list(subscription, where.group, kind) for kind in where.kinds)
    return with_near_groups(listed, where.group, subscription, machines, where.kinds[0])


def view_of(one: VirtualMachine | UnreadVm) -> VmView:
    """Return what a list says of a VM."""
    return VmView(one.word, error=one.error) if isinstance(one, UnreadVm) else VmView(str(one.id), one)


def _show_one(word: str, named: VmBatch, machines: VirtualMachines) -> VmView:
    vm: ResourceId | None = None
    try:
        vm = named.find(word)
        return VmView(word, named.listed(vm) or machines.read(vm))
    except NotFound as missing:
        return VmView(word, error=not_found_with_near_names(word, vm, missing, machines) if vm else missing)
    except VmidentError as failure:
        return VmView(word, error=failure)
