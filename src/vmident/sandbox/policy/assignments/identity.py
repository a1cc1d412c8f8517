"""The managed identity of an assignment, in whose name Azure Policy changes resources.

It is the assignment's own, or one user-assigned identity; either takes a `location`, which never changes. Source:
Microsoft's page 'Azure Policy assignment structure', section 'Identity'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId
from vmident.errors import BadResourceId
from vmident.sandbox import errors as sandbox_errors
from vmident.sandbox.authorization import directory, permissions
from vmident.sandbox.policy import errors, store
from vmident.sandbox.protocol import relaxed_json
from vmident.sandbox.protocol.call import checked_location
from vmident.sandbox.tenant import TENANT

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows


@dataclass(frozen=True)
class AskedIdentity:
    """What a request asks for: the location, and the id of a user-assigned identity, or None for the own one."""

    location: str
    user_assigned: str | None


def read_identity(call: Call, held: Record | None) -> AskedIdentity | None:
    """Read `identity` and `location` of a request; None for an assignment without an identity."""
    content = call.content(relaxed_json.parse)
    name = call.words["name"]
    for member in content:
        if member not in ("properties", "identity", "location", "id", "name", "type", "systemData"):
            raise sandbox_errors.member_unknown(member, "PolicyAssignment", member)
    identity = content.get("identity") or {}
    kind = str(identity.get("type", "None")).lower() if isinstance(identity, dict) else ""
    if kind == "none":
        return None
    if kind not in ("systemassigned", "userassigned"):
        raise errors.assignment_invalid(name, f"The identity type '{identity.get('type')}' is not valid.")
    location = checked_location(content.get("location"), store.ASSIGNMENT.type)
    if held is not None and held.get("location") not in (None, location):
        raise errors.assignment_invalid(name, f"The location '{held['location']}' of the identity cannot be changed.")
    named = list(identity.get("userAssignedIdentities") or {})
    if kind == "systemassigned":
        if named:
            raise errors.assignment_invalid(name, "A system-assigned identity has no 'userAssignedIdentities'.")
        return AskedIdentity(location, None)
    if len(named) != 1:
        raise errors.assignment_invalid(name, "Exactly one user-assigned identity must be specified.")
    _check_assignable(call, named[0])
    return AskedIdentity(location, named[0])


def identity_after(call: Call, held: Record | None, asked: AskedIdentity | None) -> dict[str, Any]:
    """Return `identity` and `location` of the assignment, with the principal that it has, or that is made now."""
    before = (held or {}).get("identity") or {}
    keeps_own = asked is not None and asked.user_assigned is None
    if before.get("principalId") and not keeps_own:
        directory.leave(call.rows, before["principalId"], deleted=call.now)
    if asked is None:
        return {"identity": None, "location": None}
    if asked.user_assigned is not None:
        found = _identity_of(call.rows, asked.user_assigned)
        entry = {member: found[member] for member in ("principalId", "clientId")}
        identity = {"type": "UserAssigned", "userAssignedIdentities": {asked.user_assigned: entry}}
        return {"identity": identity, "location": asked.location}
    principal = before.get("principalId")
    if principal is None:
        principal = call.settings.new_uuid()
        directory.enter(call.rows, principal, made=call.now)
    own = {"type": "SystemAssigned", "principalId": principal, "tenantId": TENANT}
    return {"identity": own, "location": asked.location}


def principal_of(assignment: Record) -> str | None:
    """Return the id of the principal in whose name an assignment's effects act; None for one without an identity."""
    identity = assignment.get("identity") or {}
    if identity.get("principalId"):
        return str(identity["principalId"])
    entries = list((identity.get("userAssignedIdentities") or {}).values())
    return str(entries[0]["principalId"]) if entries else None


def _check_assignable(call: Call, identity_id: str) -> None:
    try:
        ResourceId.parse(identity_id)
    except BadResourceId as bad:
        raise errors.assignment_invalid(call.words["name"], f"'{identity_id}' is not the id of an identity.") from bad
    own = store.id_of(store.ASSIGNMENT, call.words["scope"], call.words["name"])
    action = f"{store.ASSIGNMENT.type}/write"
    permissions.check_linked(call, action, own, permissions.ASSIGN_IDENTITY, [identity_id])
    if _identity_of(call.rows, identity_id) == {}:
        raise errors.assignment_invalid(call.words["name"], f"The identity '{identity_id}' was not found.")


def _identity_of(rows: Rows, identity_id: str) -> Record:
    resource_id = ResourceId.parse(identity_id)
    return rows.find("identity", resource_id.group, resource_id.name) or {}
