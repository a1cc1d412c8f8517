"""Lists that come in pages, and names looked up through Azure Resource Graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Raw, Struct

from vmident.arm.answers import read
from vmident.arm.connection import Connection
from vmident.arm.limits import LIST_PAGES
from vmident.arm.wire.types import GraphAnswer, IdBody, ListPage
from vmident.arm.wire.virtual_machines import checking_ids
from vmident.core.resource_id import ResourceId
from vmident.errors import InvalidResponse, VmidentError

RESOURCE_GRAPH = "2022-10-01"
_ROWS_AT_MOST = 1_000
"""Rows of a page: the most that Resource Graph gives (wire facts)."""

T = TypeVar("T")


def pages(
    connection: Connection, path: str, api_version: str, kind: type[T], what: str, *, condition: str = ""
) -> Iterator[T]:
    """Return the items of a list one by one; `what` names one of them for people, such as `a subscription`."""
    return (read(item, kind, what) for item in unread_items(connection, path, api_version, condition))


def unread_items(connection: Connection, path: str, api_version: str, condition: str = "") -> Iterator[Raw]:
    """Return the items of a list one by one, not read yet, following `nextLink` as Azure gives it.

    `condition` is an OData filter, such as `roleName eq 'Reader'`.
    """
    answer = connection.read(path, api_version, condition=condition)
    progress = _PagesSoFar(f"The list {path}")
    while True:
        page = answer.read(ListPage, "a list")
        yield from page.value
        if not page.next_link:
            return
        progress.check(page.next_link)
        answer = connection.follow(page.next_link)


class _PagesSoFar:
    """What ends a list that has no end: a page that names itself or an earlier one, and pages beyond `LIST_PAGES`."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._seen: set[str] = set()

    def check(self, further: str) -> None:
        """Raise `InvalidResponse` unless there may be one more page, which `further` leads to."""
        if further in self._seen:
            raise _endless(f"{self._what} repeats a page link")
        self._seen.add(further)
        if len(self._seen) >= LIST_PAGES:
            raise _endless(f"{self._what} has more than {LIST_PAGES:,} pages, the most that vmident reads")


def _endless(why: str) -> InvalidResponse:
    return InvalidResponse(f"{why}.", hint="Use -g or --subscription to narrow the list.")


def items_of_one_page(connection: Connection, path: str, api_version: str) -> list[Raw] | None:
    """Return the items of a list that is all on its first page; `None` for a longer one, and one that is refused."""
    try:
        page = connection.read(path, api_version).read(ListPage, "a list")
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return None
    return None if page.next_link else list(page.value)


def named_in_graph(connection: Connection, subscription: str, kind: str, name: str) -> tuple[ResourceId, ...]:
    """Ask Resource Graph for the resources of a kind and name; it lags, so what it does not know may exist.

    `name` is a checked name, and holds nothing that would end the quoted text. Where the graph cannot be used, the
    answer is empty: a list then has to do.
    """
    query = f"Resources | where type =~ '{kind.lower()}' and name =~ '{name}' | project id | order by id asc"
    found = ids_in_graph(connection, query, subscription) or ()
    # Of what the graph says about something else, nothing is used.
    return tuple(one for one in found if one.is_a(kind) and one.name.lower() == name.lower())


def ids_in_graph(
    connection: Connection, query: str, subscription: str, *, everywhere: bool = False
) -> tuple[ResourceId, ...] | None:
    """Ask Resource Graph for ids, page by page; `None` where it cannot be used.

    With `everywhere` it looks in all subscriptions of that one's tenant that the account can access. `query` has to
    project and order by `id`: else the pages are random (wire facts).
    """
    try:
        return tuple(sorted(set(graph_pages(connection, query, subscription, everywhere=everywhere))))
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return None


class GraphPage(Struct, frozen=True):
    """One answer of Resource Graph: its rows, and how many there are on all pages."""

    rows: Sequence[Raw]
    total: int


def graph_pages(
    connection: Connection, query: str, subscription: str, *, everywhere: bool = False
) -> Iterator[ResourceId]:
    """Return the ids that a query of Resource Graph finds, page by page; raises what asking raises."""
    for page in graph_answers(connection, query, [subscription], everywhere=everywhere):
        with checking_ids("a page of Resource Graph"):
            found = [ResourceId.parse(read(row, IdBody, "a row of Resource Graph").id) for row in page.rows]
        yield from found


def graph_answers(
    connection: Connection,
    query: str,
    subscriptions: Sequence[str],
    *,
    everywhere: bool = False,
    options: Mapping[str, str] | None = None,
) -> Iterator[GraphPage]:
    """Ask Resource Graph, page by page, each tenant for its subscriptions; raises what asking raises.

    With `everywhere` it looks in all subscriptions of the tenants that the account can access. `query` has to project
    and order by `id`.
    """
    for of_one_tenant in connection.by_tenant(subscriptions):
        question: dict[str, Any] = {"query": query, "options": {"$top": _ROWS_AT_MOST, **(options or {})}}
        if not everywhere:
            question["subscriptions"] = of_one_tenant
        yield from _answers_in_tenant(connection, question, of_one_tenant[0])


def _answers_in_tenant(connection: Connection, question: dict[str, Any], subscription: str) -> Iterator[GraphPage]:
    progress = _PagesSoFar("The response of Resource Graph")
    while True:
        answer = connection.ask(
            "/providers/Microsoft.ResourceGraph/resources", RESOURCE_GRAPH, question, subscription=subscription
        )
        page = answer.read(GraphAnswer, "a page of Resource Graph")
        yield GraphPage(page.data, len(page.data) if page.total_records is None else page.total_records)
        if not page.skip_token:
            return
        progress.check(page.skip_token)
        question = {**question, "options": {**question["options"], "$skipToken": page.skip_token}}
