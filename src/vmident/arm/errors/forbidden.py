"""What to do about a 403, by what Azure's message says."""

from __future__ import annotations

import re

from vmident.core.rbac.permissions import ASSIGN_IDENTITY, remediation

_ACTION_AND_SCOPE = re.compile(r"perform action '([^']+)' (?:over|on|at) scope '([^']+)'", re.IGNORECASE)
_OBJECT_ID = re.compile(r"with object id '([^']+)'", re.IGNORECASE)
_LINKED_SCOPES = re.compile(r"linked scope\(s\) '([^']+)'", re.IGNORECASE)


def who_may(message: str, code: str | None) -> str:
    """Return which role allows what Azure refused, and the command that grants it."""
    caller = _OBJECT_ID.search(message)
    object_id = caller[1] if caller else None
    linked = _LINKED_SCOPES.search(message)
    if code == "LinkedAuthorizationFailed" and linked:
        ways = " ".join(remediation(ASSIGN_IDENTITY, scope.strip(), object_id) for scope in linked[1].split(","))
        return f"{ways} Azure gives the same error for a deleted identity: check that it exists."
    asked = _ACTION_AND_SCOPE.search(message)
    if asked is None:
        return "Ask an administrator of the subscription for access."
    action, scope = asked.groups()
    if code == "InvalidTemplateDeployment":
        # What a template is to make is not there yet: its group is.
        scope = "/".join(scope.split("/")[:5])
    return remediation(action, scope, object_id)
