"""Lists that come in pages, and names looked up through Azure Resource Graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vmident.arm.connection import Connection
from vmident.arm.wire import unreadable
from vmident.core.resource_id import ResourceId
from vmident.errors import BadResourceId, NotSignedIn, TimedOut, VmidentError

RESOURCE_GRAPH = "2022-10-01"


def pages(connection: Connection, path: str, api_version: str) -> Iterator[dict[str, Any]]:
    """Give the items of a list one by one, following `nextLink` as Azure gives it."""
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
    question = {"subscriptions": [subscription], "query": query}
    try:
        rows = connection.ask("/providers/Microsoft.ResourceGraph/resources", RESOURCE_GRAPH, question).body["data"]
        return tuple(sorted({ResourceId.parse(row["id"]) for row in rows}))
    except (NotSignedIn, TimedOut):
        raise
    except (VmidentError, KeyError, TypeError, BadResourceId):
        return ()
