"""What to do about a 403, by what Azure's message says: a missing role, or what no role changes.

Messages: 'Error codes met in identity work' in the project's wire facts, and public reports of Azure's answers.
"""

from __future__ import annotations

import re

from vmident.core.rbac.permissions import ASSIGN_IDENTITY, remediation

_ACTION_AND_SCOPE = re.compile(r"perform action '([^']+)' (?:over|on|at) scope '([^']+)'", re.IGNORECASE)
_OBJECT_ID = re.compile(r"with object id '([^']+)'", re.IGNORECASE)
_LINKED_SCOPES = re.compile(r"linked scope\(s\) '([^']+)'", re.IGNORECASE)
_OUT_OF_REACH = re.compile(
    r"linked subscription '([^']+)' was not found|not authorized to access linked subscription '([^']+)'", re.IGNORECASE
)
# The name may hold apostrophes; it ends before 'and Id'.
_DENY_ASSIGNMENT = re.compile(
    r"deny assignment with (?:name '(.*?)' and )?Id '([^']*)'(?: at scope '([^']+)')?", re.IGNORECASE
)
_DENIED_LINKED_SCOPES = re.compile(r"deny assignments on the '\d+' linked scope\(s\) '([^']+)'", re.IGNORECASE)


def forbidden_hint(message: str, code: str | None) -> str:
    """Return what helps: the role that allows what Azure refused, or what to know where no role does."""
    return _no_role_helps(message) or _missing_role(message, code)


def _no_role_helps(message: str) -> str | None:
    out_of_reach = _OUT_OF_REACH.search(message)
    if out_of_reach:
        return (
            f"Subscription {out_of_reach[1] or out_of_reach[2]} does not exist or is in another tenant. A VM can only "
            "use identities in its own tenant: check the ID of the identity."
        )
    denied, linked = _DENY_ASSIGNMENT.search(message), _DENIED_LINKED_SCOPES.search(message)
    if denied:
        place = f" on {denied[3]}" if denied[3] else ""
        return f"Deny assignment '{denied[1] or denied[2]}'{place} blocks this. {_ABOUT_DENY_ASSIGNMENTS}"
    if linked:
        scopes = " and ".join(one.strip() for one in linked[1].split(","))
        return f"A deny assignment on {scopes} blocks this. {_ABOUT_DENY_ASSIGNMENTS}"
    return None


_ABOUT_DENY_ASSIGNMENTS = (
    "No role overrides a deny assignment: make the change through the service that created it, such as a managed "
    "application or a deployment stack."
)


def _missing_role(message: str, code: str | None) -> str:
    caller = _OBJECT_ID.search(message)
    object_id = caller[1] if caller else None
    linked = _LINKED_SCOPES.search(message)
    if code == "LinkedAuthorizationFailed" and linked:
        ways = "\n".join(remediation(ASSIGN_IDENTITY, scope.strip(), object_id) for scope in linked[1].split(","))
        return f"Azure returns the same error for a deleted identity: check that it exists.\n{ways}"
    asked = _ACTION_AND_SCOPE.search(message)
    if asked is None:
        return "Ask an administrator of the subscription for access."
    action, scope = asked.groups()
    if code == "InvalidTemplateDeployment":
        # What a template creates does not exist yet, but its group does.
        scope = "/".join(scope.split("/")[:5])
    return remediation(action, scope, object_id)
