"""ARM's JSON of resource groups and of user-assigned identities as resources to the core's values."""

from __future__ import annotations

from msgspec import Raw

from vmident.arm.answers import read
from vmident.arm.wire.types import GroupBody, IdentityResourceBody
from vmident.arm.wire.virtual_machines import checking_ids, tags_from_wire
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId
from vmident.core.resources import Group, IdentityResource


def group_from_wire(content: bytes | Raw, request: str = "") -> Group:
    """Read a resource group: exchange 0 of the recording."""
    body = read(content, GroupBody, "a resource group", request)
    state = (body.properties.provisioning_state if body.properties else None) or ""
    with checking_ids("a resource group", request):
        scope = Scope.parse(body.id)
    return Group(scope, body.name, body.location or "", tags_from_wire(body.tags), state.lower() == "deleting")


def identity_resource_from_wire(content: bytes | Raw, request: str = "") -> IdentityResource:
    """Read a user-assigned identity: exchange 1 of the recording.

    A `resourcegroups` in lower case comes back as ARM spells it elsewhere.
    """
    body = read(content, IdentityResourceBody, "a user-assigned identity", request)
    known = body.properties
    with checking_ids("a user-assigned identity", request):
        identity = ResourceId.parse(body.id)
    return IdentityResource(
        identity,
        body.location or "",
        known.client_id if known else None,
        known.principal_id if known else None,
        known.tenant_id if known else None,
        tags_from_wire(body.tags),
        is_regional=((known.isolation_scope if known else None) or "").lower() == "regional",
    )
