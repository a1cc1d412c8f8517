"""The regions of the subscription, and the tenants that the caller is in.

Shape: Microsoft's REST reference for 'Subscriptions - List Locations' and 'Tenants - List', version 2022-12-01.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.sandbox.api_versions import LOCATIONS
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.tenant import SUBSCRIPTION, TENANT

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call

_PARTS = re.compile(
    r"(north|south|west|east|central|australia|brazil|canada|india|asia|us|france|germany|italy|japan|korea|europe|"
    r"norway|poland|africa|spain|sweden|switzerland|uae|uk|\d)"
)
_UPPER = {"us": "US", "uk": "UK", "uae": "UAE"}


def list_locations(_call: Call) -> Response:
    """Answer the regions."""
    return json_answer(200, {"value": [_shown(name) for name in LOCATIONS]})


def list_tenants(_call: Call) -> Response:
    """Answer the one tenant."""
    shown = {
        "id": f"/tenants/{TENANT}",
        "tenantId": TENANT,
        "displayName": "vmident sandbox",
        "tenantCategory": "Home",
        "tenantType": "AAD",
    }
    return json_answer(200, {"value": [shown]})


def _shown(name: str) -> dict[str, Any]:
    title = " ".join(_UPPER.get(part, part.capitalize()) for part in _PARTS.findall(name))
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": title,
        "regionalDisplayName": title,
        "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
    }
