"""Which 409s clear by waiting, and what to do about the others.

Only the codes listed here clear; any other 409, known or not, is final after one request.
"""

from __future__ import annotations

import re
from typing import Any

from vmident.errors import AzureErrorResponse, BeingDeleted, Conflict, VmidentError

_CLEARING_CODES = frozenset({"Conflict", "ConflictingConcurrentWriteNotAllowed", "AnotherOperationInProgress"})
# The one code that is used both for a running operation and for states that last; the message tells which.
_BY_MESSAGE = "OperationNotAllowed"
_RUNNING = "another operation is in progress"
_DELETED_VM = re.compile(r"on VM '([^']+)' since the VM is marked for deletion", re.IGNORECASE)
_GROUP = re.compile(r"resource group '([^']+)'", re.IGNORECASE)

_QUOTA = "Choose another --size or --location, or request more quota."
_CAPACITY = "Choose another --size or --location; see: az vm list-skus --location REGION --all"
HINTS = {
    "MissingSubscriptionRegistration": "Register the provider: az provider register --namespace NAMESPACE",
    "SkuNotAvailable": _CAPACITY,
    "AllocationFailed": _CAPACITY,
    "ZonalAllocationFailed": _CAPACITY,
    "QuotaExceeded": _QUOTA,
    "ScopeLocked": "The resource is locked. Delete the lock first; to find it, run 'az lock list'.",
    "ReadOnlyDisabledSubscription": "The subscription is disabled. Use another one, or enable it in the Azure portal.",
}


def clears(code: str | None, message: str) -> bool:
    """Return whether the conflict ends when the operation that it met has ended."""
    return code in _CLEARING_CODES or (code == _BY_MESSAGE and _RUNNING in message.lower())


def conflict_error(message: str, answer: dict[str, Any]) -> VmidentError:
    """Return the error for a 409; `answer` has its `code`, `status` and `request_id`."""
    code = answer["code"]
    if clears(code, message):
        return Conflict(message, hint="Another operation on this resource is still running. Try again later.", **answer)
    vm, group = _DELETED_VM.search(message), _GROUP.search(message)
    if vm:
        return BeingDeleted(
            message, hint=f"VM '{vm[1]}' is being deleted. To see the remaining VMs: vmident list", **answer
        )
    if code == "ResourceGroupBeingDeleted":
        name = f"Resource group '{group[1]}'" if group else "The resource group"
        return BeingDeleted(
            message, hint=f"{name} is being deleted. Use another one, or try again after it is deleted.", **answer
        )
    return AzureErrorResponse(message, hint=_hint(code, message), **answer)


def _hint(code: str | None, message: str) -> str | None:
    if code == _BY_MESSAGE and "quota" in message.lower():
        return _QUOTA
    if code == _BY_MESSAGE and "generalized" in message.lower():
        return "A generalized VM cannot be changed. Create a VM from its image instead."
    return HINTS.get(code or "")
