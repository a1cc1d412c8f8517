"""What Azure says of remediations that it refuses; messages not marked 'assumed' are from public reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable


def remediation_invalid(name: str, reason: str) -> Refused:
    """A remediation that cannot be created; the beginning is Azure's."""
    message = f"The request to create remediation '{name}' is invalid. {reason}"
    return Refused(400, "InvalidCreateRemediationRequest", message)


def already_running(name: str, running: Iterable[str], assignment_id: str, reference_id: str) -> Refused:
    """A second remediation of the same rule while one runs at a scope that overlaps."""
    joined = "', '".join(running)
    return remediation_invalid(
        name,
        f"The following remediations: '{joined}' are already running for policy assignment '{assignment_id}', "
        f"definition reference ID '{reference_id}' on a scope conflicting with requested scope.",
    )


def remediation_not_found(name: str) -> Refused:
    """A remediation that is not there; wording assumed."""
    return Refused(404, "RemediationNotFound", f"The remediation '{name}' could not be found.")


def remediation_active(name: str, state: str) -> Refused:
    """The deletion of a remediation that runs; code and wording assumed."""
    message = f"The remediation '{name}' cannot be deleted while it is in the state '{state}'."
    return Refused(400, "InvalidDeleteRemediationRequest", message)


def remediation_ended(name: str, state: str) -> Refused:
    """The cancellation of a remediation that has ended; code and wording assumed."""
    message = f"The remediation '{name}' cannot be canceled because it is in the state '{state}'."
    return Refused(400, "InvalidCancelRemediationRequest", message)
