"""The journal: every run in one SQLite file, each step on disk before the next is taken.

Knows nothing of Azure, nor of what a step means: `core.run_record` does. A run is one row of `runs`; each VM of it is
one row of `entries`, which is replaced as the VM's stage changes. A row holds the whole entry as JSON, so that a
later version adds a member without a change of the tables, and the stage in a column of its own, so that `runs list`
counts stages without decoding ten thousand records.

Several processes share the file, each with a run of its own. A run belongs to the process that started it, until
another one takes it over:

    begin ──► owned by A ── put, put, … ── end ──► ended
                  │                          ▲
                  │ take_over by B           │
                  ▼                          │
              owned by B ── put, put, … ─────┘       from here on `put` by A raises `TakenOver`, and A sends no more

The owner is a random word that is compared in the transaction of each `put`. A process ID would not do: they are used
again, and the file may be on a disk that several machines share. The check and the write are one transaction, so that
no request of A can be put on record as sent once B has read the run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from vmident.core.naming import did_you_mean
from vmident.core.resource_id import ResourceId
from vmident.core.run_record import EarlyFailure, IdentityDeletion, Origin, RunEntry, RunRecord, Stage
from vmident.core.shell import command_line
from vmident.errors import NotFound, TakenOver
from vmident.fleet.entry_codec import as_text, deletion_as_text, deletion_in, entry_in
from vmident.fleet.journal_file import JournalFile

if TYPE_CHECKING:
    import sqlite3

RUNS_KEPT = 1_000
# The identities that a run deletes follow its VMs in the same table.
_STAGES = "SELECT run, stage, vm LIKE '%/providers/microsoft.managedidentity/%', count(*) FROM entries GROUP BY 1, 2, 3"
_ENTRIES = (
    "SELECT vm LIKE '%/providers/microsoft.managedidentity/%', record, stage FROM entries WHERE run=? ORDER BY position"
)


def run_ids(file: Path) -> list[str]:
    """Return the ids of the runs on record, the newest first; raises `JournalUnusable`."""
    if not file.exists():
        return []
    journal_file = JournalFile(file)
    try:
        with journal_file.reading() as rows:
            return [str(run) for (run,) in rows.execute("SELECT id FROM runs ORDER BY serial DESC")]
    finally:
        journal_file.close()


class SqliteJournal:
    """The `Journal` port in a file, opened at first use, shared by threads (a lock) and processes (SQLite's).

    `origin` is asked when a run begins. Every method raises `JournalUnusable` where the file cannot be used.
    """

    def __init__(
        self,
        file: Path,
        origin: Callable[[], Origin],
        *,
        now: Callable[[], float],
        new_uuid: Callable[[], str],
    ) -> None:
        self._rows = JournalFile(file)
        self._origin = origin
        self._now = now
        self._new_uuid = new_uuid
        self._owner = new_uuid()
        self._begun: str | None = None

    def begin(
        self,
        entries: Sequence[RunEntry],
        undoes: str | None = None,
        deletions: Sequence[IdentityDeletion] = (),
        failures: Sequence[EarlyFailure] = (),
    ) -> str:
        """Record a new run with all its VMs, and prune the oldest beyond `RUNS_KEPT`; returns its id.

        A run whose process has not come to its end is not forgotten, nor one of whose requests the outcome is unknown.
        """
        origin = self._origin()
        kept: tuple[RunEntry | IdentityDeletion, ...] = (*entries, *deletions)
        with self._rows.writing() as rows:
            run = self._unused_id(rows)
            rows.execute(
                "INSERT INTO runs (id, owner, began, command, cloud, endpoint, caller_name, caller_id, undoes,"
                " failures) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run,
                    self._owner,
                    self._now(),
                    origin.command,
                    origin.cloud,
                    origin.endpoint,
                    origin.caller_name,
                    origin.caller_id,
                    undoes,
                    json.dumps([(one.vm, one.error_code, one.error_message) for one in failures]),
                ),
            )
            rows.executemany(
                "INSERT INTO entries (run, position, vm, stage, record) VALUES (?, ?, ?, ?, ?)",
                [(run, at, *_row(one)) for at, one in enumerate(kept)],
            )
            rows.execute(
                "DELETE FROM runs WHERE serial <= (SELECT serial FROM runs ORDER BY serial DESC LIMIT 1 OFFSET ?)"
                " AND ended IS NOT NULL"
                " AND NOT EXISTS (SELECT 1 FROM entries WHERE run = runs.id AND stage IN ('sent', 'unknown'))",
                (RUNS_KEPT,),
            )
        self._begun = run
        return run

    def put(self, run: str, entry: RunEntry | IdentityDeletion) -> None:
        """Record the progress of a VM or of the deletion of an identity.

        Raises `TakenOver` where another process has taken the run over.
        """
        key, stage, text = _row(entry)
        with self._rows.writing() as rows:
            done = rows.execute(
                "UPDATE entries SET stage=?, record=? WHERE run=? AND vm=?"
                " AND EXISTS (SELECT 1 FROM runs WHERE id=? AND owner=?)",
                (stage, text, run, key, run, self._owner),
            )
            if not done.rowcount:
                raise TakenOver(
                    f"Run {run} was taken over by another process.",
                    hint=f"To see its progress: {command_line('vmident', 'runs', 'show', run)}",
                )

    def end(self, run: str) -> None:
        """Record the end of the run, unless another process has taken it over."""
        with self._rows.writing() as rows:
            rows.execute("UPDATE runs SET ended=? WHERE id=? AND owner=?", (self._now(), run, self._owner))

    def take_over(self, run: str) -> RunRecord:
        """Take over a run: no other process can send requests for it from here on."""
        with self._rows.writing() as rows:
            rows.execute("UPDATE runs SET owner=?, ended=NULL WHERE id=?", (self._owner, run))
        self._begun = run
        return self.read(run)

    def undo_history(self, vms: Collection[ResourceId]) -> Iterator[tuple[RunEntry, RunEntry]]:
        """Return what a run did to each of these VMs and what undoing it did, for every undoing, the oldest first."""
        wanted = {str(vm).lower() for vm in vms}
        with self._rows.reading() as rows:
            pairs = rows.execute(
                "SELECT back.vm, done.record, done.stage, back.record, back.stage FROM runs"
                " JOIN entries AS back ON back.run = runs.id JOIN entries AS done"
                " ON done.run = runs.undoes AND done.vm = back.vm WHERE back.stage = 'done' ORDER BY runs.serial"
            )
            for vm, done, done_stage, back, back_stage in pairs:
                if vm in wanted:
                    yield entry_in(done, done_stage), entry_in(back, back_stage)

    def vms_of(self, runs: Collection[str]) -> Mapping[str, frozenset[ResourceId]]:
        """Return the VMs of these runs, by the ID of the run; runs that are not on record are left out."""
        found: dict[str, set[ResourceId]] = {}
        with self._rows.reading() as rows:
            for one in runs:
                for run, vm in rows.execute("SELECT run, vm FROM entries WHERE run=?", (one,)):
                    found.setdefault(run, set()).add(ResourceId.parse(vm))
        return {run: frozenset(vms) for run, vms in found.items()}

    def undone(self, runs: Collection[str]) -> frozenset[str]:
        """Return which of these runs a later run undid, on every VM that it was to undo."""
        with self._rows.reading() as rows:
            found = rows.execute(
                "SELECT undoes FROM runs JOIN entries ON entries.run = runs.id WHERE undoes IS NOT NULL"
                " GROUP BY runs.id HAVING min(stage = 'done') = 1"
            )
            return frozenset(undoes for (undoes,) in found).intersection(runs)

    @property
    def begun(self) -> str | None:
        """The run that this process has begun or taken over."""
        return self._begun

    def begun_here(self) -> RunRecord | None:
        """Read the run that this process has begun or taken over."""
        return self.read(self._begun) if self._begun else None

    def left_open(self) -> str | None:
        """Return the run that this process has begun or taken over, where something is left to do."""
        record = self.begun_here()
        return record.id if record and record.status == "unfinished" else None

    def runs(self) -> Sequence[RunRecord]:
        """List the runs, the newest first, with counts in the place of their VMs."""
        with self._rows.reading() as rows:
            counts: dict[str, dict[Stage, int]] = {}
            deletions: dict[str, set[Stage]] = {}
            for run, stage, is_deletion, count in rows.execute(_STAGES):
                if is_deletion:
                    deletions.setdefault(run, set()).add(Stage(stage))
                else:
                    counts.setdefault(run, {})[Stage(stage)] = count
            heads = rows.execute(f"{_head_of(rows)} ORDER BY serial DESC").fetchall()
            return [
                replace(
                    _record(head),
                    counts=counts.get(head[0], {}),
                    deletion_stages=frozenset(deletions.get(head[0], ())),
                )
                for head in heads
            ]

    def read(self, run: str) -> RunRecord:
        """Read one run with all its VMs; raises `NotFound`."""
        with self._rows.reading() as rows:
            head = rows.execute(f"{_head_of(rows)} WHERE id=?", (run.strip().lower(),)).fetchone()
            if head is None:
                alike = did_you_mean(run, (one for (one,) in rows.execute("SELECT id FROM runs")))
                raise NotFound(
                    f"Run '{run}' not found.{alike}",
                    code="run-not-found",
                    hint="To see all runs: vmident runs list --all",
                )
            kept = rows.execute(_ENTRIES, (head[0],)).fetchall()
            return replace(
                _record(head),
                entries=tuple(entry_in(*row) for is_deletion, *row in kept if not is_deletion),
                deletions=tuple(deletion_in(*row) for is_deletion, *row in kept if is_deletion),
            )

    def last(self, endpoint: str) -> RunRecord:
        """Read the newest run that went to `endpoint`; raises `NotFound`."""
        with self._rows.reading() as rows:
            query = "SELECT id FROM runs WHERE endpoint=? ORDER BY serial DESC LIMIT 1"
            found = rows.execute(query, (endpoint,)).fetchone()
        if found is None:
            raise NotFound(
                f"No runs recorded for {endpoint}.",
                code="run-not-found",
                hint="To see the runs in other clouds: vmident runs list --all",
            )
        return self.read(found[0])

    def close(self) -> None:
        """Close the file; a worker that is still about to send something is refused from here on."""
        self._rows.close()

    def _unused_id(self, rows: sqlite3.Connection) -> str:
        while True:
            run = self._new_uuid()[:8].lower()
            if rows.execute("SELECT 1 FROM runs WHERE id=?", (run,)).fetchone() is None:
                return run


def _head_of(rows: sqlite3.Connection) -> str:
    # A file of version 1 that may not be written to stays one.
    failures = "failures" if rows.execute("PRAGMA user_version").fetchone()[0] > 1 else "'[]'"
    columns = f"id, began, ended, command, cloud, endpoint, caller_name, caller_id, undoes, {failures}"
    return f"SELECT {columns} FROM runs"  # noqa: S608 - two constants


def _row(entry: RunEntry | IdentityDeletion) -> tuple[str, str, str]:
    """Return what the table keeps: the id in lower case, the stage and the record."""
    if isinstance(entry, IdentityDeletion):
        return str(entry.identity).lower(), entry.stage.value, deletion_as_text(entry)
    return str(entry.vm).lower(), entry.stage.value, as_text(entry)


def _record(head: Sequence[Any]) -> RunRecord:
    run, began, ended, command, cloud, endpoint, caller_name, caller_id, undoes, failures = head
    origin = Origin(command, cloud, endpoint, caller_name, caller_id)
    failed = tuple(EarlyFailure(*one) for one in json.loads(failures))
    return RunRecord(run, began, ended, origin, undoes, failures=failed)
