"""The journal: every run in one SQLite file, each step on disk before the next is taken.

SQLite's write-ahead log, synchronised at every commit, keeps what was committed through a kill and a power cut alike
(source: SQLite's 'Write-Ahead Logging' and 'PRAGMA synchronous'). Knows nothing of Azure, nor of what a step means.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId
from vmident.core.run_record import IdentityDeletion, Origin, RunEntry, RunRecord, Stage
from vmident.core.shell import command_line
from vmident.errors import BadResourceId, JournalUnusable, NotFound, TakenOver
from vmident.fleet.entry_codec import as_text, deletion_as_text, deletion_in, entry_in

if TYPE_CHECKING:
    import sqlite3

RUNS_KEPT = 1_000
_VERSION = 1
_APPLICATION_ID = 0x766D6A6E  # 'vmjn'
_BUSY_SECONDS = 60.0
_SCHEMA = """
CREATE TABLE runs (
    serial INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, began REAL NOT NULL,
    ended REAL, command TEXT NOT NULL, cloud TEXT NOT NULL, endpoint TEXT NOT NULL, caller_name TEXT, caller_id TEXT,
    undoes TEXT
);
CREATE TABLE entries (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, position INTEGER NOT NULL, vm TEXT NOT NULL,
    stage TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (run, vm)
) WITHOUT ROWID
"""
# The identities that a run deletes follow its VMs in the same table.
_STAGES = "SELECT run, stage, vm LIKE '%/providers/microsoft.managedidentity/%', count(*) FROM entries GROUP BY 1, 2, 3"
_ENTRIES = (
    "SELECT vm LIKE '%/providers/microsoft.managedidentity/%', record, stage FROM entries WHERE run=? ORDER BY position"
)
_HEAD = "SELECT id, began, ended, command, cloud, endpoint, caller_name, caller_id, undoes FROM runs"


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
        self._file = file
        self._origin = origin
        self._now = now
        self._new_uuid = new_uuid
        self._owner = new_uuid()
        self._lock = threading.RLock()
        self._opened: sqlite3.Connection | None = None
        self._begun: str | None = None

    def begin(
        self, entries: Sequence[RunEntry], undoes: str | None = None, deletions: Sequence[IdentityDeletion] = ()
    ) -> str:
        """Put a new run and all its VMs on record, and forget the oldest beyond `RUNS_KEPT`; gives its id."""
        origin = self._origin()
        kept: tuple[RunEntry | IdentityDeletion, ...] = (*entries, *deletions)
        with self._writing() as rows:
            run = self._unused_id(rows)
            rows.execute(
                "INSERT INTO runs (id, owner, began, command, cloud, endpoint, caller_name, caller_id, undoes)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                ),
            )
            rows.executemany(
                "INSERT INTO entries (run, position, vm, stage, record) VALUES (?, ?, ?, ?, ?)",
                [(run, at, *_row(one)) for at, one in enumerate(kept)],
            )
            rows.execute(
                "DELETE FROM runs WHERE serial <= (SELECT serial FROM runs ORDER BY serial DESC LIMIT 1 OFFSET ?)",
                (RUNS_KEPT,),
            )
        self._begun = run
        return run

    def put(self, run: str, entry: RunEntry | IdentityDeletion) -> None:
        """Put on record how far a VM or the deletion of an identity has come.

        Raises `TakenOver` where another process has taken the run over.
        """
        key, stage, text = _row(entry)
        with self._writing() as rows:
            done = rows.execute(
                "UPDATE entries SET stage=?, record=? WHERE run=? AND vm=?"
                " AND EXISTS (SELECT 1 FROM runs WHERE id=? AND owner=?)",
                (stage, text, run, key, run, self._owner),
            )
            if not done.rowcount:
                raise TakenOver(
                    f"Another process has taken run {run} over, and '{key.rsplit('/', 1)[-1]}' with it.",
                    hint=f"See how it goes on: {command_line('vmident', 'runs', 'show', run)}",
                )

    def end(self, run: str) -> None:
        """Put on record that the process has come to the end of the run, where it is still its own."""
        with self._writing() as rows:
            rows.execute("UPDATE runs SET ended=? WHERE id=? AND owner=?", (self._now(), run, self._owner))

    def take_over(self, run: str) -> RunRecord:
        """Become the one process that goes on with a run: from here on no other can send on its behalf."""
        with self._writing() as rows:
            rows.execute("UPDATE runs SET owner=?, ended=NULL WHERE id=?", (self._owner, run))
        self._begun = run
        return self.read(run)

    def undo_history(self, vms: Collection[ResourceId]) -> Iterator[tuple[RunEntry, RunEntry]]:
        """Give what a run did to each of these VMs and what undoing it did, for every undoing, the oldest first."""
        wanted = {str(vm).lower() for vm in vms}
        with self._reading() as rows:
            pairs = rows.execute(
                "SELECT back.vm, done.record, done.stage, back.record, back.stage FROM runs"
                " JOIN entries AS back ON back.run = runs.id JOIN entries AS done"
                " ON done.run = runs.undoes AND done.vm = back.vm WHERE back.stage = 'done' ORDER BY runs.serial"
            )
            for vm, done, done_stage, back, back_stage in pairs:
                if vm in wanted:
                    yield entry_in(done, done_stage), entry_in(back, back_stage)

    def begun_here(self) -> RunRecord | None:
        """Read the run that this process has begun or taken over."""
        return self.read(self._begun) if self._begun else None

    def left_open(self) -> str | None:
        """Give the run that this process has begun or taken over, where there is something left to go on with."""
        record = self.begun_here()
        return record.id if record and record.status == "unfinished" else None

    def runs(self) -> Sequence[RunRecord]:
        """List the runs, the newest first, with counts in the place of their VMs."""
        with self._reading() as rows:
            counts: dict[str, dict[Stage, int]] = {}
            deletions: dict[str, set[Stage]] = {}
            for run, stage, is_deletion, count in rows.execute(_STAGES):
                if is_deletion:
                    deletions.setdefault(run, set()).add(Stage(stage))
                else:
                    counts.setdefault(run, {})[Stage(stage)] = count
            heads = rows.execute(f"{_HEAD} ORDER BY serial DESC").fetchall()
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
        with self._reading() as rows:
            head = rows.execute(f"{_HEAD} WHERE id=?", (run.strip().lower(),)).fetchone()
            if head is None:
                raise NotFound(
                    f"No run '{run}' is on record.", code="run-not-found", hint="See them: vmident runs list"
                )
            kept = rows.execute(_ENTRIES, (head[0],)).fetchall()
            return replace(
                _record(head),
                entries=tuple(entry_in(*row) for is_deletion, *row in kept if not is_deletion),
                deletions=tuple(deletion_in(*row) for is_deletion, *row in kept if is_deletion),
            )

    def last(self, endpoint: str) -> RunRecord:
        """Read the newest run that went to `endpoint`; raises `NotFound`."""
        with self._reading() as rows:
            query = "SELECT id FROM runs WHERE endpoint=? ORDER BY serial DESC LIMIT 1"
            found = rows.execute(query, (endpoint,)).fetchone()
        if found is None:
            raise NotFound(
                f"No run against {endpoint} is on record.", code="run-not-found", hint="See all: vmident runs list"
            )
        return self.read(found[0])

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _unused_id(self, rows: sqlite3.Connection) -> str:
        while True:
            run = self._new_uuid()[:8].lower()
            if rows.execute("SELECT 1 FROM runs WHERE id=?", (run,)).fetchone() is None:
                return run

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._said_plainly():
            rows = self._open()
            rows.execute("BEGIN IMMEDIATE")
            try:
                yield rows
            except BaseException:
                rows.rollback()
                raise
            rows.execute("COMMIT")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._said_plainly():
            yield self._open()

    def _open(self) -> sqlite3.Connection:
        if self._opened is None:
            import sqlite3

            _make_private(self._file)
            connection = sqlite3.connect(
                self._file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._opened = connection
        return self._opened

    def _prepare(self, rows: sqlite3.Connection) -> None:
        import sqlite3

        with contextlib.suppress(sqlite3.OperationalError):
            # Refused at once while another process opens the file too; without it the file is as safe, and slower.
            rows.execute("PRAGMA journal_mode=WAL")
        rows.execute("PRAGMA synchronous=FULL")
        rows.execute("PRAGMA foreign_keys=ON")
        rows.execute("BEGIN IMMEDIATE")
        application = rows.execute("PRAGMA application_id").fetchone()[0]
        version = rows.execute("PRAGMA user_version").fetchone()[0]
        if (application, version) != (_APPLICATION_ID, _VERSION):
            if rows.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise self._unusable("it was written by another version of vmident, or by another program")
            for statement in _SCHEMA.split(";"):
                rows.execute(statement)
            rows.execute(f"PRAGMA application_id={_APPLICATION_ID}")
            rows.execute(f"PRAGMA user_version={_VERSION}")
        rows.execute("COMMIT")

    @contextlib.contextmanager
    def _said_plainly(self) -> Iterator[None]:
        import sqlite3

        try:
            yield
        except (sqlite3.Error, OSError) as failed:
            self.close()
            reason = failed.strerror if isinstance(failed, OSError) else str(failed)
            raise self._unusable(str(reason)) from failed
        except (ValueError, KeyError, TypeError, BadResourceId) as strange:
            raise self._unusable("it holds what vmident does not write") from strange

    def _unusable(self, reason: str) -> JournalUnusable:
        return JournalUnusable(
            f"The journal of runs, '{self._file}', cannot be used: {reason}.",
            hint="Free the file or move it away, or name a folder that you may write to in VMIDENT_STATE_DIR.",
        )


def _row(entry: RunEntry | IdentityDeletion) -> tuple[str, str, str]:
    """Return what the table keeps: the id in lower case, the stage and the record."""
    if isinstance(entry, IdentityDeletion):
        return str(entry.identity).lower(), entry.stage.value, deletion_as_text(entry)
    return str(entry.vm).lower(), entry.stage.value, as_text(entry)


def _record(head: Sequence[Any]) -> RunRecord:
    run, began, ended, command, cloud, endpoint, caller_name, caller_id, undoes = head
    return RunRecord(run, began, ended, Origin(command, cloud, endpoint, caller_name, caller_id), undoes)


def _make_private(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made here and not by SQLite, so that nobody else can read it even for a moment; its log gets the same rights.
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
