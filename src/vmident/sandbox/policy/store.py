"""Where policy objects are kept: definitions, initiatives and assignments, each below its scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.policy.built_in import BUILT_IN

if TYPE_CHECKING:
    from vmident.sandbox.rows import Record, Rows


class PolicyKind(NamedTuple):
    """A kind of row, its resource type, its name in codes of errors and in messages, and how many a scope holds."""

    row: str
    type: str
    code: str
    words: str
    most: int


# Limits: Microsoft's page 'What is Azure Policy', section 'Maximum count of Azure Policy objects'.
DEFINITION = PolicyKind(
    "policydefinition", "Microsoft.Authorization/policyDefinitions", "PolicyDefinition", "policy definition", 500
)
INITIATIVE = PolicyKind(
    "policyset", "Microsoft.Authorization/policySetDefinitions", "PolicySetDefinition", "policy set definition", 200
)
ASSIGNMENT = PolicyKind(
    "policyassignment", "Microsoft.Authorization/policyAssignments", "PolicyAssignment", "policy assignment", 200
)
LARGEST_BYTES = 1_048_576


def id_of(kind: PolicyKind, scope: str, name: str) -> str:
    """Return the id of an object; at the root, that of a built-in one."""
    return f"{scope.rstrip('/')}/providers/{kind.type}/{name}"


def find(rows: Rows, kind: PolicyKind, object_id: str) -> Record | None:
    """Find an object by its id, in any case."""
    mark = f"/providers/{kind.type}/".lower()
    at = object_id.lower().rfind(mark)
    if at < 0:
        return None
    if at == 0:
        return BUILT_IN.get(object_id.lower()) if kind is DEFINITION else None
    return rows.find(kind.row, object_id[:at], object_id[at + len(mark) :])


def visible_at(rows: Rows, kind: PolicyKind, scope: str) -> list[Record]:
    """List the objects at a scope and above it, in the order of scope and name."""
    return [one for one in rows.every(kind.row) if covers(one["group"], scope)]


def assignments_for(rows: Rows, scope: str) -> list[Record]:
    """List the assignments that hold at a scope, or below it."""
    return [one for one in rows.every(ASSIGNMENT.row) if covers(one["group"], scope) or covers(scope, one["group"])]


def write(rows: Rows, kind: PolicyKind, record: Record, now: float) -> None:
    """Write an object, new or not."""
    if rows.find(kind.row, record["group"], record["name"]) is None:
        rows.add(kind.row, record["group"], record["name"], record, made=now)
    else:
        rows.replace(kind.row, record["group"], record["name"], record)
