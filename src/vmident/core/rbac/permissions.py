"""What Azure's lists of actions allow; which role grants a missing action, and the command that assigns it.

Actions match with `*` for any text and without regard to case, and `/*/` also for a single `/`: Managed Identity
Operator has `userAssignedIdentities/*/assign/action` for what is asked as `userAssignedIdentities/assign/action`. What
`notActions` name is taken from what the same entry's `actions` give, not from what another role gives. Locks, deny
assignments and policy are not seen here.
Source: Microsoft's 'Understand Azure role definitions'; built-in roles as in its 'Azure built-in roles'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from vmident.core.rbac.scope import Scope
from vmident.core.shell import command_line
from vmident.errors import BadResourceId

ASSIGN_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
READ_ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments/read"
WRITE_ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments/write"
DELETE_ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments/delete"

_GRANTS_ROLES = "Role Based Access Control Administrator"
_ALSO_GRANTS_ROLES = "User Access Administrator"
_ROLE_ASSIGNMENT = re.compile(r"/providers/Microsoft\.Authorization/roleAssignments(/[^/]*)?$", re.IGNORECASE)
# The narrowest built-in role for an action, the more special beginnings first.
_ROLE_FOR_ACTION = (
    ("microsoft.compute/virtualmachines/", "Virtual Machine Contributor"),
    ("microsoft.compute/virtualmachinescalesets/", "Virtual Machine Contributor"),
    ("microsoft.managedidentity/userassignedidentities/assign/", "Managed Identity Operator"),
    ("microsoft.managedidentity/userassignedidentities/", "Managed Identity Contributor"),
    ("microsoft.authorization/roleassignments/", _GRANTS_ROLES),
    ("microsoft.network/", "Network Contributor"),
    ("microsoft.resources/", "Contributor"),
)
# Actions that make what is not there yet, and how many segments the id of its place has: a subscription, a group.
_MAKES_AT_DEPTH = {
    "microsoft.resources/subscriptions/resourcegroups/write": 3,
    "microsoft.managedidentity/userassignedidentities/write": 5,
    "microsoft.resources/deployments/write": 5,
}


class Permission(Struct, frozen=True):
    """One entry of Azure's answer: `actions` less `not_actions`."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """Return whether this entry gives the action."""
        return any_matches(self.actions, action) and not any_matches(self.not_actions, action)


def allows(permissions: Iterable[Permission], action: str) -> bool:
    """Return whether any of the entries gives the action."""
    return any(permission.allows(action) for permission in permissions)


def role_for(action: str) -> str | None:
    """Name the narrowest built-in role that gives an action; `None` where none is known here."""
    lower = action.lower()
    if lower.endswith("/read"):
        return "Reader"
    return next((role for beginning, role in _ROLE_FOR_ACTION if lower.startswith(beginning)), None)


def grant_command(role: str, scope: str, object_id: str | None) -> str:
    """Return the Azure CLI command that grants the role."""
    assignee = object_id or "OBJECT_ID"
    return command_line("az", "role", "assignment", "create", "--assignee", assignee, "--role", role, "--scope", scope)


def remediation(action: str, scope: str, object_id: str | None) -> str:
    """Return which role grants a missing action, and the command that assigns it.

    A role is granted where the resource is created, as nothing can be granted on what does not exist; for a role
    assignment, whose own ID Azure names as the scope, that is the scope of the assignment.
    """
    role = role_for(action)
    depth = _MAKES_AT_DEPTH.get(action.lower())
    scope = "/".join(scope.split("/")[:depth]) if depth else _ROLE_ASSIGNMENT.sub("", scope) or "/"
    if role is None:
        return f"Ask for a role with '{action}' on {_titled(scope)}."
    alternative = f" or '{_ALSO_GRANTS_ROLES}'" if role == _GRANTS_ROLES else ""
    return (
        f"Ask for the role '{role}'{alternative} on {_titled(scope)}.\n"
        f"To grant it, an administrator runs: {grant_command(role, scope, object_id)}"
    )


def _titled(scope: str) -> str:
    # Azure's messages name scopes that are none, such as a list of them.
    try:
        return Scope.parse(scope).title
    except BadResourceId:
        return scope


def any_matches(patterns: Iterable[str], action: str) -> bool:
    """Return whether one of the patterns, such as `Microsoft.Compute/*`, matches the action."""
    return any(_matches(pattern, action) for pattern in patterns)


def _matches(pattern: str, action: str) -> bool:
    if "*" not in pattern:
        return pattern.lower() == action.lower()
    expression = re.escape(pattern).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
    return re.fullmatch(expression, action, re.IGNORECASE) is not None
