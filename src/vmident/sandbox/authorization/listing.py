"""What other services may know of roles: every assignment and every definition, as ARM's newest answers show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.api_versions import ROLES
from vmident.sandbox.authorization.role_assignments import shown_assignment
from vmident.sandbox.authorization.role_definitions import shown_role
from vmident.sandbox.authorization.role_store import all_roles

if TYPE_CHECKING:
    from vmident.sandbox.rows import Rows


def assignments(rows: Rows) -> list[dict[str, Any]]:
    """List the role assignments; `properties` has `principalId`, `principalType`, `roleDefinitionId`, `scope`."""
    return [shown_assignment(one, ROLES[-1]) for one in rows.every("assignment")]


def definitions(rows: Rows) -> list[dict[str, Any]]:
    """List the role definitions, the built-in ones first."""
    return [shown_role(one) for one in all_roles(rows)]


def definition_name(definition_id: str) -> str:
    """Return the GUID of a role from its id."""
    return definition_id.rpartition("/")[2]
