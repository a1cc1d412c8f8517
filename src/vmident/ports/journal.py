"""The record of runs, for resume and undo."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vmident.core.resource_id import ResourceId
    from vmident.core.run_record import EarlyFailure, IdentityDeletion, RunEntry, RunRecord


class Journal(Protocol):
    """What is kept of runs. Every method raises `JournalUnusable` where the record cannot be read or written."""

    def begin(
        self,
        entries: Sequence[RunEntry],
        undoes: str | None = None,
        deletions: Sequence[IdentityDeletion] = (),
        failures: Sequence[EarlyFailure] = (),
    ) -> str:
        """Record a new run with all its VMs before anything is sent; returns its id, such as `3f2a9c1e`."""
        ...

    def put(self, run: str, entry: RunEntry | IdentityDeletion) -> None:
        """Record the progress of a VM or of the deletion of an identity; on disk when it returns.

        Raises `TakenOver`.
        """
        ...

    def end(self, run: str) -> None:
        """Record the end of the run."""
        ...

    def undo_history(self, vms: Collection[ResourceId]) -> Iterator[tuple[RunEntry, RunEntry]]:
        """Return what a run did to each of these VMs and what undoing it did, for every undoing, the oldest first."""
        ...

    def vms_of(self, runs: Collection[str]) -> Mapping[str, frozenset[ResourceId]]:
        """Return the VMs of these runs, by the ID of the run; runs that are not on record are left out."""
        ...

    def undone(self, runs: Collection[str]) -> frozenset[str]:
        """Return which of these runs a later run on record undid."""
        ...

    def take_over(self, run: str) -> RunRecord:
        """Take over a run; `put` in any other process raises `TakenOver` from here on."""
        ...
