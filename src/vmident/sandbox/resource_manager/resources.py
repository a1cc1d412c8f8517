"""Everything that a subscription holds, in one list: by type, by tag, or whole.

Shape: Microsoft's REST reference for 'Resources - List', version 2021-04-01. `identity` is there as for the resource
itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.compute.vm_view import shown_identity
from vmident.sandbox.errors import Refused, not_in_the_sandbox
from vmident.sandbox.http_messages import Response
from vmident.sandbox.protocol.odata_filter import Clause, read_filter
from vmident.sandbox.protocol.paging import page_of_all
from vmident.sandbox.protocol.timestamps import wire_time
from vmident.sandbox.resource_manager.resource_types import RESOURCE_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record


def list_resources(call: Call) -> Response:
    """Answer a page of the subscription's resources, as far as the person may read each."""
    return _page(call, None)


def list_group_resources(call: Call) -> Response:
    """Answer a page of one group's resources, as far as the person may read each."""
    return _page(call, call.group()["name"])


def _page(call: Call, group: str | None) -> Response:
    clauses = read_filter(call.query.get("$filter", ""))
    tag = tag_filter(clauses)
    if tag is None:
        for clause in clauses:
            if clause.name not in ("resourcetype", "resourcegroup", "name", "location") or clause.is_call:
                raise not_in_the_sandbox(f"the filter '{clause.name}' of resources")
    expanded = _expanded(call.query.get("$expand", ""))
    shown = [
        _shown(record, one.type, made, expanded)
        for one in RESOURCE_KINDS
        for record, made in call.rows.every_with_time(one.kind, group)
    ]
    kept = [one for one in shown if (has_tag(one.get("tags", {}), tag) if tag else _fits(one, clauses))]
    return page_of_all(call, [one for one in kept if call.grants.is_allowed(f"{one['type']}/read", one["id"])])


def _expanded(text: str) -> set[str]:
    asked = {word.strip().lower() for word in text.split(",") if word.strip()}
    unknown = asked - {"createdtime", "changedtime", "provisioningstate"}
    if unknown:
        raise not_in_the_sandbox(f"$expand={text} of resources")
    return asked


def tag_filter(clauses: Sequence[Clause]) -> tuple[str, str | None] | None:
    """Read `tagName eq '…'` and, with it, `tagValue eq '…'`; None where neither is asked for.

    With nothing else beside them: Microsoft's REST reference. The refusal's wording is assumed.
    """
    said = {clause.name: clause.value or "" for clause in clauses if not clause.is_call}
    if "tagname" not in said and "tagvalue" not in said:
        return None
    if "tagname" not in said or len(clauses) != len(said) or said.keys() - {"tagname", "tagvalue"}:
        raise Refused(400, "InvalidFilterInQueryString", "A filter by tag takes 'tagName' and 'tagValue' alone.")
    return said["tagname"], said.get("tagvalue")


def has_tag(tags: Mapping[str, str], tag: tuple[str, str | None]) -> bool:
    """Return whether tags hold a name, in any case, and where a value is asked for that very value."""
    name, value = tag
    return any(held.lower() == name.lower() and value in (None, text) for held, text in tags.items())


def _fits(shown: Mapping[str, Any], clauses: Sequence[Clause]) -> bool:
    values = {
        "resourcetype": shown["type"],
        "resourcegroup": shown["id"].split("/")[4],
        "name": shown["name"],
        "location": shown["location"],
    }
    return all(values[clause.name].lower() == (clause.value or "").lower() for clause in clauses)


def _shown(record: Record, kind: str, made: float, expanded: set[str]) -> dict[str, Any]:
    shown = {"id": record["id"], "name": record["name"], "type": kind, "location": record["location"]}
    if record["tags"]:
        shown["tags"] = record["tags"]
    identity = shown_identity(record) if "user" in record else None
    if identity:
        shown["identity"] = identity
    if record.get("vm") and kind.endswith("/disks"):
        shown["managedBy"] = record["vm"]
    times = {"createdtime": record.get("made", made), "changedtime": record.get("changed", record.get("made", made))}
    spelled = {"createdtime": "createdTime", "changedtime": "changedTime"}
    shown |= {spelled[name]: wire_time(moment) for name, moment in times.items() if name in expanded}
    if "provisioningstate" in expanded:
        shown["provisioningState"] = record.get("state", "Succeeded")
    return shown
