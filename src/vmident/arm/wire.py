"""ARM's JSON to the core's values, where shapes are Azure's and may surprise.

Source: 'The VM resource' in the wire facts; recordings `vm-user-identities-2020.json`, `vm-system-identity-2020.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.machine import Machine
from vmident.core.resource_id import ResourceId
from vmident.core.scope import Scope
from vmident.core.standing import Group, IdentityResource
from vmident.errors import AzureRefused, BadResourceId

_TYPES = {
    "none": (False, False),
    "systemassigned": (True, False),
    "userassigned": (False, True),
    "systemassigned,userassigned": (True, True),
    "userassigned,systemassigned": (True, True),
}


def machine_from_wire(body: Any, headers: Mapping[str, str]) -> Machine:
    """Read a VM; its etag stands in the body, the `ETag` header, or both. Raises `AzureRefused` for no VM at all."""
    try:
        properties = body.get("properties") or {}
        return Machine(
            id=ResourceId.parse(body["id"]),
            location=_text(body.get("location")) or "",
            identity=identity_from_wire(body.get("identity")),
            etag=_text(body.get("etag")) or headers.get("ETag"),
            provisioning_state=_text(properties.get("provisioningState")) or "Succeeded",
            tags=_tags(body),
        )
    except (AttributeError, KeyError, TypeError, BadResourceId) as strange:
        raise unreadable("a VM") from strange


def identity_from_wire(identity: Any) -> IdentityState:
    """Read a VM's `identity`; absent means none. The type is taken in any case, with or without the space."""
    if identity is None:
        return IdentityState()
    has_system, has_users = _TYPES["".join(identity["type"].split()).lower()]
    users = (identity.get("userAssignedIdentities") or {}) if has_users else {}
    return IdentityState(
        system=SystemIdentity(_text(identity.get("principalId")), _text(identity.get("tenantId")))
        if has_system
        else None,
        users={ResourceId.parse(user): _user_identity(known or {}) for user, known in users.items()},
    )


def group_from_wire(body: Any) -> Group:
    """Read a resource group: exchange 0 of the recording. Raises `AzureRefused` for anything else."""
    try:
        scope = Scope.parse(body["id"])
        state = _told(body.get("properties") or {}, "provisioningState")
        is_being_deleted = state.lower() == "deleting"
        return Group(scope, _told(body, "name"), _told(body, "location"), _tags(body), is_being_deleted)
    except (AttributeError, KeyError, TypeError, BadResourceId) as strange:
        raise unreadable("a resource group") from strange


def identity_resource_from_wire(body: Any) -> IdentityResource:
    """Read a user-assigned identity: exchange 1 of the recording. Raises `AzureRefused` for anything else.

    A `resourcegroups` in lower case comes back as ARM spells it elsewhere.
    """
    try:
        properties = body.get("properties") or {}
        return IdentityResource(
            ResourceId.parse(body["id"]),
            _told(body, "location"),
            _text(properties.get("clientId")),
            _text(properties.get("principalId")),
            _text(properties.get("tenantId")),
            _tags(body),
        )
    except (AttributeError, KeyError, TypeError, BadResourceId) as strange:
        raise unreadable("a user-assigned identity") from strange


def _told(body: Any, member: str) -> str:
    return _text(body.get(member)) or ""


def _tags(body: Any) -> dict[str, str]:
    return {str(name): _text(value) or "" for name, value in (body.get("tags") or {}).items()}


def _user_identity(known: Any) -> UserIdentity:
    return UserIdentity(_text(known.get("clientId")), _text(known.get("principalId")))


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(value)
    return value


def unreadable(what: str) -> AzureRefused:
    """Say that an answer is not what it should be."""
    return AzureRefused(
        f"Azure's answer does not read as {what}.",
        code="unreadable-answer",
        hint="Run the command again with --debug to see what was asked.",
    )
