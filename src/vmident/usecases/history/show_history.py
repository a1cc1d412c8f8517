"""Show the changes to the identities of VMs, with their time and author."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from vmident.core.history.entries import history_of
from vmident.core.resource_id import ResourceId, looks_like_id
from vmident.core.shell import command_line
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import AzureErrorResponse, AzureUnavailable, NotAllowed, NotFound, VmidentError
from vmident.results.changes import VmView
from vmident.results.history import HistoryReport
from vmident.usecases.history.own_runs import with_own_runs
from vmident.usecases.resolve.vm_batch import VmBatch
from vmident.usecases.resolve.vms import not_found_with_near_names

if TYPE_CHECKING:
    from vmident.core.history.resource_change import ResourceChange
    from vmident.ports.azure import VirtualMachines
    from vmident.ports.ports import Ports
    from vmident.usecases.resolve.vms import Where


_UNREADABLE = (AzureErrorResponse, NotAllowed, AzureUnavailable)
_PROBLEM = "The history could not be read from Resource Graph"
_NO_VM = frozenset({NotFound.default_code, "ResourceNotFound", "ResourceGroupNotFound"})


class DeletionsOf(Struct, frozen=True):
    """Where deleted VMs are looked for: in a resource group, else in whole subscriptions; `()` is the one in use."""

    group: str | None = None
    subscriptions: Sequence[str] = ()


class HistoryQuestion(Struct, frozen=True):
    """Which changes are asked for: since a moment (epoch seconds), the newest `limit`; `None` for all.

    `deletions_of` adds the VMs that were deleted there.
    """

    since_seconds: float | None = None
    limit: int | None = None
    deletions_of: DeletionsOf | None = None


def show_history(
    words: Sequence[str | VirtualMachine], where: Where, ports: Ports, question: HistoryQuestion
) -> HistoryReport:
    """Read the changes of every VM that `words` name; one that is not found does not stop the others.

    A deleted VM has a history too, and its ID is enough: a VM is looked for only where nothing is known of it. Raises
    what asking Resource Graph raises, as nothing else has the history.
    """
    words = [*words, *map(str, _deleted(question.deletions_of, where, ports, question))]
    named = VmBatch([one for one in words if isinstance(one, str)], where, ports.machines)
    found: dict[ResourceId, VmView] = {}
    failed: list[VmView] = []
    for word in words:
        if isinstance(word, VirtualMachine):
            found[word.id] = VmView(str(word.id), word)
            continue
        try:
            found[named.find(word)] = VmView(word)
        except VmidentError as failure:
            if failure.ends_run:
                raise
            failed.append(VmView(word, error=_with_ids_of_deleted(word, failure)))
    entries = history_of(_read(tuple(found), ports, question)) if found else ()
    changed = {entry.vm for entry in entries}
    there = [
        view if view.machine or vm in changed else _checked(vm, view, named, ports.machines)
        for vm, view in found.items()
    ]
    kept = entries[: question.limit]
    return HistoryReport(with_own_runs(kept, ports.journal), (*there, *failed), len(entries) - len(kept))


def _deleted(place: DeletionsOf | None, where: Where, ports: Ports, question: HistoryQuestion) -> Sequence[ResourceId]:
    if place is None:
        return ()
    subscriptions = place.subscriptions or (where.subscription(),)
    try:
        return ports.resource_changes.deleted(subscriptions, place.group, where.kinds, question.since_seconds)
    except _UNREADABLE as failure:
        raise failure.with_message(f"{_PROBLEM}: {failure.message}") from failure


def _with_ids_of_deleted(word: str, failure: VmidentError) -> VmidentError:
    """Add that a deleted VM has a history by its ID, to the error of a name that no VM has."""
    if looks_like_id(word) or failure.code not in _NO_VM:
        return failure
    return failure.with_message(
        failure.message, hint=f"{failure.hint}\nIf it was deleted, use its resource ID: vmident history ID"
    )


def _read(vms: Sequence[ResourceId], ports: Ports, question: HistoryQuestion) -> tuple[ResourceChange, ...]:
    try:
        return tuple(ports.resource_changes.of(vms, question.since_seconds))
    except _UNREADABLE as failure:
        look = command_line("az", "monitor", "activity-log", "list", "--resource-id", vms[0])
        raise failure.with_message(
            f"{_PROBLEM}: {failure.message}",
            hint=f"To see the operations in the activity log instead: {look}",
        ) from failure


def _checked(vm: ResourceId, view: VmView, named: VmBatch, machines: VirtualMachines) -> VmView:
    """Return a VM of which no change is known as it is, or that it does not exist."""
    try:
        return VmView(view.vm, named.listed(vm) or machines.read(vm))
    except NotFound as missing:
        near = not_found_with_near_names(view.vm, vm, missing, machines)
        return VmView(view.vm, error=_with_ids_of_deleted(view.vm, near))
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return VmView(view.vm, error=failure)
