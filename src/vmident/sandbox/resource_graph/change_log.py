"""The log of changes that the table `resourcechanges` shows: what was written, by which user and client.

Azure compares snapshots of a resource; so does this: each request that leaves a VM or an identity other than it was
makes one record. Shape: 'Get resource changes' in Microsoft's documentation of Resource Graph. A property that appears
or disappears is the text `null` on its other side, as there; creation and deletion list no properties. What moves by
itself (provisioning state, etag) is left out.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vmident.sandbox.rows import Record, Rows

CORRELATION_ID = "x-ms-correlation-request-id"
LOGGED_KINDS = ("vm", "identity")
_NOT_COMPARED = frozenset({"etag", "properties.provisioningState"})
_NULL = "null"
# Which client a user agent is; Azure says 'Unknown' of any other.
_CLIENTS = (("azurecli/", "Azure CLI"), ("azurepowershell/", "Azure PowerShell"), ("terraform", "Terraform"))


def record_changes(rows: Rows, headers: Mapping[str, str], moment: float) -> None:
    """Write a record for each logged resource that was written since the last call.

    `headers` are those of the request that wrote, in lower case; empty for what happens by itself.
    """
    for (kind, group, name), before in rows.take_written().items():
        if kind not in LOGGED_KINDS:
            continue
        change = _change(rows, kind, before, rows.find(kind, group, name))
        if change is not None:
            record = change | _attributes(change, headers, moment)
            rows.add("change", "", record["name"], record, made=moment)
    rows.take_written()


def traced(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that say who sent a request, for those that the sandbox sends itself because of it."""
    return {name: headers[name] for name in ("user-agent", CORRELATION_ID) if name in headers}


def _change(rows: Rows, kind: str, before: Record | None, after: Record | None) -> Record | None:
    """Return what became of a resource; `None` for nothing."""
    from vmident.sandbox.resource_graph.views import TYPES, Views

    there = after or before
    if there is None:
        return None
    views, changes = Views(rows), {}
    if before is not None and after is not None:
        changes = dict(_differences(views.body(kind, before), views.body(kind, after)))
        if not changes:
            return None
    return {
        "targetResourceId": there["id"],
        "targetResourceType": TYPES[kind].lower(),
        "group": there["group"],
        "changeType": "Create" if before is None else "Delete" if after is None else "Update",
        "changes": changes,
    }


def _attributes(change: Record, headers: Mapping[str, str], moment: float) -> Record:
    """Return who made a change, when, and with what; and the name of its record, which is a function of all that."""
    digest = hashlib.sha256(f"{change} {moment}".encode()).hexdigest()
    made_id = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
    client = headers.get("user-agent", "").lower()
    return {
        "name": f"{_reversed_ticks(moment)}_{made_id}",
        "clientType": next((name for text, name in _CLIENTS if text in client), "Unknown"),
        "correlationId": headers.get(CORRELATION_ID, made_id),
        "timestamp": datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds"),
    }


def _reversed_ticks(moment: float) -> str:
    """Return what the names of Azure's changes begin with: the newest sorts first."""
    ticks = int(moment * 10_000_000) + 621_355_968_000_000_000
    return f"{3_155_378_975_999_999_999 - ticks:020}"


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    old, new = dict(_leaves("", before)), dict(_leaves("", after))
    for path in sorted({*old, *new}):
        if path not in _NOT_COMPARED and old.get(path) != new.get(path):
            yield path, {"previousValue": old.get(path, _NULL), "newValue": new.get(path, _NULL)}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(f"{path}[{index}]", inner)
    elif value is not None:
        yield path, value
