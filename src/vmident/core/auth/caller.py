"""Who a bearer token speaks for, read off the claims it carries.

Nothing is verified here: the receiver of the token does that. The answer is for showing, never for deciding.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from msgspec import Struct


class CallerType(Enum):
    """What kind of principal a caller is."""

    USER = "user"
    SERVICE_PRINCIPAL = "servicePrincipal"
    MANAGED_IDENTITY = "managedIdentity"


class Caller(Struct, frozen=True):
    """Who a token speaks for; `None` where it does not say. `expires_on` is in epoch seconds."""

    name: str | None = None
    type: CallerType | None = None
    object_id: str | None = None
    tenant_id: str | None = None
    client_id: str | None = None
    expires_on: float | None = None


def caller_of(token: str) -> Caller:
    """Read a token's claims; a token that is no JWT, and one of another shape, says nothing.

    Source: Microsoft's reference of access token claims, for tokens of versions 1.0 and 2.0: `upn`, `unique_name` and
    `preferred_username` name a person, `app_displayname` an app, `appid` or `azp` is an app's client id, `idtyp` is
    `app` or `user`. That a managed identity's token has `xms_mirid`, its resource id, is assumed from what such tokens
    carry.
    """
    claims = _claims(token)
    resource_id = _text(claims, "xms_mirid")
    client_id = _text(claims, "appid", "azp")
    prompt = _text(claims, "upn", "preferred_username", "unique_name")
    of_resource = resource_id.rsplit("/", 1)[-1] if resource_id else None
    return Caller(
        name=prompt or _text(claims, "app_displayname") or of_resource or _text(claims, "name") or client_id,
        type=_type(claims, prompt, client_id),
        object_id=_text(claims, "oid"),
        tenant_id=_text(claims, "tid"),
        client_id=client_id,
        expires_on=_moment(claims.get("exp")),
    )


def _type(claims: Mapping[str, Any], prompt: str | None, client_id: str | None) -> CallerType | None:
    if _text(claims, "xms_mirid"):
        return CallerType.MANAGED_IDENTITY
    setting = _text(claims, "idtyp")
    if setting == "user" or (setting is None and prompt):
        return CallerType.USER
    return CallerType.SERVICE_PRINCIPAL if setting == "app" or client_id else None


def _claims(token: str) -> Mapping[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _text(claims: Mapping[str, Any], *names: str) -> str | None:
    return next((claims[name] for name in names if isinstance(claims.get(name), str) and claims[name]), None)


def _moment(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # The last second of the year 9999: no calendar shows a later one.
    return float(value) if is_number and 0 < value < 253402300800 else None
