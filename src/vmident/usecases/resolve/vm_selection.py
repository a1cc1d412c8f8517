"""Find the VMs that a selection takes, without their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from vmident.core.resource_id import ResourceId
from vmident.core.selection import Selection
from vmident.core.virtual_machine import UnreadVm, VirtualMachine
from vmident.core.vm_kind import VmKind
from vmident.errors import NotFound
from vmident.ports.azure import VirtualMachines
from vmident.usecases.resolve.groups import in_each
from vmident.usecases.resolve.vms import Where

T = TypeVar("T")


def select_vms(
    selection: Selection, where: Where, machines: VirtualMachines, several: Sequence[str] = ()
) -> Iterator[VirtualMachine | ResourceId | str]:
    """Return the VMs page by page: as ARM's list has them, or only their ids where Resource Graph found them.

    One that the list has and that cannot be read is its id as text: reading it by itself says what is wrong with it.

    ARM's list gives the state along, and knows VMs made a moment ago; so it is asked unless there is a condition. The
    default group plays no part: only the selection's own does. With `several` subscriptions it is these that are
    looked in, and one that lacks the group has nothing to give.
    """
    if several:
        return in_each(several, lambda subscription: _in_one(selection, subscription, where.kinds, machines))
    subscription = where.subscription()
    found = _in_one(selection, subscription, where.kinds, machines)
    return with_near_groups(found, selection.group, subscription, machines, where.kinds[0])


def with_near_groups(
    listed: Iterator[T], group: str | None, subscription: str, machines: VirtualMachines, kind: VmKind
) -> Iterator[T]:
    """Pass a list of VMs on; raises `NotFound` with near names where Azure does not know its group."""
    try:
        yield from listed
    except NotFound as missing:
        from vmident.usecases.resolve.suggestions import group_of_vms_not_found

        raise group_of_vms_not_found(group or "", subscription, missing, machines, kind) from missing


def _in_one(
    selection: Selection, subscription: str, kinds: Sequence[VmKind], machines: VirtualMachines
) -> Iterator[VirtualMachine | ResourceId | str]:
    for kind in kinds:
        if selection.condition is not None:
            yield from machines.where(subscription, selection.group, selection.condition, kind)
            continue
        for machine in machines.list(subscription, selection.group, kind):
            if isinstance(machine, UnreadVm):
                yield machine.word
            elif selection.takes(machine):
                yield machine
