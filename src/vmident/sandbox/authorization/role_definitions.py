"""Role definitions as ARM answers them: list and read.

Shape: exchange 16 of the recording `vm-user-identities-2020.json`; filters: Microsoft's page 'List Azure role
definitions using the REST API'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.authorization import errors as authorization_errors
from vmident.sandbox.authorization.role_store import all_roles, role_of
from vmident.sandbox.authorization.scopes import check_scope
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol.odata_filter import read_filter
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.authorization.role import Role
    from vmident.sandbox.protocol.call import Call

# Reader's, as recorded; that the others have the same is assumed.
_CREATED, _UPDATED = "2015-02-02T21:55:09.8806423Z", "2019-02-05T21:24:35.7424745Z"


def definition_id(name: str) -> str:
    """Return the full id of a role definition, as a subscription shows it."""
    return f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{name}"


def list_roles(call: Call) -> Response:
    """Answer the role definitions of a scope: all of them can be assigned everywhere.

    The filters `roleName eq '…'` and `type eq '…'` compare without regard to case, as recorded; `atScopeAndBelow()`
    and `atScope()` leave nothing out.
    """
    if call.words["scope"] != "/":
        check_scope(call.rows, call.words["scope"])
    roles = all_roles(call.rows)
    for clause in read_filter(call.query.get("$filter", "")):
        wanted = (clause.value or "").lower()
        if clause.name == "rolename" and not clause.is_call:
            roles = [role for role in roles if role.title.lower() == wanted]
        elif clause.name == "type" and not clause.is_call:
            roles = [role for role in roles if _kind(role).lower() == wanted]
        elif clause.name not in ("atscopeandbelow", "atscope") or not clause.is_call:
            raise errors.not_in_the_sandbox(f"the filter '{clause.name}' of role definitions")
    return json_answer(200, {"value": [shown_role(role) for role in roles]})


def read_role(call: Call) -> Response:
    """Answer GET of one role definition."""
    role = role_of(call.rows, call.words["name"])
    if role is None:
        raise authorization_errors.role_not_found(call.words["name"], status=404)
    return json_answer(200, shown_role(role))


def _kind(role: Role) -> str:
    return "CustomRole" if role.is_custom else "BuiltInRole"


def shown_role(role: Role) -> dict[str, Any]:
    """Return a role definition as answers carry it."""
    return {
        "properties": {
            "roleName": role.title,
            "type": _kind(role),
            "description": role.description,
            "assignableScopes": list(role.scopes),
            "permissions": [role.permissions],
            "createdOn": _CREATED,
            "updatedOn": _UPDATED,
            "createdBy": None,
            "updatedBy": None,
        },
        "id": definition_id(role.name),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.name,
    }
