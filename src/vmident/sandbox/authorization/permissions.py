"""Whether the signed-in person may do something: the one place that refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.core.resource_id import ResourceId
from vmident.sandbox.authorization import errors as authorization_errors
from vmident.sandbox.authorization.grants import Grants
from vmident.sandbox.authorization.scopes import check_scope
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.tenant import PERSON_ID, SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Rows

ASSIGN_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"


def is_allowed(rows: Rows, action: str, scope: str) -> bool:
    """Return whether the person may do `action`, such as `Microsoft.Compute/virtualMachines/write`, at `scope`."""
    return Grants(rows, PERSON_ID).is_allowed(action, scope)


def check(call: Call, action: str, scope: str) -> None:
    """Raise 403 `AuthorizationFailed` where the person may not."""
    if not call.grants.is_allowed(action, scope):
        raise authorization_errors.authorization_failed(call.caller, action, scope)


def check_linked(call: Call, action: str, scope: str, linked_action: str, linked: Iterable[str]) -> None:
    """Raise 403 `LinkedAuthorizationFailed` where a request, itself allowed, names what the person may not use.

    ARM looks at every resource that the request names, whether it is new there or not (aad-pod-identity issue 339).
    One in a subscription that it cannot see is refused the same way (recorded).
    """
    linked = list(linked)
    for one in linked:
        subscription = ResourceId.parse(one).subscription
        if subscription.lower() != SUBSCRIPTION:
            raise authorization_errors.linked_subscription_not_found(scope, linked_action, subscription)
    denied = [one for one in linked if not call.grants.is_allowed(linked_action, one)]
    if denied:
        raise authorization_errors.linked_authorization_failed(call.caller, action, scope, linked_action, denied)


def list_permissions(call: Call) -> Response:
    """Answer what the person's roles allow at a scope, role by role.

    Shape: Microsoft's REST reference for 'Permissions - List For Resource', version 2022-04-01.
    """
    scope = call.words["scope"]
    check_scope(call.rows, scope)
    return json_answer(200, {"value": call.grants.permissions_at(scope)})
