"""Everything that a subscription holds, in one list: by type, by tag, or whole.

Shape: Microsoft's REST reference for 'Resources - List', version 2021-04-01. `identity` is there as for the resource
itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, VIRTUAL_MACHINE
from vmident.sandbox.compute.vm_view import shown_identity
from vmident.sandbox.errors import Refused, not_in_the_sandbox
from vmident.sandbox.http_messages import Response
from vmident.sandbox.protocol.odata_filter import Clause, read_filter
from vmident.sandbox.protocol.paging import page_of_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.store import Record


def list_resources(call: Call) -> Response:
    """Answer a page of the subscription's VMs and user-assigned identities, as far as the person may read each."""
    clauses = read_filter(call.query.get("$filter", ""))
    tag = tag_filter(clauses)
    if tag is None:
        for clause in clauses:
            if clause.name not in ("resourcetype", "resourcegroup", "name") or clause.is_call:
                raise not_in_the_sandbox(f"the filter '{clause.name}' of resources")
    shown = [_shown(vm, VIRTUAL_MACHINE) for vm in call.rows.every("vm")]
    shown += [_shown(one, USER_ASSIGNED_IDENTITY) for one in call.rows.every("identity")]
    kept = [one for one in shown if (has_tag(one.get("tags", {}), tag) if tag else _fits(one, clauses))]
    return page_of_all(call, [one for one in kept if call.grants.is_allowed(f"{one['type']}/read", one["id"])])


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
    values = {"resourcetype": shown["type"], "resourcegroup": shown["id"].split("/")[4], "name": shown["name"]}
    return all(values[clause.name].lower() == (clause.value or "").lower() for clause in clauses)


def _shown(record: Record, kind: str) -> dict[str, Any]:
    shown = {"id": record["id"], "name": record["name"], "type": kind, "location": record["location"]}
    if record["tags"]:
        shown["tags"] = record["tags"]
    identity = shown_identity(record) if kind == VIRTUAL_MACHINE else None
    return shown | ({"identity": identity} if identity else {})
