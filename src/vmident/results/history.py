"""What use cases return of the history of VMs, frozen as `results`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from vmident.core.history.entries import HistoryEntry
    from vmident.results.changes import VmView


class HistoryReport(Struct, frozen=True):
    """Changes of identities, the newest first; `older` counts those that a limit leaves out.

    `vms` has each VM that was asked about, with the reason where it was not found.
    """

    entries: tuple[HistoryEntry, ...]
    vms: tuple[VmView, ...]
    older: int = 0
