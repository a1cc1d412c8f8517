"""Azure's refusals as vmident's errors: Azure's own code and message, what to do about it, and the request id.

Codes and messages: 'Error codes met in identity work' in the project's wire facts, from Azure's own answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vmident.arm.auth.errors import WRONG_TENANT, wrong_tenant_in
from vmident.arm.errors.body import code_and_message, inner_error, innermost_error, request_id_in, retry_after_seconds
from vmident.arm.errors.conflicts import HINTS as CONFLICT_HINTS
from vmident.arm.errors.conflicts import clears, conflict_error
from vmident.core.naming import did_you_mean
from vmident.core.shell import command_line
from vmident.errors import (
    AzureErrorResponse,
    AzureUnavailable,
    Conflict,
    InvalidResponse,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OperationFailed,
    PreconditionFailed,
    Throttled,
    VmidentError,
)

_NO_SUCH_SUBSCRIPTION = "NoValidSubscriptionsInQueryRequest"
_DISALLOWED_BY_POLICY = "RequestDisallowedByPolicy"
CODES_OF_ANY_STATUS = frozenset({"FailedIdentityOperation", _DISALLOWED_BY_POLICY})
"""Codes whose errors are the same for an answer, an operation and a resource of a deployment, whatever the status."""

_RESOURCE = re.compile(r"resource '([^']+)'", re.IGNORECASE)
_SIGN_IN = (
    "Sign in with 'az login' or 'vmident login', or set a new token in VMIDENT_ACCESS_TOKEN. "
    "Use --sandbox to try vmident without Azure."
)
HINTS = {
    **CONFLICT_HINTS,
    "ResourceNotFound": "To see all VMs: vmident list",
    "ResourceGroupNotFound": "To see all resource groups: vmident group list",
    "SubscriptionNotFound": "Check --subscription, and that you are signed in to its tenant.",
    "InvalidSubscriptionId": "Check --subscription: it takes the name or ID of a subscription.",
    "PlatformImageNotFound": "Check --image. To see all images: az vm image list --all --publisher PUBLISHER",
}
"""What to do about a code of Azure's, whatever the request was."""


def error_from(status: int, headers: Mapping[str, str], body: Any) -> VmidentError:
    """Translate an error response; `body` is the parsed JSON, or `None` if it was not JSON.

    A redirect is neither a success nor a refusal: Azure does not redirect, so it comes from something on the way.
    """
    if status < 400:
        return InvalidResponse(
            f"The response has status {status}, which is neither a success nor an error.",
            hint="Check for a proxy or sign-in page between this machine and Azure.",
            status=status,
            request_id=request_id_in(headers),
        )
    code, message = code_and_message(body, f"Azure returned status {status} and no message.")
    said: dict[str, Any] = {"code": code, "status": status, "request_id": request_id_in(headers)}
    if code in CODES_OF_ANY_STATUS:
        return _by_code(body, message, said)
    if status == 401:
        is_tenant = code == WRONG_TENANT
        return wrong_tenant_in(message, **said) if is_tenant else NotSignedIn(message, hint=_SIGN_IN, **said)
    if status == 403:
        from vmident.arm.errors.forbidden import forbidden_hint

        return NotAllowed(message, hint=forbidden_hint(message, code), **said)
    if status == 404:
        return NotFound(message, hint=HINTS.get(code or ""), **said)
    if status == 412:
        return PreconditionFailed(message, hint="The VM keeps changing. Try again later.", **said)
    if status == 429:
        seconds = retry_after_seconds(headers)
        return Throttled(
            message, hint="Try again in a minute.", retry_after_seconds=seconds, target=_target_in(body), **said
        )
    if status == 409:
        return conflict_error(message, said)
    if status == 408 or status >= 500:
        return AzureUnavailable(message, hint="This is a problem in Azure. Try again later.", **said)
    return _bad_request(message, said)


def _bad_request(message: str, said: dict[str, Any]) -> VmidentError:
    code = said["code"] or ""
    if code == _NO_SUCH_SUBSCRIPTION:
        return NotFound(_subscription_not_found(message), hint=HINTS["SubscriptionNotFound"], **said)
    hint = HINTS.get(code) or _available_region(message, code)
    return AzureErrorResponse(_without_regions(message), hint=hint, **said)


def _subscription_not_found(message: str) -> str:
    """Name the subscriptions that Resource Graph does not know, in the words of the other errors of this kind."""
    given = re.search(r"Given: '([^']+)'", message)
    if given is None:
        return message
    names = given[1].split(",")
    quoted = ", ".join(f"'{one}'" for one in names)
    return f"Subscription{'s' if len(names) > 1 else ''} {quoted} not found."


def _available_region(message: str, code: str) -> str | None:
    """Suggest one of the regions that Azure's message lists for the one that it does not have."""
    if not code.startswith("LocationNotAvailable"):
        return None
    wanted = re.search(r"location '([^']*)'", message)
    available = re.search(r"regions? [^']*'([\w, ]+)'", message)
    alike = did_you_mean(wanted[1], available[1].replace(" ", "").split(",")) if wanted and available else ""
    return f"Use another --location.{alike}\nTo see all regions: az account list-locations -o table"


def _without_regions(message: str) -> str:
    """Leave out the dozens of regions that `LocationNotAvailable` lists; the hint suggests the nearest."""
    return re.sub(r" ?List of available regions[^']*'[^']*'\.?", "", message)


def operation_error(error: Any, status: str) -> VmidentError:
    """Translate the `error` of an operation that ended as `Failed` or `Canceled`."""
    code, message = code_and_message(
        {"error": error}, f"The operation ended with status '{status}', and Azure gave no reason."
    )
    if code in CODES_OF_ANY_STATUS:
        return _by_code({"error": error}, message, {"code": code})
    if code == "OperationPreempted" or clears(code, message):
        return Conflict(message, code=code, hint="Another client changed the VM. Try again later.")
    return OperationFailed(message, code=code or status, hint="To see the current identities: vmident show VM")


def _target_in(body: Any) -> str | None:
    """Read the budget that compute names when it throttles; source: 'Troubleshooting API throttling errors'."""
    try:
        target = body["error"]["details"][0]["target"]
    except (KeyError, TypeError, IndexError):
        return None
    return target if isinstance(target, str) else None


def _by_code(body: Any, message: str, said: dict[str, Any]) -> VmidentError:
    if said["code"] != _DISALLOWED_BY_POLICY:
        return _identity_operation_failed(body, message, said)
    from vmident.arm.errors.policy import policy_hint, without_identifiers

    return NotAllowed(without_identifiers(message), hint=policy_hint(innermost_error(body)), **said)


def _identity_operation_failed(body: Any, message: str, said: dict[str, Any]) -> VmidentError:
    """A user-assigned identity that is named, or is attached still, is gone; or one is still being deleted."""
    outer = body["error"].get("message", "") if isinstance(body.get("error"), dict) else ""
    inner = inner_error(outer if isinstance(outer, str) else "") or {}
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
