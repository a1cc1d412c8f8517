"""A small table, and what a query makes of it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from vmident.sandbox.resource_graph.kql.errors import TableUnknown
from vmident.sandbox.resource_graph.kql.evaluator import evaluate
from vmident.sandbox.resource_graph.kql.operators import Table

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
COLUMNS = {"name": "string", "size": "long", "bag": "dynamic"}
ROWS: list[dict[str, Any]] = [
    {"name": "web", "size": 4, "bag": {"team": "blue", "ports": [80, 443], "on": True}},
    {"name": "db", "size": 8, "bag": {"team": "red", "ports": []}},
    {"name": "Web", "size": None, "bag": None},
    {"name": "", "size": 4, "bag": {"team": "blue", "ports": [22]}},
]
OWNERS = Table(
    {"team": "string", "owner": "string", "name": "string"},
    [
        {"team": "blue", "owner": "ann", "name": "x"},
        {"team": "blue", "owner": "bob", "name": "y"},
        {"team": "green", "owner": "eve", "name": "z"},
    ],
)


def run(query: str, rows: list[dict[str, Any]] | None = None, columns: dict[str, str] | None = None) -> Table:
    """Evaluate a query over the tables `T` and `owners`."""
    tables = {"t": Table(columns or COLUMNS, ROWS if rows is None else rows), "resources": Table(COLUMNS, ROWS)}
    tables["owners"] = OWNERS

    def named(name: str, _types: frozenset[str] | None) -> Table:
        if name.lower() not in tables:
            raise TableUnknown(name)
        return tables[name.lower()]

    return evaluate(query, named, NOW)[0]


def values(query: str) -> list[tuple[Any, ...]]:
    """Evaluate a query, and return the rows as tuples in the order of the columns."""
    table = run(query)
    return [tuple(row[name] for name in table.columns) for row in table.rows]


def value(expression: str, **columns: Any) -> Any:
    """Evaluate an expression over one row whose columns are dynamic."""
    kinds = dict.fromkeys(columns, "dynamic")
    (row,) = run(f"T | project found = {expression}", [columns], kinds).rows
    return row["found"]


def names(query: str) -> list[str]:
    """Return the column `name` of what a query makes."""
    return [row["name"] for row in run(query).rows]
