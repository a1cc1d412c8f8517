"""ARM's JSON of groups and of identities as resources to the core's values."""

from __future__ import annotations

from typing import Any

from vmident.arm.wire import tags_from_wire, text_or_none, unreadable
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId
from vmident.core.resources import Group, IdentityResource
from vmident.errors import BadResourceId


def group_from_wire(body: Any) -> Group:
    """Read a resource group: exchange 0 of the recording. Raises `UnreadableAnswer` for anything else."""
    try:
        scope = Scope.parse(body["id"])
        state = _told(body.get("properties") or {}, "provisioningState")
        is_being_deleted = state.lower() == "deleting"
        return Group(scope, _told(body, "name"), _told(body, "location"), tags_from_wire(body), is_being_deleted)
    except (AttributeError, KeyError, TypeError, BadResourceId) as strange:
        raise unreadable("a resource group") from strange


def identity_resource_from_wire(body: Any) -> IdentityResource:
    """Read a user-assigned identity: exchange 1 of the recording. Raises `UnreadableAnswer` for anything else.

    A `resourcegroups` in lower case comes back as ARM spells it elsewhere.
    """
    try:
        properties = body.get("properties") or {}
        return IdentityResource(
            ResourceId.parse(body["id"]),
            _told(body, "location"),
            text_or_none(properties.get("clientId")),
            text_or_none(properties.get("principalId")),
            text_or_none(properties.get("tenantId")),
            tags_from_wire(body),
        )
    except (AttributeError, KeyError, TypeError, BadResourceId) as strange:
        raise unreadable("a user-assigned identity") from strange


def _told(body: Any, member: str) -> str:
    return text_or_none(body.get(member)) or ""
