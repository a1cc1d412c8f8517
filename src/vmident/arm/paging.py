"""Lists that come in pages, and names looked up through Azure Resource Graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vmident.arm.connection import Connection
from vmident.arm.wire import unreadable
from vmident.core.resource_id import ResourceId
from vmident.errors import BadResourceId, VmidentError

RESOURCE_GRAPH = "2022-10-01"
_ROWS_AT_MOST = 1_000
"""Rows of a page: the most that Resource Graph gives (wire facts)."""


def pages(connection: Connection, path: str, api_version: str) -> Iterator[dict[str, Any]]:
    """Return the items of a list one by one, following `nextLink` as Azure gives it."""
    answer = connection.read(path, api_version)
    while True:
        if not isinstance(answer.body, dict) or not isinstance(answer.body.get("value"), list):
            raise unreadable("a list")
        yield from answer.body["value"]
        further = answer.body.get("nextLink")
        if not further:
            return
        answer = connection.follow(further)


def named_in_graph(connection: Connection, subscription: str, kind: str, name: str) -> tuple[ResourceId, ...]:
    """Ask Resource Graph for the resources of a kind and name; it lags, so what it does not know may exist.

    `name` is a checked name, and holds nothing that would end the quoted text. Where the graph cannot be used, the
    answer is empty: a list then has to do.
    """
    query = f"Resources | where type =~ '{kind.lower()}' and name =~ '{name}' | project id | order by id asc"
    return ids_in_graph(connection, query, subscriptions=[subscription]) or ()


def ids_in_graph(
    connection: Connection, query: str, *, subscriptions: Sequence[str] | None = None
) -> tuple[ResourceId, ...] | None:
    """Ask Resource Graph for ids, page by page; `None` where it cannot be used.

    Without `subscriptions` it looks in all that the account sees. `query` has to project and order by `id`: else the
    pages are random (wire facts).
    """
    try:
        return tuple(sorted(set(graph_pages(connection, query, subscriptions=subscriptions))))
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return None


@dataclass(frozen=True)
class GraphPage:
    """One answer of Resource Graph: its rows, and how many there are on all pages."""

    rows: Sequence[dict[str, Any]]
    total: int


def graph_pages(
    connection: Connection, query: str, *, subscriptions: Sequence[str] | None = None
) -> Iterator[ResourceId]:
    """Return the ids that a query of Resource Graph finds, page by page; raises what asking raises."""
    for page in graph_answers(connection, query, subscriptions=subscriptions):
        try:
            yield from [ResourceId.parse(row["id"]) for row in page.rows]
        except (KeyError, TypeError, AttributeError, BadResourceId) as strange:
            raise unreadable("a page of Resource Graph") from strange


def graph_answers(
    connection: Connection, query: str, *, subscriptions: Sequence[str] | None = None
) -> Iterator[GraphPage]:
    """Ask Resource Graph, page by page; raises what asking raises. `query` has to project and order by `id`."""
    question: dict[str, Any] = {"query": query, "options": {"$top": _ROWS_AT_MOST}}
    if subscriptions is not None:
        question["subscriptions"] = list(subscriptions)
    while True:
        answer = connection.ask("/providers/Microsoft.ResourceGraph/resources", RESOURCE_GRAPH, question).body
        try:
            rows, further = answer["data"], answer.get("$skipToken")
            page = GraphPage(rows, int(answer.get("totalRecords", len(rows))))
        except (KeyError, TypeError, AttributeError, ValueError) as strange:
            raise unreadable("a page of Resource Graph") from strange
        yield page
        if not further:
            return
        question["options"] = {"$top": _ROWS_AT_MOST, "$skipToken": further}
