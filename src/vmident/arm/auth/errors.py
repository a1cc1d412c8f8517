"""azure-identity's failures as vmident's errors, and the authority that it asks for tokens."""

from __future__ import annotations

import re
from typing import Any

from vmident.arm.cloud import Cloud
from vmident.arm.errors.network import is_network_failure, network_hint, network_reason
from vmident.core.shell import command_line
from vmident.errors import NotSignedIn, Unreachable, UsageError, VmidentError, WrongTenant

ENVIRONMENT = "the AZURE_CLIENT_ID environment variables"
WORKLOAD_IDENTITY = "AZURE_FEDERATED_TOKEN_FILE"
AZURE_CLI_SIGN_IN = "the Azure CLI's sign-in"
ORIGINS = {
    "EnvironmentCredential": ENVIRONMENT,
    "ClientSecretCredential": ENVIRONMENT,
    "CertificateCredential": ENVIRONMENT,
    "WorkloadIdentityCredential": WORKLOAD_IDENTITY,
    "ManagedIdentityCredential": "the managed identity of this machine",
    "AzureCliCredential": AZURE_CLI_SIGN_IN,
}
"""What azure-identity's credentials are called in messages."""

# Why Microsoft Entra refused, up to the numbers for its support; within JSON too.
_ENTRA_REASON = re.compile(r"AADSTS\d+: .*?(?=\s*(?:\\r|\\n|Trace ID:|Correlation ID:|\"|[\r\n]|$))")
_TENANT = re.compile(r"authority \(URL\) '[^']*/([0-9a-f-]{36})/?'", re.IGNORECASE)
_ISSUER = re.compile(r"wrong issuer '[^']*/([0-9a-f-]{36})/?'", re.IGNORECASE)
WRONG_TENANT = "InvalidAuthenticationTokenTenant"
"""Azure's code for a token of another tenant than the subscription's; status 401, so nothing was done."""

SIGN_IN_HOST = "AZURE_AUTHORITY_HOST"
"""What `network_hint` names last for a failure to sign in."""
_SIGN_IN = "Run 'az login' or 'vmident login', or use --sandbox to try vmident without Azure."
# azure-identity asks no other way of signing in once these variables are set, so signing in elsewhere does not help.
_CORRECT_ENVIRONMENT = "Correct the AZURE_CLIENT_ID environment variables, or unset them to use another sign-in."
# azure-identity asks no further credential after one that was refused.
_REFUSED = re.compile(r"(\w+Credential): Authentication failed")
_NOT_SET_UP = (
    "unavailable",
    "not found on path",
    "not installed",
    "Here is the traceback:",
    "Please run 'az login'",
    "To mitigate this issue",
    "Attempted credentials",
    "Certificate verification failed. This typically happens",
    "Visit https:",
)


def authority_options(cloud: Cloud) -> dict[str, Any]:
    """Name the authority for a credential; a foreign one is not looked up at Microsoft's instance discovery."""
    return {"authority": cloud.authority, "disable_instance_discovery": not cloud.has_microsofts_authority}


def sign_in_error(failure: Exception) -> VmidentError:
    """Keep of azure-identity's report what says more than that a way of signing in is not set up."""
    reason = reason_of(failure)
    refused = _REFUSED.search(str(failure))
    if refused:
        origin = ORIGINS.get(refused[1], "azure-identity")
        reason = reason.replace(f"{origin}: ", "").replace("Authentication failed: ", "")
        message = f"Sign-in with {origin} failed: {reason}"
    else:
        message = f"Not signed in: no sign-in method returned a token{f': {reason}' if reason else '.'}"
    if is_network_failure(reason):
        hint = network_hint(reason, SIGN_IN_HOST)
    else:
        hint = _CORRECT_ENVIRONMENT if refused and refused[1] == "EnvironmentCredential" else _SIGN_IN
    return NotSignedIn(message, hint=hint)


def unusable_settings(refused: ValueError, cloud: Cloud) -> UsageError:
    """Name the setting that azure-identity does not take: the authority where its message says so, else another."""
    if "authority" in str(refused):
        return UsageError(
            f"'{cloud.authority}' is not a valid authority: {refused}", hint="Check AZURE_AUTHORITY_HOST."
        )
    return UsageError(
        f"The sign-in settings are not valid: {_one_line(str(refused))}",
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
            f"{what}: no response from {cloud.authority_host}: {network_reason(str(cause))}",
            hint=network_hint(str(cause), SIGN_IN_HOST),
        )
    reason = reason_of(failure)
    return NotSignedIn(f"{what}{f': {reason}' if reason else '.'}", hint=hint)


def reason_of(failure: Exception) -> str:
    """Return why no token was given: Microsoft Entra's own line where there is one, and no names of SDK classes.

    Empty where the failure says only that nothing is set up.
    """
    content = getattr(getattr(failure, "response", None), "text", None)
    text = f"{failure}\n{content() if callable(content) else ''}"
    # Microsoft Entra has no-break spaces in some of them.
    entra = dict.fromkeys(_one_line(found.group()) for found in _ENTRA_REASON.finditer(text))
    if entra:
        return " ".join(entra)
    # The Azure CLI prints the error, and then Python's traceback.
    printed, _, _ = str(failure).partition("Traceback (most recent call last)")
    lines = (line.strip().removeprefix("ERROR: ") for line in printed.splitlines())
    telling = [line for line in lines if line and not any(word in line for word in _NOT_SET_UP)]
    return _one_line(" ".join(map(_without_class_names, map(network_reason, telling))))


def _without_class_names(line: str) -> str:
    if line.startswith("DefaultAzureCredential failed"):
        return ""
    named = re.sub(r"^(\w+Credential): ", lambda found: f"{ORIGINS.get(found[1], 'the sign-in')}: ", line)
    return re.sub(r"\b\w+Credential(\.\w+)?( failed)?:? ?|\b\w+Error: ?", "", named)


def wrong_tenant(subscription: str, tenant: str, reason: str) -> WrongTenant:
    """Return the error for a subscription in a tenant that the sign-in has no token for."""
    return WrongTenant(f"Subscription '{subscription}' is in tenant {tenant}, {reason}", hint=_hint_for(tenant))


def wrong_tenant_in(message: str, **said: Any) -> WrongTenant:
    """Translate Azure's message about a token of another tenant, which names both tenants."""
    tenant, issuer = right_tenant_in(message), _ISSUER.search(message)
    if tenant is None:
        return WrongTenant(message, hint="Sign in to the subscription's tenant: az login --tenant TENANT", **said)
    token = f"a token for tenant {issuer[1]}" if issuer else "a token for another tenant"
    return WrongTenant(
        f"The subscription is in tenant {tenant}, but Azure received {token}.", hint=_hint_for(tenant), **said
    )


def right_tenant_in(message: str) -> str | None:
    """Return the tenant whose token Azure asks for in that message, in lower case."""
    found = _TENANT.search(message)
    return found[1].lower() if found else None


def _hint_for(tenant: str) -> str:
    # Each command has a line of its own, which a terminal never wraps within.
    commands = (f"  {command_line(program, 'login', '--tenant', tenant)}" for program in ("az", "vmident"))
    last_line = "If VMIDENT_ACCESS_TOKEN is set, set it to a token for that tenant."
    return "\n".join(("Sign in to that tenant:", *commands, last_line))


def _one_line(text: str) -> str:
    return " ".join(text.split())
