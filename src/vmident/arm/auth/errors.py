"""azure-identity's failures as vmident's errors, and where it is to ask for tokens."""

from __future__ import annotations

from typing import Any

from vmident.arm.cloud import Cloud
from vmident.errors import NotSignedIn, Unreachable, UsageError, VmidentError

_NOT_SET_UP = (
    "unavailable",
    "not found on path",
    "not installed",
    "To mitigate this issue",
    "Attempted credentials",
    "Visit https:",
)


def authority_options(cloud: Cloud) -> dict[str, Any]:
    """Name the authority for a credential; a foreign one is not looked up at Microsoft's instance discovery."""
    return {"authority": cloud.authority, "disable_instance_discovery": not cloud.has_microsofts_authority}


def sign_in_error(failure: Exception) -> VmidentError:
    """Keep of azure-identity's report what says more than that a way of signing in is not set up."""
    reports = [line.strip() for line in str(failure).splitlines()[1:] or [str(failure)]]
    telling = [line for line in reports if line and not any(word in line for word in _NOT_SET_UP)]
    reasons = f": {_one_line(' '.join(telling))}" if telling else "."
    return NotSignedIn(
        f"Not signed in: no sign-in method returned a token{reasons}",
        hint="Run 'az login' or 'vmident login', or use --sandbox to try vmident without Azure.",
    )


def unusable_settings(refused: ValueError, cloud: Cloud) -> UsageError:
    """Name the setting that azure-identity does not take: the authority where its message says so, else another."""
    if "authority" in str(refused):
        return UsageError(
            f"'{cloud.authority}' is not a usable authority: {refused}", hint="Check AZURE_AUTHORITY_HOST."
        )
    return UsageError(
        f"The settings for signing in cannot be used: {_one_line(str(refused))}",
        hint="Check --tenant, AZURE_TENANT_ID, AZURE_CLIENT_ID and the certificate or token file.",
    )


def token_failure(failure: Exception, cloud: Cloud, what: str, hint: str) -> VmidentError:
    """Return `NotSignedIn` for a refusal, `Unreachable` for an authority that does not answer.

    azure-identity wraps the transport's error into one that looks like a refusal.
    """
    from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError

    cause = failure.__cause__ if isinstance(failure, ClientAuthenticationError) else failure
    if isinstance(cause, ServiceRequestError | ServiceResponseError):
        return Unreachable(
            f"{what}: no answer from {cloud.authority_host}: {_one_line(str(cause))}",
            hint="Check the network, HTTPS_PROXY, REQUESTS_CA_BUNDLE and AZURE_AUTHORITY_HOST.",
        )
    return NotSignedIn(f"{what}: {_one_line(str(failure))}", hint=hint)


def _one_line(text: str) -> str:
    return " ".join(text.split())
