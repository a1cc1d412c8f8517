"""Management locks: create, read, list, delete; and what they forbid.

A `CanNotDelete` lock forbids deletions at its scope and below, a `ReadOnly` lock writes as well; a lock inside a group
keeps the group. Locks themselves can always be removed. Source: Microsoft's page 'Lock your Azure resources'; the
refusal's text is Azure's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.authorization.scopes import check_scope, covers
from vmident.sandbox.http_messages import Response, json_answer

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows

TYPE = "Microsoft.Authorization/locks"
_LEVELS = {level.lower(): level for level in ("CanNotDelete", "ReadOnly")}
_MEMBERS = ("level", "notes", "owners")


def check_unlocked(rows: Rows, method: str, scope: str) -> None:
    """Raise 409 `ScopeLocked` where a lock forbids a write of `scope`; a POST counts as a write."""
    locks = rows.every("lock")
    if not locks or method in ("GET", "HEAD"):
        return
    is_delete = method == "DELETE"
    holding = [
        one["scope"]
        for one in locks
        if (covers(one["scope"], scope) and (is_delete or one["level"] == "ReadOnly"))
        or (is_delete and covers(scope, one["scope"]))
    ]
    if holding:
        raise errors.scope_locked(scope, "delete" if is_delete else "write", holding)


def list_locks(call: Call) -> Response:
    """Answer the locks at the scope and below it."""
    scope = call.words["scope"]
    check_scope(call.rows, scope)
    found = [one for one in call.rows.every("lock") if covers(scope, one["scope"])]
    return json_answer(200, {"value": [_shown(one) for one in found]})


def read_lock(call: Call) -> Response:
    """Answer GET of one lock."""
    return json_answer(200, _shown(_found(call)))


def write_lock(call: Call) -> Response:
    """Answer PUT: 201 for a new lock, 200 for one that was there."""
    scope, name = call.words["scope"], call.words["name"]
    check_scope(call.rows, scope)
    properties: dict[str, Any] = call.content().get("properties") or {}
    level = _LEVELS.get(str(properties.get("level", "")).lower())
    if level is None:
        raise errors.parameter_invalid(f"The lock level '{properties.get('level')}' is invalid.", "level")
    for member in properties:
        if member not in _MEMBERS:
            raise errors.member_unknown(member, "ManagementLockProperties", f"properties.{member}")
    record = {"scope": scope, "name": name, "level": level, "notes": properties.get("notes")}
    found = call.rows.find("lock", scope, name)
    if found is None:
        call.rows.add("lock", scope, name, record, made=call.now)
    else:
        call.rows.replace("lock", scope, name, record)
    return json_answer(201 if found is None else 200, _shown(record))


def delete_lock(call: Call) -> Response:
    """Answer DELETE: 200, or 204 for a lock that was not there."""
    scope, name = call.words["scope"], call.words["name"]
    if call.rows.find("lock", scope, name) is None:
        return Response(204)
    call.rows.soft_delete("lock", scope, name, deleted=call.now)
    return Response(200)


def _found(call: Call) -> Record:
    found = call.rows.find("lock", call.words["scope"], call.words["name"])
    if found is None:
        raise errors.Refused(404, "LockNotFound", f"The lock '{call.words['name']}' could not be found.")
    return found


def _shown(record: Record) -> dict[str, Any]:
    properties = {"level": record["level"]}
    if record["notes"]:
        properties["notes"] = record["notes"]
    identifier = f"{record['scope']}/providers/{TYPE}/{record['name']}"
    return {"properties": properties, "id": identifier, "type": TYPE, "name": record["name"]}
