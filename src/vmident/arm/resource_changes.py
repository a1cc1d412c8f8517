"""Who changed what: the table `resourcechanges` of Resource Graph.

Source: Microsoft's 'Get resource changes', read on 2026-11-28: rows are kept for 14 days and come within five minutes.
A row is of one resource; `changes` holds what differs, by path. Rows of identities are found in the text of that
object, as the paths below `identity` hold resource IDs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

from vmident.arm.answers import read, unreadable
from vmident.arm.paging import GraphPage, graph_answers
from vmident.arm.wire.moments import epoch_seconds
from vmident.arm.wire.types import Body, Text
from vmident.arm.wire.virtual_machines import checking_ids
from vmident.core.history.resource_change import Author, ChangeKind, ResourceChange, known
from vmident.core.resource_id import NAME_RULES, ResourceId

if TYPE_CHECKING:
    from msgspec import Raw

    from vmident.arm.connection import Connection
    from vmident.core.vm_kind import VmKind

_NAMED_AT_MOST = 40
"""Resources that a query names; of more, the changes of their groups are read, or all, and the others left out."""
_A_ROW = "a row of resourcechanges"
_KINDS = {"create": ChangeKind.CREATED, "delete": ChangeKind.DELETED}


class ValuesRow(Body):
    """One property before and after a change."""

    previous_value: Any = None
    new_value: Any = None


class AttributesRow(Body):
    """Who made a change, and when."""

    timestamp: str
    changed_by: Text = None
    changed_by_type: Text = None
    client_type: Text = None
    operation: Text = None
    correlation_id: Text = None


class ChangeRow(Body):
    """One change of one resource."""

    id: str
    target: str
    kind: str
    attributes: AttributesRow
    changes: dict[str, ValuesRow | None] | None = None


class ArmResourceChanges:
    """`vmident.ports.resource_changes.ResourceChanges`, as Resource Graph has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, resources: Sequence[ResourceId], since_seconds: float | None = None) -> Iterator[ResourceChange]:
        """Read all pages."""
        yield from _about(resources, graph_answers(self._connection, _query(resources, since_seconds), _in(resources)))

    def deleted(
        self,
        subscriptions: Sequence[str],
        group: str | None,
        kinds: Sequence[VmKind],
        since_seconds: float | None = None,
    ) -> Sequence[ResourceId]:
        """Read all pages."""
        types = _quoted(kind.resource_type.lower() for kind in kinds)
        conditions = [f"tostring(properties.targetResourceType) in~ ({types})", "kind =~ 'Delete'"]
        conditions += [f"resourceGroup in~ ({_quoted([group])})"] if group else []
        query = _rows_that(conditions + _since(since_seconds))
        pages = graph_answers(self._connection, query, sorted({one.lower() for one in subscriptions}))
        return tuple(dict.fromkeys(_change(row).resource for page in pages for row in page.rows))

    def newest(self, resources: Sequence[ResourceId]) -> Sequence[ResourceChange]:
        """Read the first page of each tenant; not tried again where Azure throttles, as little depends on it."""
        query, connection = _query(resources, None), self._connection
        first = (
            page
            for group in connection.by_tenant(_in(resources))
            for page in islice(graph_answers(connection, query, group), 1)
        )
        with connection.metered():
            return tuple(_about(resources, first))


def _in(resources: Sequence[ResourceId]) -> list[str]:
    return sorted({one.subscription.lower() for one in resources})


def _about(resources: Sequence[ResourceId], pages: Iterator[GraphPage]) -> Iterator[ResourceChange]:
    wanted = frozenset(resources)
    changes = (_change(row) for page in pages for row in page.rows)
    return (one for one in changes if one.resource in wanted)


def _query(resources: Sequence[ResourceId], since_seconds: float | None) -> str:
    types = ", ".join(f"'{kind.lower()}'" for kind in NAME_RULES)
    conditions = [f"tostring(properties.targetResourceType) in~ ({types})"]
    groups = sorted({one.group.lower() for one in resources})
    if len(resources) <= _NAMED_AT_MOST:
        conditions.append(f"target in~ ({_quoted(map(str, resources))})")
    elif len(groups) <= _NAMED_AT_MOST:
        conditions.append(f"resourceGroup in~ ({_quoted(groups)})")
    conditions.append("(kind in~ ('Create', 'Delete') or tostring(properties.changes) contains '\"identity.')")
    return _rows_that(conditions + _since(since_seconds))


def _since(since_seconds: float | None) -> list[str]:
    if since_seconds is None:
        return []
    return [f"at >= datetime({datetime.fromtimestamp(since_seconds, timezone.utc):%Y-%m-%dT%H:%M:%SZ})"]


def _rows_that(conditions: Sequence[str]) -> str:
    return (
        "resourcechanges "
        "| extend target = tostring(properties.targetResourceId), kind = tostring(properties.changeType), "
        "at = todatetime(properties.changeAttributes.timestamp) "
        f"| where {' and '.join(conditions)} "
        "| project id, target, kind, at, changes = properties.changes, attributes = properties.changeAttributes "
        "| order by at desc, id asc"
    )


def _quoted(texts: Iterable[str]) -> str:
    """Return literals of KQL: names that a list gave may hold anything."""
    escaped = (text.replace("\\", "\\\\").replace("'", "\\'") for text in texts)
    return ", ".join(f"'{text}'" for text in escaped)


def _change(raw: Raw) -> ResourceChange:
    row = read(raw, ChangeRow, _A_ROW)
    said = row.attributes
    at_seconds = epoch_seconds(said.timestamp)
    if at_seconds is None:
        raise unreadable(_A_ROW, f"its timestamp is '{said.timestamp[:40]}'")
    with checking_ids(_A_ROW):
        resource = ResourceId.parse(row.target)
    author = Author(
        known(said.changed_by),
        known(said.changed_by_type),
        known(said.client_type),
        known(said.operation),
        known(said.correlation_id),
    )
    pairs = {path: pair for path, pair in (row.changes or {}).items() if pair is not None}
    values = {path: (_text(pair.previous_value), _text(pair.new_value)) for path, pair in pairs.items()}
    # Of a type that is not known, what it changed still is.
    kind = _KINDS.get(row.kind.lower(), ChangeKind.UPDATED)
    return ResourceChange(resource, at_seconds, kind, author, values)


def _text(value: object) -> str | None:
    """Return a value as text; the documentation shows an absent one as the text 'null', rows have a null."""
    return None if value is None or value == "null" else str(value)
