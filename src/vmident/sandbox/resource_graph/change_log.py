"""The log of changes that the table `resourcechanges` shows: what was written, by which user and client.

Azure compares snapshots of a resource; so does this: each request that leaves a VM, a scale set or an identity other
than it was makes one record, and so does the end of its operation where that changes something. Source: Microsoft's
'Get resource changes', and rows of the real table that were published (2023 to 2026): values are texts, a property that
appears or disappears is `null` on its other side, creation and deletion list no properties. What moves by itself
(provisioning state, etag) is left out.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization.token import PORTAL, PRINCIPAL, claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vmident.sandbox.rows import Record, Rows

CORRELATION_ID = "x-ms-correlation-request-id"
# What ARM adds to a request for the resource provider, and lets no client set (Microsoft's resource provider contract).
_USER, _APPLICATION = "x-ms-client-principal-name", "x-ms-client-app-id"
_TRACED = ("user-agent", CORRELATION_ID, _USER, _APPLICATION, PRINCIPAL)
LOGGED_KINDS = ("vm", "vmss", "identity")
_NOT_COMPARED = frozenset({"etag", "properties.provisioningState"})
# Clients by user agent, then by application ID. Of any other Azure shows the application ID, else 'Unknown'.
_CLIENTS = (("azurecli/", "Azure CLI"), ("azurepowershell/", "Azure PowerShell"), ("terraform", "Terraform"))
_APPLICATIONS = {
    PORTAL: "Azure Portal",
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Azure CLI",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Azure PowerShell",
}
# What Azure says of a change that no request led to (published rows of 2025).
_BY_ITSELF = {
    "changedBy": "System",
    "changedByType": "System",
    "clientType": "Unspecified",
    "operation": "Unspecified",
    "correlationId": "00000000-0000-0000-0000-000000000000",
}


@lru_cache(maxsize=64)
def caller_headers(token: str) -> dict[str, str]:
    """Return the headers that say who sent a request, as far as a token says it."""
    claims = claims_of(token)
    user = "" if claims.get("idtyp") == "app" else claims.get("upn")
    return request_headers(str(user or ""), str(claims.get("appid") or ""))


def request_headers(user: str = "", application: str = "", agent: str = "", principal: str = "") -> dict[str, str]:
    """Return the headers of a request by a user, or by an application itself; empty for what is not known.

    `principal` is the ID of the principal whose rights count, where that is not the signed-in user.
    """
    sent = {_USER: user, _APPLICATION: application, PRINCIPAL: principal}
    return {**sent, **({"user-agent": agent} if agent else {})}


def traced(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that say who sent a request, for what the sandbox does later because of it."""
    return {name: headers[name] for name in _TRACED if headers.get(name)}


def record_changes(rows: Rows, headers: Mapping[str, str], moment: float) -> None:
    """Write a record for each logged resource that was written since the last call.

    `headers` are those of the request that led to it, in lower case; empty for what happens by itself.
    """
    for (kind, group, name), before in rows.take_written().items():
        if kind not in LOGGED_KINDS:
            continue
        change = _change(rows, kind, before, rows.find(kind, group, name))
        if change is not None:
            add_change(rows, change, headers, moment)
    rows.take_written()


def add_change(rows: Rows, change: Record, headers: Mapping[str, str], moment: float) -> None:
    """Write the record of a change: `group`, `location`, and what `resourcechanges` shows of the resource."""
    record = change | _attributes(change, headers, moment)
    rows.add("change", "", record["name"], record, made=moment)


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
        "targetResourceType": TYPES[kind],
        "group": there["group"],
        "location": there["location"],
        "changeType": "Create" if before is None else "Delete" if after is None else "Update",
        "changes": changes,
    }


def _attributes(change: Record, headers: Mapping[str, str], moment: float) -> Record:
    """Return who made a change, when, and with what; and the name of its record, which is a function of all that."""
    digest = hashlib.sha256(f"{change} {moment}".encode()).hexdigest()
    made_id = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
    return {
        "name": f"{_reversed_ticks(moment)}_{made_id}",
        "snapshots": [f"{_reversed_ticks(moment)}_{made_id}_{int(digest[at : at + 8], 16)}" for at in (32, 40)],
        "timestamp": _timestamp(moment),
        **(_sent_by(change, headers) if CORRELATION_ID in headers else _BY_ITSELF),
    }


def _sent_by(change: Record, headers: Mapping[str, str]) -> Record:
    user, application = headers.get(_USER), headers.get(_APPLICATION)
    agent = headers.get("user-agent", "").lower()
    by_agent = next((name for text, name in _CLIENTS if text in agent), None)
    verb = "delete" if change["changeType"] == "Delete" else "write"
    return {
        "changedBy": user or application or "Unspecified",
        "changedByType": "User" if user else "Application" if application else "Unspecified",
        "clientType": by_agent or _APPLICATIONS.get(application or "", application) or "Unknown",
        "operation": f"{change['targetResourceType']}/{verb}",
        "correlationId": headers[CORRELATION_ID],
    }


def _timestamp(moment: float) -> str:
    """Return a moment as in `2025-05-29T14:17:38.13Z`: milliseconds without the zeros at their end."""
    text = f"{datetime.fromtimestamp(moment, timezone.utc):%Y-%m-%dT%H:%M:%S.%f}"[:-3]
    return text.rstrip("0").rstrip(".") + "Z"


def _reversed_ticks(moment: float) -> str:
    """Return what the names of Azure's changes begin with: the newest sorts first."""
    ticks = int(moment * 10_000_000) + 621_355_968_000_000_000
    return f"{3_155_378_975_999_999_999 - ticks:020}"


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    old, new = dict(_leaves("", before)), dict(_leaves("", after))
    for path in sorted({*old, *new}):
        if path not in _NOT_COMPARED and old.get(path) != new.get(path):
            yield path, {"previousValue": old.get(path), "newValue": new.get(path)}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(f"{path}[{index}]", inner)
    elif value is not None:
        yield path, str(value)
