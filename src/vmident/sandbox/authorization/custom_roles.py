"""Custom roles: create, change, delete.

Shape: Microsoft's REST reference for 'Role Definitions - Create Or Update', and its page 'Azure custom roles'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.authorization import errors as authorization_errors
from vmident.sandbox.authorization.role import Role
from vmident.sandbox.authorization.role_definitions import shown_role
from vmident.sandbox.authorization.role_store import all_roles, role_of, write_custom_role
from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol.call import is_guid

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call

_LISTS = ("actions", "notActions", "dataActions", "notDataActions")
_READ_ONLY = ("createdOn", "updatedOn", "createdBy", "updatedBy")


def write_role(call: Call) -> Response:
    """Answer PUT: 201, for a new role and for one that was there."""
    name = call.words["name"]
    if not is_guid(name):
        raise authorization_errors.role_name_invalid(name)
    found = role_of(call.rows, name)
    if found is not None and not found.is_custom:
        raise authorization_errors.built_in_role_fixed()
    role = _read_role(call, name.lower())
    if any(role.title.lower() == other.title.lower() and role.name != other.name for other in all_roles(call.rows)):
        raise authorization_errors.role_title_taken()
    write_custom_role(call.rows, role, made=call.now)
    return json_answer(201, shown_role(role))


def delete_role(call: Call) -> Response:
    """Answer DELETE: 200 and what it was, 204 for one that was not there; refused while the role is assigned."""
    role = role_of(call.rows, call.words["name"])
    if role is None:
        return Response(204)
    if not role.is_custom:
        raise authorization_errors.built_in_role_fixed()
    if any(one["role"] == role.name for one in call.rows.every("assignment")):
        raise authorization_errors.role_in_use()
    call.rows.soft_delete("role", "", role.name, deleted=call.now)
    return json_answer(200, shown_role(role))


def _read_role(call: Call, name: str) -> Role:
    properties = call.content().get("properties")
    if not isinstance(properties, dict):
        raise errors.content_invalid("Required property 'properties' not found in JSON. Path ''.")
    for member in properties:
        if member not in ("roleName", "type", "description", "assignableScopes", "permissions", *_READ_ONLY):
            raise errors.member_unknown(member, "RoleDefinitionProperties", f"properties.{member}")
    title, scopes, permissions = (properties.get(member) for member in ("roleName", "assignableScopes", "permissions"))
    if not isinstance(title, str) or not title:
        raise authorization_errors.role_definition_invalid("The role definition has no name.")
    if not _is_texts(scopes) or not scopes:
        raise authorization_errors.role_definition_invalid("The role definition has no assignable scopes.")
    if not any(covers(scope, call.words["scope"]) or covers(call.words["scope"], scope) for scope in scopes):
        message = "The scope of the request is not among the assignable scopes of the role definition."
        raise authorization_errors.role_definition_invalid(message)
    lists = _read_permissions(permissions)
    return Role(
        name,
        title,
        properties.get("description") or "",
        actions=lists["actions"],
        not_actions=lists["notActions"],
        data_actions=lists["dataActions"],
        not_data_actions=lists["notDataActions"],
        is_custom=True,
        scopes=tuple(scopes),
    )


def _read_permissions(permissions: object) -> dict[str, tuple[str, ...]]:
    """Read the one set of permissions that a custom role has."""
    if not isinstance(permissions, list) or len(permissions) != 1 or not isinstance(permissions[0], dict):
        raise authorization_errors.role_definition_invalid("The role definition has no permissions.")
    for member, value in permissions[0].items():
        if member in _LISTS and not _is_texts(value or []):
            raise errors.content_invalid(f"Error converting value to an array of texts. Path '{member}'.")
        if member not in _LISTS and value is not None:
            raise errors.not_in_the_sandbox(f"'{member}' of a role's permissions")
    return {member: tuple(permissions[0].get(member) or ()) for member in _LISTS}


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
