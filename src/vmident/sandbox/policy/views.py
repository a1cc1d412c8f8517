"""Policy objects as ARM shows them, and what all of them have in common when they are written.

Shape: Microsoft's REST reference for 'Policy Definitions', 'Policy Set Definitions' and 'Policy Assignments'.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors as sandbox_errors
from vmident.sandbox.authorization.scopes import check_scope
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.policy import errors, store
from vmident.sandbox.protocol import relaxed_json
from vmident.sandbox.protocol.odata_filter import read_filter
from vmident.sandbox.protocol.timestamps import wire_time
from vmident.sandbox.tenant import PERSON_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

# The Azure CLI checks names with the same pattern before it sends them.
_NAME = re.compile(r"[^<>%&:\\?/]*[^<>%&:\\?/ ]")
_LONGEST_NAME, _LONGEST_NAME_IN_GROUP = 64, 24
_LONGEST_TITLE, _LONGEST_DESCRIPTION = 128, 512
_POLICY_TYPE = re.compile(r"policytype\s*(?:-eq|eq)\s*'(\w+)'", re.IGNORECASE)


def checked_properties(call: Call, members: Iterable[str], kind: store.PolicyKind) -> dict[str, Any]:
    """Read `properties` of a body, by the members that there are; raises for what no object of the kind can have."""
    _check_size_and_name(call, kind)
    raw = call.content(relaxed_json.parse).get("properties")
    if not isinstance(raw, dict):
        raise sandbox_errors.content_invalid("Required property 'properties' not found in JSON. Path ''")
    known = {one.lower(): one for one in members}
    found = {}
    for member, value in raw.items():
        if member.lower() not in known:
            raise sandbox_errors.member_unknown(member, kind.code, f"properties.{member}")
        if value is not None:
            found[known[member.lower()]] = value
    for member, most in (("displayName", _LONGEST_TITLE), ("description", _LONGEST_DESCRIPTION)):
        if not isinstance(found.get(member, ""), str) or len(found.get(member, "")) > most:
            raise sandbox_errors.content_invalid(f"'{member}' has at most {most} characters. Path 'properties'")
    if not isinstance(found.get("metadata", {}), dict):
        raise sandbox_errors.content_invalid("'metadata' is not an object. Path 'properties'")
    return found


def _check_size_and_name(call: Call, kind: store.PolicyKind) -> None:
    name, scope = call.words["name"], call.words["scope"]
    if len(call.request.body) > store.LARGEST_BYTES:
        raise errors.quota_exceeded(kind.code, store.LARGEST_BYTES, scope)
    if call.rows.find(kind.row, scope, name) is None and len(call.rows.every(kind.row, scope)) >= kind.most:
        raise errors.quota_exceeded(kind.code, kind.most, scope)
    in_group = kind is store.ASSIGNMENT and scope.lower().startswith("/providers/microsoft.management/")
    longest = _LONGEST_NAME_IN_GROUP if in_group else _LONGEST_NAME
    if not _NAME.fullmatch(name) or len(name) > longest:
        rule = f"It has 1 to {longest} characters, none of them one of <>%&:\\?/, and no space last."
        raise sandbox_errors.name_invalid(name, kind.type, rule)


def stamped(call: Call, kind: store.PolicyKind, record: Record) -> Record:
    """Return the record of an object with its id, and with who wrote it when in its metadata, as Azure adds it."""
    scope, name = call.words["scope"], call.words["name"]
    held = call.rows.find(kind.row, scope, name)
    made = held["properties"]["metadata"] if held else {}
    moment = wire_time(call.now).replace("+00:00", "Z")
    metadata = {
        **record["properties"].get("metadata", {}),
        "createdBy": made.get("createdBy", PERSON_ID),
        "createdOn": made.get("createdOn", moment),
        "updatedBy": PERSON_ID if held else None,
        "updatedOn": moment if held else None,
    }
    own_id = held["id"] if held else store.id_of(kind, scope, name)
    return {
        **record,
        "id": own_id,
        "written": held["written"] if held and _is_same(held["properties"], record["properties"]) else call.now,
        "group": scope,
        "name": held["name"] if held else name,
        "properties": {**record["properties"], "metadata": metadata},
    }


def _is_same(held: Record, now: Record) -> bool:
    return {**held, "metadata": None} == {**now, "metadata": None}


def shown(kind: store.PolicyKind, record: Record) -> dict[str, Any]:
    """Return an object as answers carry it."""
    body: dict[str, Any] = {"properties": record["properties"]}
    for member in ("identity", "location"):
        if record.get(member):
            body[member] = record[member]
    own_id = record.get("id") or store.id_of(kind, "", record["name"])
    return {**body, "id": own_id, "type": kind.type, "name": record["name"]}


def listed(call: Call, kind: store.PolicyKind, built_in: Iterable[Record] = ()) -> Response:
    """Answer the objects at a scope and above it; with `atExactScope()` those at the scope alone.

    `policyType eq 'BuiltIn'` or `'Custom'` leaves those of one type.
    """
    scope = call.words["scope"]
    check_scope(call.rows, scope)
    found = store.visible_at(call.rows, kind, scope)
    text = call.query.get("$filter", "")
    typed = _POLICY_TYPE.fullmatch(text.strip())
    if typed is not None:
        is_custom = typed[1].lower() == "custom"
        found, built_in = (found, ()) if is_custom else ([], built_in)
    else:
        for clause in read_filter(text):
            if (clause.name, clause.is_call) == ("atexactscope", True):
                found, built_in = [one for one in found if one["group"].lower() == scope.lower()], ()
            elif (clause.name, clause.is_call) != ("atscope", True):
                raise sandbox_errors.not_in_the_sandbox(f"the filter '{text}' of {kind.words}s")
    every = [shown(kind, one) for one in (*found, *built_in)]
    return json_answer(200, {"value": [one for one in every if call.shows(one["id"])]})
