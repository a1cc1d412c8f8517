"""User-assigned identities as answers carry them, by API version.

Shape: exchanges 1 and 3 of the recording `vm-user-identities-2020.json`; `resourcegroups` in lower case, and
`clientSecretUrl` in the oldest version alone, are as recorded. `isolationScope` and `assignmentRestrictions`: the wire
facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import USER_ASSIGNED_IDENTITY
from vmident.sandbox.api_versions import OLDEST_IDENTITIES
from vmident.sandbox.tenant import TENANT

if TYPE_CHECKING:
    from vmident.sandbox.rows import Record

# API versions compare as texts: a preview sorts behind the stable version of its day.
FIRST_WITH_ISOLATION, FIRST_WITH_RESTRICTIONS = "2024-11-30", "2026-05-31"


def wire_id(record: Record) -> str:
    """Return the id as the provider spells it."""
    return str(record["id"]).replace("/resourceGroups/", "/resourcegroups/", 1)


def shown_identity(record: Record, api_version: str) -> dict[str, Any]:
    """Return the identity as an answer carries it."""
    properties = {"tenantId": TENANT, "principalId": record["principalId"], "clientId": record["clientId"]}
    if api_version == OLDEST_IDENTITIES:
        properties["clientSecretUrl"] = secret_url(wire_id(record), record["location"], properties)
    if api_version >= FIRST_WITH_ISOLATION:
        properties["isolationScope"] = record.get("isolationScope", "None")
    if api_version >= FIRST_WITH_RESTRICTIONS:
        properties["assignmentRestrictions"] = record.get("assignmentRestrictions", {"providers": []})
    return {
        "id": wire_id(record),
        "name": record["name"],
        "type": USER_ASSIGNED_IDENTITY,
        "location": record["location"],
        "tags": record["tags"],
        "properties": properties,
    }


def secret_url(path: str, location: str, ids: dict[str, str]) -> str:
    """Return where Azure's own services fetch the identity's certificate; nothing answers there."""
    return (
        f"https://control-{location}.identity.azure.net{path}/credentials"
        f"?tid={TENANT}&oid={ids['principalId']}&aid={ids['clientId']}"
    )
