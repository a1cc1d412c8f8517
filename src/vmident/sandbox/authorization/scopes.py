"""Where a role holds: a management group, a subscription, a group or a resource; and what lies below what.

Scopes are ids, so they compare without regard to case. Source: Microsoft's page 'Understand scope for Azure RBAC'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox import errors
from vmident.sandbox.resource_manager.resource_types import RESOURCE_KINDS
from vmident.sandbox.tenant import MANAGEMENT_GROUPS, SCOPES_ABOVE, SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.rows import Record, Rows

_CHAIN = [scope.lower() for scope in SCOPES_ABOVE]

# The kind of row that a resource of a type is kept as; a type that is not here has no resources.
ROW_KINDS = {one.type.lower(): one.kind for one in RESOURCE_KINDS}


def tidied(scope: str) -> str:
    """Drop empty segments: SDKs put two slashes where a parent resource would stand."""
    segments = [segment for segment in scope.split("/") if segment]
    return "/" + "/".join(segments)


def covers(outer: str, inner: str) -> bool:
    """Return whether what holds at `outer` holds at `inner` too: they are the same, or `inner` is below."""
    above, below = outer.lower().rstrip("/"), inner.lower().rstrip("/")
    if below == above or below.startswith(f"{above}/"):
        return True
    # What lies below a management group does not begin with its id.
    groups_above = _CHAIN[_CHAIN.index(below) :] if below in _CHAIN else _CHAIN
    return above in groups_above and (below in _CHAIN or below.startswith(f"/subscriptions/{SUBSCRIPTION}"))


def check_scope(rows: Rows, scope: str) -> None:
    """Raise ARM's 404 for a group or a resource that is not there; of a nested resource its parent is looked for."""
    if scope == "/":
        return
    segments = scope.split("/")[1:]
    shape = [segment.lower() for segment in segments[::2]]
    if len(segments) == 2 and shape == ["subscriptions"]:
        return
    if shape[:1] == ["providers"] and scope.lower().startswith(f"{MANAGEMENT_GROUPS.lower()}/"):
        if scope.lower() not in _CHAIN:
            raise errors.management_group_not_found(segments[-1])
        return
    if shape[:2] != ["subscriptions", "resourcegroups"] or len(segments) < 4:
        raise errors.path_unknown(scope)
    group = segments[3]
    if rows.find("group", group, "") is None:
        raise errors.group_not_found(group)
    if len(segments) == 4:
        return
    # After the namespace, types and names take turns: a whole resource has an even number of segments.
    if len(segments) < 8 or len(segments) % 2 or shape[2] != "providers":
        raise errors.path_unknown(scope)
    if row_of(rows, scope) is None:
        raise errors.resource_not_found(f"{segments[5]}/{segments[6]}", segments[7], group)


def row_of(rows: Rows, resource_id: str) -> Record | None:
    """Find the resource of an id; of a nested resource its parent."""
    segments = resource_id.split("/")
    if len(segments) < 9:
        return None
    row_kind = ROW_KINDS.get(f"{segments[6]}/{segments[7]}".lower())
    return rows.find(row_kind, segments[4], segments[8]) if row_kind else None
