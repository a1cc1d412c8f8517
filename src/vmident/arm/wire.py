"""ARM's JSON to the core's values, where shapes are Azure's and may surprise.

Source: 'The VM resource' in the wire facts; recordings `vm-user-identities-2020.json`, `vm-system-identity-2020.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.resource_id import ResourceId
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import BadResourceId, UnreadableAnswer

_TYPES = {
    "none": (False, False),
    "systemassigned": (True, False),
    "userassigned": (False, True),
    "systemassigned,userassigned": (True, True),
    "userassigned,systemassigned": (True, True),
}


def vm_from_wire(body: Any, headers: Mapping[str, str]) -> VirtualMachine:
    """Read a VM; its etag is in the body, the `ETag` header, or both. Raises `UnreadableAnswer` for anything else."""
    try:
        properties = body.get("properties") or {}
        return VirtualMachine(
            id=ResourceId.parse(body["id"]),
            location=text_or_none(body.get("location")) or "",
            identity=identity_from_wire(body.get("identity")),
            etag=text_or_none(body.get("etag")) or headers.get("ETag"),
            provisioning_state=text_or_none(properties.get("provisioningState")) or "Succeeded",
            tags=tags_from_wire(body),
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
        system=SystemIdentity(text_or_none(identity.get("principalId")), text_or_none(identity.get("tenantId")))
        if has_system
        else None,
        users={ResourceId.parse(user): _user_identity(known or {}) for user, known in users.items()},
    )


def _user_identity(known: Any) -> UserIdentity:
    return UserIdentity(text_or_none(known.get("clientId")), text_or_none(known.get("principalId")))


def tags_from_wire(body: Any) -> dict[str, str]:
    """Read the tags of a resource; absent means none."""
    return {str(name): text_or_none(value) or "" for name, value in (body.get("tags") or {}).items()}


def text_or_none(value: Any) -> str | None:
    """Return a text, or `None`; raises `TypeError` for anything else."""
    if value is not None and not isinstance(value, str):
        raise TypeError(value)
    return value


def unreadable(what: str) -> UnreadableAnswer:
    """Return the error for an answer that is not what it should be."""
    return UnreadableAnswer(
        f"Azure's answer does not read as {what}.",
        hint="Run the command again with --debug to see what was asked.",
    )
