"""What the body of a role assignment asks for.

Source: Microsoft's REST reference for 'Role Assignments - Create'. That unknown members are refused is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.api_versions import OLDEST_ROLES
from vmident.sandbox.authorization import errors as authorization_errors
from vmident.sandbox.authorization.directory import GROUP, SERVICE_PRINCIPAL, USER
from vmident.sandbox.protocol.call import is_guid

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call

_KINDS = {kind.lower(): kind for kind in (SERVICE_PRINCIPAL, USER, GROUP)}
_CONDITION_VERSION = "2.0"
_READ_ONLY = ("createdOn", "updatedOn", "createdBy", "updatedBy")


@dataclass(frozen=True)
class AssignmentRequest:
    """A role's GUID for a principal's; `kind` is the principal's type, where the request says it."""

    role: str
    principal: str
    kind: str | None = None
    description: str | None = None
    condition: str | None = None

    def of_kind(self, kind: str) -> AssignmentRequest:
        """Return the same with the type that the directory knows."""
        return replace(self, kind=kind)


def read_assignment_request(call: Call, name: str, scope: str) -> AssignmentRequest:
    """Read the body; `properties.scope` may repeat the path's, and says nothing new."""
    content = call.content()
    for member in content:
        if member not in ("properties", "id", "name", "type"):
            raise errors.member_unknown(member, "RoleAssignmentPutRequest", member)
    properties = content.get("properties")
    if not isinstance(properties, dict):
        raise errors.content_invalid("Required property 'properties' not found in JSON. Path ''.")
    _check_members(properties)
    said = properties.get("scope")
    if said is not None and str(said).lower().rstrip("/") != scope.lower():
        raise authorization_errors.assignment_scope_differs(name, str(said), scope)
    role, principal = (_text(properties, member) for member in ("roleDefinitionId", "principalId"))
    if not is_guid(principal):
        raise authorization_errors.principal_id_invalid(principal)
    # Version 2015-07-01 knows no types; that it overlooks one is assumed.
    kind = None if call.api_version == OLDEST_ROLES else _read_kind(properties.get("principalType"))
    return AssignmentRequest(
        _role_name(role), principal, kind, properties.get("description"), _read_condition(properties)
    )


def _check_members(properties: dict[str, Any]) -> None:
    texts = ("description", "condition", "conditionVersion")
    known = ("roleDefinitionId", "principalId", "principalType", "scope", *texts, *_READ_ONLY)
    for member, value in properties.items():
        if member == "delegatedManagedIdentityResourceId":
            if value is not None:
                raise errors.not_in_the_sandbox(f"'{member}' of a role assignment")
        elif member not in known:
            raise errors.member_unknown(member, "RoleAssignmentProperties", f"properties.{member}")
    for member in texts:
        value = properties.get(member)
        if value is not None and not isinstance(value, str):
            raise errors.content_invalid(f"Error converting value to type 'System.String'. Path '{member}'.")


def _read_condition(properties: dict[str, Any]) -> str | None:
    """Read a condition, which is kept and shown; what it says of blobs or of roles is not evaluated here."""
    condition: str | None = properties.get("condition") or None
    if condition is not None and properties.get("conditionVersion") != _CONDITION_VERSION:
        raise authorization_errors.condition_version_invalid(properties.get("conditionVersion"))
    return condition


def _text(properties: dict[str, Any], member: str) -> str:
    value = properties.get(member)
    if not isinstance(value, str) or not value:
        raise errors.content_invalid(f"Required property '{member}' not found in JSON. Path 'properties'.")
    return value


def _role_name(text: str) -> str:
    """Read `[/subscriptions/ID]/providers/Microsoft.Authorization/roleDefinitions/GUID`."""
    path, _, name = text.rpartition("/")
    if not path.lower().endswith("/providers/microsoft.authorization/roledefinitions") or not is_guid(name):
        raise authorization_errors.role_id_invalid(text)
    return name


def _read_kind(value: object) -> str | None:
    if value is None or value == "":
        return None
    kind = _KINDS.get(value.lower()) if isinstance(value, str) else None
    if kind is None:
        raise errors.content_invalid("Error converting value to type 'PrincipalType'. Path 'principalType'.")
    return kind
