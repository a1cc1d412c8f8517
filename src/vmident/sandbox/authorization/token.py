"""The only token that the sandbox takes: no secret, as it opens nothing else."""

from __future__ import annotations

import base64
import json

from vmident.sandbox.tenant import PERSON_ID, PERSON_NAME, TENANT


def _encoded(part: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


# Unsigned, so that it cannot be taken for a real one. Source: Microsoft's reference of access token claims.
TOKEN = ".".join(
    (
        _encoded({"alg": "none", "typ": "JWT"}),
        _encoded({"idtyp": "user", "name": "Sandbox User", "oid": PERSON_ID, "tid": TENANT, "upn": PERSON_NAME}),
        "sandbox",
    )
)
