"""Which VMs are cheaper to list than to read one by one; knows their ids alone, never how many others there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from msgspec import Struct

from vmident.core.resource_id import ResourceId
from vmident.core.vm_kind import VmKind, kind_of

HANDFUL = 10
"""So many VMs are read one by one: lists cost more of Azure's budgets than reads do (wire facts, 'Throttling')."""
_IN_A_PAGE = 50


class VmList(Struct, frozen=True):
    """A list to ask for: of one group, else of the subscription. `wanted` are the VMs that it is asked for."""

    subscription: str
    group: str | None
    wanted: frozenset[ResourceId]
    kind: VmKind = VmKind.VM

    @property
    def worth_vms(self) -> int:
        """How many VMs may go by before the list has cost as many requests as reading those wanted."""
        return len(self.wanted) * _IN_A_PAGE


def lists_for(vms: Iterable[ResourceId]) -> tuple[VmList, ...]:
    """Return the lists to ask for so that at most a handful of a subscription's VMs are left to read one by one.

    That is one list for each subscription and kind of which more are wanted: of the group that has all of them but a
    handful, where there is one, else of the subscription.
    """
    alike: defaultdict[tuple[str, VmKind], set[ResourceId]] = defaultdict(set)
    for vm in vms:
        alike[vm.subscription.lower(), kind_of(vm)].add(vm)
    return tuple(_list_for(its, kind) for (_, kind), its in alike.items() if len(its) > HANDFUL)


def _list_for(vms: set[ResourceId], kind: VmKind) -> VmList:
    ((group, number),) = Counter(vm.group.lower() for vm in vms).most_common(1)
    of_group = sorted(vm for vm in vms if vm.group.lower() == group)
    if number > HANDFUL and len(vms) - number <= HANDFUL:
        return VmList(of_group[0].subscription, of_group[0].group, frozenset(of_group), kind)
    return VmList(of_group[0].subscription, None, frozenset(vms), kind)
