"""From an identity to the resources that have it, and from a resource to its system-assigned identity.

Shapes: Microsoft's REST reference for 'User Assigned Identities - List Associated Resources' (2022-01-31-preview) and
'System Assigned Identities - Get By Scope'; the client ID of a system-assigned identity is derived from its principal
ID, as VMs carry only that.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId
from vmident.sandbox import errors
from vmident.sandbox.authorization.scopes import row_of
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.managed_identity.errors import no_system_identity
from vmident.sandbox.managed_identity.handlers import found_identity
from vmident.sandbox.managed_identity.views import secret_url
from vmident.sandbox.tenant import SUBSCRIPTION, SUBSCRIPTION_NAME, TENANT

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

_HOLDERS = ("vm", "vmss")
_CLIENT_IDS = uuid.UUID("5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee5")
_MOST = 100


def list_associated(call: Call) -> Response:
    """Answer POST `listAssociatedResources`: the VMs and scale sets that have the identity, 100 at once at most."""
    identity = ResourceId.parse(found_identity(call)["id"])
    for option in ("$filter", "$orderby"):
        if call.query.get(option):
            raise errors.not_in_the_sandbox(f"'{option}' of associated resources")
    found = [
        _view(holder)
        for kind in _HOLDERS
        for holder in call.rows.every(kind)
        if any(ResourceId.parse(entry["id"]) == identity for entry in holder["user"])
    ]
    first, most = (_number(call, option, default) for option, default in (("$skip", 0), ("$top", _MOST)))
    content: dict[str, Any] = {"totalCount": len(found), "value": found[first : first + most]}
    if first + most < len(found):
        link = f"{call.settings.endpoint}{call.path}?api-version={call.api_version}"
        content["nextLink"] = f"{link}&%24skip={first + most}&%24top={most}"
    return json_answer(200, content)


def read_system_assigned(call: Call) -> Response:
    """Answer GET of `identities/default` at a resource."""
    scope = call.words["scope"]
    found = row_of(call.rows, scope)
    if found is None or not found.get("system"):
        raise no_system_identity(scope)
    path = f"{found['id']}/providers/Microsoft.ManagedIdentity/Identities/default"
    ids = {"principalId": found["system"], "clientId": str(uuid.uuid5(_CLIENT_IDS, found["system"]))}
    return json_answer(
        200,
        {
            "id": path,
            "name": "default",
            "type": "Microsoft.ManagedIdentity/Identities",
            "location": found["location"],
            "tags": found["tags"],
            "properties": {"tenantId": TENANT, **ids, "clientSecretUrl": secret_url(path, found["location"], ids)},
        },
    )


def _view(holder: Record) -> dict[str, Any]:
    resource_id = ResourceId.parse(holder["id"])
    return {
        "id": holder["id"],
        "name": holder["name"],
        "type": resource_id.kind.lower(),
        "resourceGroup": holder["group"].lower(),
        "subscriptionId": SUBSCRIPTION,
        "subscriptionDisplayName": SUBSCRIPTION_NAME,
    }


def _number(call: Call, option: str, default: int) -> int:
    text = call.query.get(option, str(default))
    if not text.isdecimal():
        raise errors.Refused(400, "BadRequest", f"The value '{text}' of '{option}' is not a number.")
    return int(text)
