"""The sandbox's file: SQLite, with one exclusive transaction for each request that writes."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING

from vmident.errors import SandboxUnusable
from vmident.private_files import create_private
from vmident.sandbox.rows import SCHEMA, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SCHEMA_VERSION = 4
_APPLICATION_ID = 0x766D6964  # 'vmid'
_BUSY_SECONDS = 60.0


_RESET = "To reset the sandbox: vmident sandbox reset"


class Store:
    """The file, opened at first use, shared by threads and by processes.

    Each thread has a connection of its own, so that reads of several threads do not wait for one another: the file is
    in SQLite's WAL mode, where a reader sees the last commit and a writer stops no reader. Writers of one process take
    turns by a lock, because SQLite's own waiting sleeps between its tries; those of several processes by SQLite's.
    """

    def __init__(self, file: Path, seed: Callable[[Rows], None]) -> None:
        self._file = file
        self._seed = seed
        self._lock = threading.RLock()
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Hold the whole store for one request: commits at the end, rolls back on any exception.

        Raises `SandboxUnusable`.
        """
        with self._lock, self._said_plainly():
            connection = self._open()
            with _begun(connection, "BEGIN IMMEDIATE"):
                yield Rows(connection)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Rows]:
        """Read what was committed last, beside writers and other readers; for requests that write nothing.

        Raises `SandboxUnusable`.
        """
        with self._said_plainly():
            connection = self._open()
            with _begun(connection, "BEGIN"):
                yield Rows(connection)

    def reset(self) -> None:
        """Go back to the seed, also from a file that cannot be read."""
        with self._lock:
            try:
                with self.transaction() as rows:
                    rows.clear()
                    self._seed(rows)
            except SandboxUnusable as unusable:
                if not unusable.is_mended_by_reset:
                    raise
                self.close()
                self._remove()
                with self.transaction():
                    pass

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened = []
            self._local = threading.local()

    def _open(self) -> sqlite3.Connection:
        """Return this thread's connection; `close` closes it from another one."""
        opened: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if opened is not None:
            return opened
        with self._lock:
            create_private(self._file)
            connection = sqlite3.connect(
                self._file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                # Every commit outlives the process; only a power cut could hurt the file, and `reset` mends that.
                connection.execute("PRAGMA synchronous=OFF")
                # A file of an older version, or on a disk without shared memory, works as it is.
                connection.execute("PRAGMA journal_mode=WAL")
                if not _is_prepared(connection):
                    with _begun(connection, "BEGIN IMMEDIATE"):
                        self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._opened.append(connection)
            self._local.connection = connection
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if _is_prepared(connection):
            return  # by another process, in the meantime
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            message = f"The sandbox's file '{self._file}' was written by another version of vmident."
            raise SandboxUnusable(message, hint=_RESET)
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        self._seed(Rows(connection))

    def _remove(self) -> None:
        try:
            for ending in ("", "-journal", "-wal", "-shm"):
                self._file.with_name(self._file.name + ending).unlink(missing_ok=True)
        except OSError as failed:
            raise SandboxUnusable(
                f"The sandbox's file '{self._file}' cannot be removed: {failed.strerror}.",
                hint="Close the program that uses the file, then reset the sandbox: vmident sandbox reset",
            ) from failed

    @contextlib.contextmanager
    def _said_plainly(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as failed:
            self.close()
            is_locked = "locked" in str(failed)
            raise SandboxUnusable(
                f"The sandbox's file '{self._file}' cannot be used: {failed}.",
                hint="Another process uses the file. Try again later." if is_locked else _RESET,
                is_mended_by_reset=not is_locked,
            ) from failed
        except OSError as failed:
            raise SandboxUnusable(
                f"The sandbox cannot write to '{self._file.parent}': {failed.strerror}.",
                hint="Set VMIDENT_SANDBOX_DIR to a writable folder.",
                is_mended_by_reset=False,
            ) from failed


def _is_prepared(connection: sqlite3.Connection) -> bool:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    return (application, version) == (_APPLICATION_ID, SCHEMA_VERSION)


@contextlib.contextmanager
def _begun(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        connection.rollback()  # nothing, where SQLite has rolled back by itself
        raise
    connection.execute("COMMIT")
