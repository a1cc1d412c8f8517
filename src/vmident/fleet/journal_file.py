"""The file of the journal: opened at first use, brought up to date, shared by threads and processes, closed once.

SQLite's write-ahead log, synchronised at every commit, keeps what was committed through a kill and a power cut alike
(source: SQLite's 'Write-Ahead Logging' and 'PRAGMA synchronous'). Knows nothing of what its rows mean.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vmident.errors import BadResourceId, JournalUnusable
from vmident.private_files import create_private

if TYPE_CHECKING:
    import sqlite3

_VERSION = 3
_APPLICATION_ID = 0x766D6A6E  # 'vmjn'
_BUSY_SECONDS = 60.0
_CLOSES_AFTER_SECONDS = 5.0
_SCHEMA = """
CREATE TABLE runs (
    serial INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, began REAL NOT NULL,
    ended REAL, command TEXT NOT NULL, cloud TEXT NOT NULL, endpoint TEXT NOT NULL, caller_name TEXT, caller_id TEXT,
    undoes TEXT, failures TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE entries (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, position INTEGER NOT NULL, vm TEXT NOT NULL,
    stage TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (run, vm)
) WITHOUT ROWID
"""
_FROM_VERSION = {
    1: "ALTER TABLE runs ADD COLUMN failures TEXT NOT NULL DEFAULT '[]'",
    2: "",  # Entries are read in both forms; the number keeps programs of before from reading the new one.
}


class JournalFile:
    """One SQLite file. Every method raises `JournalUnusable` where it cannot be used, and after `close`.

    Worker threads write while the command's own thread may already be on its way out. SQLite crashes the process when a
    connection is closed under a statement, so `close` refuses whatever comes later, and waits for the lock.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.RLock()
        self._opened: sqlite3.Connection | None = None
        self._is_closed = False

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold one transaction: on disk where the block ends, undone where it raises."""
        with self._lock, self._with_message():
            rows = self._open()
            rows.execute("BEGIN IMMEDIATE")
            try:
                yield rows
            except BaseException:
                rows.rollback()
                raise
            rows.execute("COMMIT")

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read; a file that may not be written to is read all the same."""
        import sqlite3

        with self._lock, self._with_message():
            try:
                rows = self._open()
            except (sqlite3.OperationalError, OSError):
                with contextlib.closing(self._open_read_only()) as unwritable:
                    yield unwritable
                return
            yield rows

    def close(self) -> None:
        """Refuse every later use, and close the file; where a worker does not let go of it, the process's end does."""
        self._is_closed = True
        if self._lock.acquire(timeout=_CLOSES_AFTER_SECONDS):
            try:
                self._drop()
            finally:
                self._lock.release()

    def _drop(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _open(self) -> sqlite3.Connection:
        if self._is_closed:
            raise self._unusable("vmident is ending")
        if self._opened is None:
            import sqlite3

            # Not left to SQLite, whose files get the mode of the umask; its log gets the mode of this file.
            create_private(self._file)
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

    def _open_read_only(self) -> sqlite3.Connection:
        """Open a file that may not be written to, or nothing where there is none; raises what keeps it from being read.

        SQLite reads a write-ahead log only where it may make the files beside it. Where these cannot be made and no log
        was left, the file alone is whole, and no other process can be writing to it.
        """
        import sqlite3

        if not self._file.exists():
            return _made_anew(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
        address, log = self._file.absolute().as_uri(), self._file.with_name(f"{self._file.name}-wal")
        ways = [f"{address}?mode=ro"]
        if not log.exists() or log.stat().st_size == 0:
            ways.append(f"{address}?mode=ro&immutable=1")
        for way in ways:
            connection = sqlite3.connect(way, uri=True, isolation_level=None, check_same_thread=False)
            try:
                self._check_version(connection)
            except BaseException as failure:
                connection.close()
                if way is ways[-1] or not isinstance(failure, sqlite3.OperationalError):
                    raise
            else:
                return connection
        raise AssertionError

    def _prepare(self, rows: sqlite3.Connection) -> None:
        import sqlite3

        with contextlib.suppress(sqlite3.OperationalError):
            # Refused at once while another process opens the file too; without it the file is as safe, and slower.
            rows.execute("PRAGMA journal_mode=WAL")
        rows.execute("PRAGMA synchronous=FULL")
        rows.execute("PRAGMA foreign_keys=ON")
        rows.execute("BEGIN IMMEDIATE")
        if not rows.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            _made_anew(rows)
        else:
            for older in range(self._check_version(rows), _VERSION):
                rows.execute(_FROM_VERSION[older])
            rows.execute(f"PRAGMA user_version={_VERSION}")
        rows.execute("COMMIT")

    def _check_version(self, rows: sqlite3.Connection) -> int:
        application = rows.execute("PRAGMA application_id").fetchone()[0]
        version: int = rows.execute("PRAGMA user_version").fetchone()[0]
        if application != _APPLICATION_ID or not 1 <= version <= _VERSION:
            raise self._unusable("it was written by another version of vmident, or by another program")
        return version

    @contextlib.contextmanager
    def _with_message(self) -> Iterator[None]:
        import sqlite3

        try:
            yield
        except (sqlite3.Error, OSError) as failed:
            self._drop()
            reason = failed.strerror if isinstance(failed, OSError) else str(failed)
            raise self._unusable(str(reason)) from failed
        except (ValueError, KeyError, TypeError, BadResourceId) as strange:
            raise self._unusable("it contains unexpected data") from strange

    def _unusable(self, reason: str) -> JournalUnusable:
        return JournalUnusable(
            f"The journal of runs, '{self._file}', cannot be used: {reason}.",
            hint="Move the file away, or set VMIDENT_STATE_DIR to a writable folder.",
        )


def _made_anew(rows: sqlite3.Connection) -> sqlite3.Connection:
    for statement in _SCHEMA.split(";"):
        rows.execute(statement)
    rows.execute(f"PRAGMA application_id={_APPLICATION_ID}")
    rows.execute(f"PRAGMA user_version={_VERSION}")
    return rows
