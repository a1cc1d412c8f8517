"""Azure's refusals as vmident's errors: Azure's own code and message, what to do about it, and the request id.

Codes and messages: 'Error codes met in identity work' in the project's wire facts, from Azure's own answers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from vmident.arm.limits import CODE_CHARACTERS, MESSAGE_CHARACTERS
from vmident.core.selection import did_you_mean
from vmident.core.shell import command_line
from vmident.errors import (
    AzureRefused,
    AzureUnavailable,
    Conflict,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OperationFailed,
    PreconditionFailed,
    Throttled,
    UnreadableAnswer,
    VmidentError,
)

# Refusals of a write that another change of the VM explains, and that clear when that change has ended.
CONFLICT_CODES = frozenset(
    {
        "Conflict",
        "OperationNotAllowed",
        "ConflictingConcurrentWriteNotAllowed",
        "AnotherOperationInProgress",
        "OperationPreempted",
    }
)
# 409s that no waiting clears.
_STANDING_CODES = frozenset(
    {
        "ScopeLocked",
        "ResourceGroupBeingDeleted",
        "SkuNotAvailable",
        "QuotaExceeded",
        "RoleAssignmentExists",
        "MissingSubscriptionRegistration",
    }
)
# Codes that say only that something within failed; it stands in `details`.
_WRAPPERS = frozenset(
    {"DeploymentFailed", "InvalidTemplateDeployment", "ResourceDeploymentFailure", "MultipleErrorsOccurred"}
)

# How every refusal of Resource Graph begins; the reason stands in `details`.
_GRAPH_REFUSAL = "Please provide below info when asking for support"

_NESTED_JSON = re.compile(r"\{\s*\"error\"\s*:")
_ACTION_AND_SCOPE = re.compile(r"perform action '([^']+)' (?:over|on|at) scope '([^']+)'", re.IGNORECASE)
_OBJECT_ID = re.compile(r"with object id '([^']+)'", re.IGNORECASE)
_RESOURCE = re.compile(r"resource '([^']+)'", re.IGNORECASE)
_LINKED_SCOPES = re.compile(r"linked scope\(s\) '([^']+)'", re.IGNORECASE)

_SIGN_IN = (
    "Sign in with 'az login' or 'vmident login', or set a new token in VMIDENT_ACCESS_TOKEN. "
    "Use --sandbox to try vmident without Azure."
)
HINTS = {
    "ResourceNotFound": "Run 'vmident list' to see all VMs.",
    "ResourceGroupNotFound": "Check -g/--resource-group. Run 'vmident group list' to see all resource groups.",
    "SubscriptionNotFound": "Check --subscription, and that you are signed in to its tenant.",
    "InvalidSubscriptionId": "Check --subscription: it takes the name or ID of a subscription.",
    "MissingSubscriptionRegistration": "Register the provider: az provider register --namespace NAMESPACE",
    "SkuNotAvailable": "Choose another --size or --location; see: az vm list-skus --location REGION --all",
    "QuotaExceeded": "Choose another --size or --location, or request more quota.",
    "PlatformImageNotFound": "Check --image. To see all images: az vm image list --all --publisher PUBLISHER",
    "ScopeLocked": "The resource is locked. Delete the lock first; to find it, run 'az lock list'.",
}
"""What to do about a code of Azure's, whatever the request was."""


def error_from(status: int, headers: Mapping[str, str], body: Any) -> VmidentError:
    """Translate an answer that is no success; `body` is the parsed JSON, or `None` where it was none.

    A redirect is neither a success nor a refusal: Azure does not redirect, so it comes from something on the way.
    """
    if status < 400:
        return UnreadableAnswer(
            f"The answer has status {status}, which is neither a success nor an error.",
            hint="Check for a proxy or sign-in page between this machine and Azure.",
            status=status,
            request_id=headers.get("x-ms-request-id"),
        )
    code, message = code_and_message(body, f"Azure returned status {status} and no message.")
    said: dict[str, Any] = {"code": code, "status": status, "request_id": headers.get("x-ms-request-id")}
    if code == "FailedIdentityOperation":
        return _identity_operation_failed(body, message, said)
    if status == 401:
        return NotSignedIn(message, hint=_SIGN_IN, **said)
    if status == 403:
        return NotAllowed(message, hint=_who_may(message, code), **said)
    if status == 404:
        return NotFound(message, hint=HINTS.get(code or ""), **said)
    if status == 412:
        return PreconditionFailed(message, hint="The VM keeps changing. Try again later.", **said)
    if status == 429:
        seconds = retry_after_seconds(headers)
        return Throttled(
            message, hint="Try again in a minute.", retry_after_seconds=seconds, target=_target_in(body), **said
        )
    if status == 409 and code not in _STANDING_CODES:
        return Conflict(message, hint="Another operation on it is still running. Try again later.", **said)
    if status == 408 or status >= 500:
        return AzureUnavailable(message, hint="This is a problem in Azure. Try again later.", **said)
    return AzureRefused(message, hint=HINTS.get(code or "") or _available_region(message, code), **said)


def _available_region(message: str, code: str | None) -> str | None:
    """Suggest one of the regions that Azure's message lists for the one that it does not have."""
    if not (code or "").startswith("LocationNotAvailable"):
        return None
    wanted = re.search(r"location '([^']*)'", message)
    available = re.search(r"regions? [^']*'([\w, ]+)'", message)
    alike = did_you_mean(wanted[1], available[1].replace(" ", "").split(",")) if wanted and available else ""
    return f"Name another region with --location.{alike}"


def operation_error(error: Any, status: str) -> VmidentError:
    """Translate the `error` of an operation that ended as `Failed` or `Canceled`."""
    code, message = code_and_message({"error": error}, f"The operation ended as '{status}', and Azure gave no reason.")
    if code == "FailedIdentityOperation":
        return _identity_operation_failed({"error": error}, message, {"code": code})
    if code in CONFLICT_CODES:
        return Conflict(message, code=code, hint="The VM was changed by another client. Try again later.")
    return OperationFailed(message, code=code or status, hint="Run 'vmident show' to see the VM's current identities.")


def code_and_message(body: Any, otherwise: str) -> tuple[str | None, str]:
    """Read Azure's code and message out of an answer, the innermost message where JSON is nested in a string.

    Of a deployment that failed, they are those of the first resource that did; of a query that Resource Graph refuses,
    those of its most specific reason.
    """
    error = body.get("error", body) if isinstance(body, dict) else {}
    if not isinstance(error, dict):
        error = {"message": error}
    error = _innermost(error)
    message = error.get("message")
    code = error.get("code")
    text = _unwrapped(message) if isinstance(message, str) and message.strip() else otherwise
    shown = " ".join(text[:MESSAGE_CHARACTERS].split())
    return (code[:CODE_CHARACTERS] if isinstance(code, str) and code else None), shown


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After`, which ARM gives in whole seconds; `None` where it is absent or is a date."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _target_in(body: Any) -> str | None:
    """Read the budget that compute names when it throttles; source: 'Troubleshooting API throttling errors'."""
    try:
        target = body["error"]["details"][0]["target"]
    except (KeyError, TypeError, IndexError):
        return None
    return target if isinstance(target, str) else None


def _innermost(error: dict[str, Any]) -> dict[str, Any]:
    """Return the failure that an error wraps: in `details`, or in a message that is JSON itself."""
    message, details = error.get("message"), error.get("details")
    inner = _inner_error(message) if isinstance(message, str) and message.lstrip().startswith("{") else None
    reasons = (
        [one for one in details if isinstance(one, dict) and one.get("message")] if isinstance(details, list) else []
    )
    code = error.get("code")
    if inner is None and reasons and isinstance(code, str) and code in _WRAPPERS:
        inner = reasons[0]
    if inner is None and reasons and isinstance(message, str) and message.startswith(_GRAPH_REFUSAL):
        return _graph_reason(reasons)
    return _innermost(inner) if inner else error


def _graph_reason(reasons: list[dict[str, Any]]) -> dict[str, Any]:
    """Return Resource Graph's most specific reason: `InvalidQuery` comes first and says nothing of the query.

    A syntax error carries no text, but the token; its position counts from the start of a query that vmident wrote
    around what the user typed, so it is left out.
    """
    reason = next((one for one in reasons if one.get("code") != "InvalidQuery"), reasons[0])
    unexpected = reason.get("token")
    if not isinstance(unexpected, str):
        return reason
    where = "at the end of the query" if unexpected == "<EOF>" else f"at '{unexpected}'"
    return {**reason, "message": f"Syntax error {where}."}


def _unwrapped(message: str) -> str:
    nested = _inner_error(message)
    inner = nested.get("message") if nested else None
    return _unwrapped(inner) if isinstance(inner, str) and inner else message


def _inner_error(message: str) -> dict[str, Any] | None:
    found = _NESTED_JSON.search(message)
    try:
        inner = json.JSONDecoder().raw_decode(message, found.start())[0] if found else None
    except (ValueError, RecursionError):
        return None
    error = inner.get("error") if isinstance(inner, dict) else None
    return error if isinstance(error, dict) else None


def _identity_operation_failed(body: Any, message: str, said: dict[str, Any]) -> VmidentError:
    """A user-assigned identity that is named, or is attached still, is gone; or one is still being deleted."""
    outer = body["error"].get("message", "") if isinstance(body.get("error"), dict) else ""
    inner = _inner_error(outer if isinstance(outer, str) else "") or {}
    if inner.get("code") == "Conflict":
        return Conflict(message, hint="An identity with this name is still being deleted. Try again later.", **said)
    vm, identity = _RESOURCE.search(outer if isinstance(outer, str) else ""), _RESOURCE.search(message)
    remove = command_line(
        "vmident", "remove-user", vm[1] if vm else "VM", "--identity", identity[1] if identity else "ID"
    )
    return NotFound(
        message,
        hint=f"Check the name of the identity. If it was deleted while attached, detach it first: {remove}",
        **said,
    )


def _who_may(message: str, code: str | None) -> str:
    from vmident.core.rbac.permissions import ASSIGN_IDENTITY, remediation

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
