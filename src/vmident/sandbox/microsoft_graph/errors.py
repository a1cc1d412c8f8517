"""What Microsoft Graph says of requests that it refuses.

Codes: Microsoft's 'Microsoft Graph error responses and resource types', and what clients were seen to get. The shape
is Graph's own, not ARM's.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from vmident.sandbox.errors import Refused


def shown(refused: Refused, request_id: str, now: float) -> dict[str, Any]:
    """Return the body of a refusal."""
    date = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    inner = {"date": date, "request-id": request_id, "client-request-id": request_id}
    return {"error": {"code": refused.code, "message": refused.message, "innerError": inner}}


def token_missing() -> Refused:
    """Return the refusal of a request without a token."""
    return Refused(401, "InvalidAuthenticationToken", "Access token is empty.")


def token_invalid() -> Refused:
    """Return the refusal of a token for another service, or of an unknown authority."""
    return Refused(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")


def not_allowed() -> Refused:
    """Return the refusal of a caller that may not read the directory."""
    return Refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def object_not_found(object_id: str) -> Refused:
    """Return the refusal for an object that does not exist."""
    message = f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present."
    return Refused(404, "Request_ResourceNotFound", message)


def bad_request(message: str) -> Refused:
    """Return the refusal of a malformed request; the messages are assumed."""
    return Refused(400, "Request_BadRequest", message)


def not_supported(what: str) -> Refused:
    """Return the refusal for what Microsoft Graph has and the sandbox has not."""
    return Refused(501, "NotSupportedBySandbox", f"The sandbox's Microsoft Graph does not have {what}.")
