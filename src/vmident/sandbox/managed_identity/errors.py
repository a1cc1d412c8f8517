"""What Microsoft.ManagedIdentity answers when it refuses: more of the error catalogue."""

from __future__ import annotations

from vmident.sandbox.errors import Refused


def bad_request(message: str) -> Refused:
    """A value that the provider does not take."""
    return Refused(400, "BadRequest", message)


def not_found(resource_id: str) -> Refused:
    """A child resource that does not exist; verbatim from the recording `user-assigned-identities-aso.json`."""
    return Refused(404, "NotFound", f"Resource '{resource_id}' was not found.")


def parent_not_found() -> Refused:
    """A credential of an identity that does not exist; message from Microsoft's table of errors, code assumed."""
    return Refused(404, "ParentResourceNotFound", "The parent user-assigned identity does not exist.")


def credential_exists() -> Refused:
    """Two credentials with the same issuer and subject; reported with code `Conflict`."""
    message = "Issuer and subject combination already exists for this Managed Identity."
    return Refused(409, "Conflict", message)


def too_many_credentials(most: int) -> Refused:
    """One credential more than an identity can have; wording assumed."""
    return bad_request(f"A managed identity can have at most {most} Federated Identity Credentials.")


def no_system_identity(scope: str) -> Refused:
    """A resource without a system-assigned identity; wording assumed."""
    return Refused(404, "NotFound", f"The resource '{scope}' has no system-assigned identity.")
