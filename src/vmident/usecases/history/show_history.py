"""Show what was changed of the identities of VMs, when and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from vmident.core.history.entries import history_of
from vmident.core.resource_id import ResourceId
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


class HistoryQuestion(Struct, frozen=True):
    """Which changes are asked for: since a moment (epoch seconds), the newest `limit`; `None` for all."""

    since_seconds: float | None = None
    limit: int | None = None


def show_history(
    words: Sequence[str | VirtualMachine], where: Where, ports: Ports, question: HistoryQuestion
) -> HistoryReport:
    """Read the changes of every VM that `words` name; one that is not found does not stop the others.

    A deleted VM has a history too, and its ID is enough: a VM is looked for only where nothing is known of it. Raises
    what asking Resource Graph raises, as nothing else has the history.
    """
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
            failed.append(VmView(word, error=failure))
    entries = history_of(_read(tuple(found), ports, question)) if found else ()
    changed = {entry.vm for entry in entries}
    there = [
        view if view.machine or vm in changed else _checked(vm, view, named, ports.machines)
        for vm, view in found.items()
    ]
    kept = entries[: question.limit]
    return HistoryReport(with_own_runs(kept, ports.journal), (*there, *failed), len(entries) - len(kept))


def _read(vms: Sequence[ResourceId], ports: Ports, question: HistoryQuestion) -> tuple[ResourceChange, ...]:
    try:
        return tuple(ports.resource_changes.of(vms, question.since_seconds))
    except (AzureErrorResponse, NotAllowed, AzureUnavailable) as failure:
        look = command_line("az", "monitor", "activity-log", "list", "--resource-id", vms[0])
        raise failure.with_message(
            f"The history could not be read from Resource Graph: {failure.message}",
            hint=f"To see the operations in the activity log instead: {look}",
        ) from failure


def _checked(vm: ResourceId, view: VmView, named: VmBatch, machines: VirtualMachines) -> VmView:
    """Return a VM of which no change is known as it is, or that it does not exist."""
    try:
        return VmView(view.vm, named.listed(vm) or machines.read(vm))
    except NotFound as missing:
        return VmView(view.vm, error=not_found_with_near_names(view.vm, vm, missing, machines))
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return VmView(view.vm, error=failure)
