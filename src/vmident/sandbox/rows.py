"""What the sandbox remembers, as rows of JSON, within one transaction of `vmident.sandbox.store.Store`.

Knows nothing of Azure beyond that resources have a kind, a group and a name, and that the case of both does not matter.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vmident.sandbox.token_bucket import Level

if TYPE_CHECKING:
    import sqlite3

_KEPT_SECONDS = 86_400.0
_CHANGES_KEPT_SECONDS = 14 * 86_400.0

SCHEMA = """
CREATE TABLE resources (
    serial INTEGER PRIMARY KEY, kind TEXT NOT NULL, group_key TEXT NOT NULL, name_key TEXT NOT NULL,
    made REAL NOT NULL, deleted REAL, record TEXT NOT NULL
);
CREATE UNIQUE INDEX living ON resources (kind, group_key, name_key) WHERE deleted IS NULL;
CREATE INDEX named ON resources (kind, name_key) WHERE deleted IS NULL;
CREATE TABLE operations (name TEXT PRIMARY KEY, ends REAL NOT NULL, running INTEGER NOT NULL, record TEXT NOT NULL);
CREATE INDEX running_operations ON operations (ends) WHERE running = 1;
CREATE TABLE clock (latest REAL NOT NULL);
CREATE TABLE buckets (name TEXT PRIMARY KEY, tokens REAL NOT NULL, at REAL NOT NULL);
"""

Record = dict[str, Any]


class Rows:
    """The rows, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._written: dict[tuple[str, str, str], Record | None] = {}

    def find(self, kind: str, group: str, name: str) -> Record | None:
        """Read one living resource."""
        row = self._connection.execute(
            "SELECT record FROM resources WHERE kind=? AND group_key=? AND name_key=? AND deleted IS NULL",
            (kind, group.lower(), name.lower()),
        ).fetchone()
        return json.loads(row[0]) if row else None

    def held(self, kind: str, group: str, name: str) -> Record:
        """Read one living resource that must be there; raises `KeyError` where it is not."""
        found = self.find(kind, group, name)
        if found is None:
            raise KeyError(name)
        return found

    def add(self, kind: str, group: str, name: str, record: Record, *, made: float) -> None:
        """Write a resource that is not there yet."""
        self._note(kind, group, name)
        self._connection.execute(
            "INSERT INTO resources (kind, group_key, name_key, made, record) VALUES (?, ?, ?, ?, ?)",
            (kind, group.lower(), name.lower(), made, json.dumps(record)),
        )

    def replace(self, kind: str, group: str, name: str, record: Record) -> None:
        """Write a resource that is there."""
        self._note(kind, group, name)
        self._connection.execute(
            "UPDATE resources SET record=? WHERE kind=? AND group_key=? AND name_key=? AND deleted IS NULL",
            (json.dumps(record), kind, group.lower(), name.lower()),
        )

    def soft_delete(self, kind: str, group: str, name: str, *, deleted: float) -> None:
        """Delete a resource, and keep what it was for those who look late."""
        self._note(kind, group, name)
        self._connection.execute(
            "UPDATE resources SET deleted=? WHERE kind=? AND group_key=? AND name_key=? AND deleted IS NULL",
            (deleted, kind, group.lower(), name.lower()),
        )

    def deletion_time(self, kind: str, group: str, name: str) -> float | None:
        """Return when a resource was last deleted (epoch seconds); `None` if it was not, or more than a day ago."""
        row = self._connection.execute(
            "SELECT max(deleted) FROM resources WHERE kind=? AND group_key=? AND name_key=?",
            (kind, group.lower(), name.lower()),
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def take_written(self) -> dict[tuple[str, str, str], Record | None]:
        """Return what was written since the last call, by kind, group and name, each with what was there before."""
        written, self._written = self._written, {}
        return written

    def _note(self, kind: str, group: str, name: str) -> None:
        key = (kind, group.lower(), name.lower())
        if key not in self._written:
            self._written[key] = self.find(kind, group, name)

    def page(self, kind: str, group: str | None, after: tuple[str, str], limit: int) -> list[Record]:
        """List living resources in the order of group and name, in one group or in all, after a (group, name)."""
        rows = self._connection.execute(
            "SELECT record FROM resources WHERE kind=? AND deleted IS NULL AND (? IS NULL OR group_key=?) "
            "AND (group_key, name_key) > (?, ?) ORDER BY group_key, name_key LIMIT ?",
            (kind, group, group and group.lower(), after[0].lower(), after[1].lower(), limit),
        )
        return [json.loads(row[0]) for row in rows]

    def every(self, kind: str, group: str | None = None) -> list[Record]:
        """List all living resources of a kind, in one group or in all, in the order of group and name."""
        query = "SELECT record FROM resources WHERE kind=? AND deleted IS NULL"
        where: tuple[str, ...] = (kind,)
        if group is not None:
            query, where = f"{query} AND group_key=?", (kind, group.lower())
        rows = self._connection.execute(f"{query} ORDER BY group_key, name_key", where)
        return [json.loads(row[0]) for row in rows]

    def every_with_time(self, kind: str, group: str | None = None) -> list[tuple[Record, float]]:
        """List as `every` does, each with the moment when it was made (epoch seconds)."""
        query = (
            "SELECT record, made FROM resources WHERE kind=? AND deleted IS NULL AND (? IS NULL OR group_key=?) "
            "ORDER BY group_key, name_key"
        )
        rows = self._connection.execute(query, (kind, group, group and group.lower()))
        return [(json.loads(record), made) for record, made in rows]

    def below(self, group: str) -> list[tuple[str, Record]]:
        """List all living rows of a group, each with its kind."""
        query = "SELECT kind, record FROM resources WHERE group_key=? AND deleted IS NULL"
        return [(kind, json.loads(record)) for kind, record in self._connection.execute(query, (group.lower(),))]

    def named(self, kind: str, name: str) -> Record | None:
        """Read the living resource of a name, whatever its group; for kinds whose names are not used twice."""
        row = self._connection.execute(
            "SELECT record FROM resources WHERE kind=? AND name_key=? AND deleted IS NULL", (kind, name.lower())
        ).fetchone()
        return json.loads(row[0]) if row else None

    def as_of(self, kind: str, moment: float) -> list[Record]:
        """List the resources that were there at a moment in the past, with what is known of them now."""
        rows = self._connection.execute(
            "SELECT record FROM resources WHERE kind=? AND made <= ? AND (deleted IS NULL OR deleted > ?)",
            (kind, moment, moment),
        )
        return [json.loads(row[0]) for row in rows]

    def count(self, kind: str) -> int:
        """Count the living resources of a kind."""
        query = "SELECT count(*) FROM resources WHERE kind=? AND deleted IS NULL"
        return int(self._connection.execute(query, (kind,)).fetchone()[0])

    def find_operation(self, name: str) -> Record | None:
        """Read one operation, running or ended."""
        row = self._connection.execute("SELECT record FROM operations WHERE name=?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def write_operation(self, name: str, record: Record, *, ends: float, running: bool) -> None:
        """Write one operation; `ends` and `running` say when it is due."""
        self._connection.execute(
            "INSERT OR REPLACE INTO operations (name, ends, running, record) VALUES (?, ?, ?, ?)",
            (name, ends, int(running), json.dumps(record)),
        )

    def due_operations(self, now: float) -> list[Record]:
        """List the running operations whose end has come, earliest first."""
        query = "SELECT record FROM operations WHERE running=1 AND ends <= ? ORDER BY ends, name"
        return [json.loads(row[0]) for row in self._connection.execute(query, (now,))]

    def running_operations(self, target: list[str]) -> list[Record]:
        """List the running operations on one resource: its kind, group and name."""
        every = self._connection.execute("SELECT record FROM operations WHERE running=1")
        found = (json.loads(row[0]) for row in every)
        return [one for one in found if [word.lower() for word in one["target"]] == [word.lower() for word in target]]

    def count_running_operations(self) -> int:
        """Count the operations that have not ended."""
        return int(self._connection.execute("SELECT count(*) FROM operations WHERE running=1").fetchone()[0])

    def forget_before(self, now: float) -> None:
        """Delete what is no longer read: operations and graves a day old, changes of 14 days, full buckets."""
        moment = now - _KEPT_SECONDS
        self._connection.execute(
            "DELETE FROM resources WHERE kind='change' AND made < ?", (now - _CHANGES_KEPT_SECONDS,)
        )
        self._connection.execute("DELETE FROM resources WHERE deleted < ?", (moment,))
        self._connection.execute("DELETE FROM operations WHERE running=0 AND ends < ?", (moment,))
        self._connection.execute("DELETE FROM buckets WHERE at < ?", (moment,))

    def level(self, bucket: str) -> Level | None:
        """Read a bucket's level; None for one never drawn from."""
        row = self._connection.execute("SELECT tokens, at FROM buckets WHERE name=?", (bucket,)).fetchone()
        return Level(row[0], row[1]) if row else None

    def write_level(self, bucket: str, level: Level) -> None:
        """Write a bucket's level."""
        self._connection.execute(
            "INSERT OR REPLACE INTO buckets (name, tokens, at) VALUES (?, ?, ?)",
            (bucket, level.tokens, level.at_seconds),
        )

    def latest_time(self) -> float | None:
        """Read the latest time that was written; None in a new file."""
        row = self._connection.execute("SELECT latest FROM clock").fetchone()
        return float(row[0]) if row else None

    def write_latest_time(self, seconds: float) -> None:
        """Write the latest time, in epoch seconds."""
        self._connection.execute("DELETE FROM clock")
        self._connection.execute("INSERT INTO clock (latest) VALUES (?)", (seconds,))

    def clear(self) -> None:
        """Forget everything."""
        for table in ("resources", "operations", "buckets", "clock"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are those above
