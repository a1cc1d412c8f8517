"""The only tokens that the sandbox takes, each for one of its services: no secrets, as they open nothing else."""

from __future__ import annotations

import base64
import json
from typing import Any

from vmident.sandbox.tenant import (
    COLLEAGUE_ID,
    COLLEAGUE_NAME,
    GRAPH_ENDPOINT,
    PERSON_ID,
    PERSON_NAME,
    PERSON_TITLE,
    TENANT,
)

PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
"""The application ID of the Azure portal; source: Microsoft's list of first-party applications in sign-in reports."""

PRINCIPAL = "x-ms-client-object-id"
"""The header in which ARM tells a resource provider whose rights a request has; no client can set it."""


def _token(title: str, object_id: str, name: str, **more: str) -> str:
    """Return an unsigned token, so that it cannot be taken for a real one.

    Source: Microsoft's reference of access token claims.
    """
    claims = {"idtyp": "user", "name": title, "oid": object_id, "tid": TENANT, "upn": name, **more}
    return ".".join((_encoded({"alg": "none", "typ": "JWT"}), _encoded(claims), "sandbox"))


def _encoded(part: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


TOKEN = _token(PERSON_TITLE, PERSON_ID, PERSON_NAME)
GRAPH_TOKEN = _token(PERSON_TITLE, PERSON_ID, PERSON_NAME, aud=GRAPH_ENDPOINT)
COLLEAGUE_TOKEN = _token("Sandbox Colleague", COLLEAGUE_ID, COLLEAGUE_NAME, appid=PORTAL)
"""Another user with the same rights, who works in the Azure portal: for tests of what others change."""


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token; none if it is not a JWT."""
    try:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    except (ValueError, LookupError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
