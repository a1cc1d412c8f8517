"""Mark the changes that were made by runs of this machine's journal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vmident.errors import JournalUnusable

if TYPE_CHECKING:
    from vmident.core.history.entries import HistoryEntry
    from vmident.ports.journal import Journal


def with_own_runs(entries: Iterable[HistoryEntry], journal: Journal) -> tuple[HistoryEntry, ...]:
    """Return the entries, those by vmident runs with whether the journal has that run with that VM, and an undo of it.

    A journal that cannot be read leaves it unknown: the history itself is Azure's.
    """
    listed = tuple(entries)
    runs = {entry.run for entry in listed if entry.run}
    if not runs:
        return listed
    try:
        recorded = journal.vms_of(runs)
        undone = journal.undone(runs)
    except JournalUnusable:
        return listed
    return tuple(
        replace(entry, is_recorded=entry.vm in recorded.get(entry.run, ()), is_undone=entry.run in undone)
        if entry.run
        else entry
        for entry in listed
    )
