"""Microsoft.ManagedIdentity: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import IDENTITIES
from vmident.sandbox.routing.route import GROUP, PAGED, SUBSCRIPTION, Route, handler

_TYPE = "userAssignedIdentities"
_PATH = f"providers/microsoft.managedidentity/{_TYPE.lower()}"

ROUTES = (
    Route(
        f"{GROUP}/{_PATH}",
        {"GET": handler("managed_identity.handlers:list_group_identities")},
        IDENTITIES,
        _TYPE,
        PAGED,
    ),
    Route(
        f"{SUBSCRIPTION}/{_PATH}",
        {"GET": handler("managed_identity.handlers:list_identities")},
        IDENTITIES,
        _TYPE,
        PAGED,
    ),
    Route(
        f"{GROUP}/{_PATH}/{{name}}",
        {
            "GET": handler("managed_identity.handlers:read_identity"),
            "PUT": handler("managed_identity.handlers:write_identity"),
            "DELETE": handler("managed_identity.handlers:delete_identity"),
        },
        IDENTITIES,
        _TYPE,
        elsewhere=frozenset({"PATCH"}),
    ),
)
