"""Find and read the VMs that a command names: where they are many by lists, else one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from vmident.core.batch_reads import HANDFUL, VmList, lists_for
from vmident.core.resource_id import ResourceId, looks_like_id
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import BadResourceId, VmidentError
from vmident.usecases.resolve.vms import Where, find_vm, the_only_vm

if TYPE_CHECKING:
    from vmident.ports.azure import VirtualMachines


class VmBatch:
    """The VMs that words name; `words` are checked, `where` is needed for those that are not IDs.

    A list is asked for when the first of its VMs is wanted, and once. It only spares requests: where it cannot be had,
    or lacks a VM, the VM is found and read as if it were named alone, and fails as it would then.
    """

    def __init__(self, words: Sequence[str], where: Where | None, machines: VirtualMachines) -> None:
        self._where = where
        self._machines = machines
        self._ids = dict(_parsed(words))
        self._names = [word for word in words if not looks_like_id(word)]
        self._names_are_listed = len(self._names) > HANDFUL
        self._by_name: Mapping[str, set[ResourceId]] | None = None
        self._listed: dict[ResourceId, VirtualMachine] = {}
        self._tried: set[ResourceId] = set()
        self._lists = self._worth_asking_for()

    def find(self, word: str) -> ResourceId:
        """Return the id of the VM that one of the words means; raises as `find_vm` does."""
        if word in self._ids:
            return self._ids[word]
        if looks_like_id(word):
            return ResourceId.parse(word)
        where = self._where
        assert where is not None, word
        if where.group and len(where.kinds) == 1:
            subscription, group, kind = where.subscription(), where.group, where.kinds[0]
            self._ids |= {name: kind.id_of(subscription, group, name) for name in self._names}
            self._lists = self._worth_asking_for()
        else:
            self._ids[word] = self._found_by_name(word, where)
        return self._ids[word]

    def listed(self, vm: ResourceId) -> VirtualMachine | None:
        """Return the VM as a list has it; `None` where it has to be read by itself."""
        if vm in self._lists and vm not in self._tried:
            self._ask_for(self._lists[vm])
        return self._listed.get(vm)

    def _worth_asking_for(self) -> Mapping[ResourceId, VmList]:
        untried = (vm for vm in self._ids.values() if vm not in self._tried)
        return {vm: one for one in lists_for(untried) for vm in one.wanted}

    def _ask_for(self, one: VmList) -> None:
        self._tried |= one.wanted
        lacking = set(one.wanted)
        try:
            for number, machine in enumerate(self._machines.list(one.subscription, one.group, one.kind), start=1):
                if isinstance(machine, VirtualMachine) and machine.id in lacking:
                    self._listed[machine.id] = machine
                    lacking.remove(machine.id)
                if not lacking or number == one.worth_vms:
                    return
        except VmidentError as failure:
            if failure.ends_run:
                raise
            # Each is read by itself, and says what is wrong with it.
            return

    def _found_by_name(self, word: str, where: Where) -> ResourceId:
        if self._names_are_listed:
            try:
                by_name = self._all_by_name(where)
            except VmidentError as failure:
                if failure.ends_run:
                    raise
                self._names_are_listed = False
            else:
                return the_only_vm(word, sorted(by_name.get(word.lower(), ())), where, self._machines)
        return find_vm(word, where, self._machines)

    def _all_by_name(self, where: Where) -> Mapping[str, set[ResourceId]]:
        """List the whole subscription once: a name may be there twice."""
        if self._by_name is None:
            wanted: Iterable[str] = {name.lower() for name in self._names}
            by_name = defaultdict[str, set[ResourceId]](set)
            subscription = where.subscription()
            for machine in chain.from_iterable(self._machines.list(subscription, kind=one) for one in where.kinds):
                if isinstance(machine, VirtualMachine) and machine.id.name.lower() in wanted:
                    by_name[machine.id.name.lower()].add(machine.id)
                    self._listed[machine.id] = machine
            self._by_name = by_name
        return self._by_name


def _parsed(words: Iterable[str]) -> Iterator[tuple[str, ResourceId]]:
    """Parse the words that are ids; one that is none, as Azure may list it, fails when it is looked for."""
    for word in filter(looks_like_id, words):
        with suppress(BadResourceId):
            yield word, ResourceId.parse(word)
