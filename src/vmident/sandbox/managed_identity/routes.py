"""Microsoft.ManagedIdentity: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import ASSOCIATED_RESOURCES, FEDERATED_CREDENTIALS, IDENTITIES
from vmident.sandbox.routing.route import GROUP, PAGED, SUBSCRIPTION, Route, handler

_TYPE = "userAssignedIdentities"
_CREDENTIAL_TYPE = f"{_TYPE}/federatedIdentityCredentials"
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
            "PATCH": handler("managed_identity.handlers:change_identity"),
            "DELETE": handler("managed_identity.handlers:delete_identity"),
        },
        IDENTITIES,
        _TYPE,
    ),
    Route(
        f"{GROUP}/{_PATH}/{{name}}/listassociatedresources",
        {"POST": handler("managed_identity.associations:list_associated")},
        ASSOCIATED_RESOURCES,
        _TYPE,
        frozenset({"$filter", "$orderby", "$top", "$skip", "$skiptoken"}),
        action=f"Microsoft.ManagedIdentity/{_TYPE}/listAssociatedResources/action",
    ),
    Route(
        f"{GROUP}/{_PATH}/{{name}}/federatedidentitycredentials",
        {"GET": handler("managed_identity.federated_credentials:list_credentials")},
        FEDERATED_CREDENTIALS,
        _CREDENTIAL_TYPE,
        PAGED,
    ),
    Route(
        f"{GROUP}/{_PATH}/{{name}}/federatedidentitycredentials/{{credential}}",
        {
            "GET": handler("managed_identity.federated_credentials:read_credential"),
            "PUT": handler("managed_identity.federated_credentials:write_credential"),
            "DELETE": handler("managed_identity.federated_credentials:delete_credential"),
        },
        FEDERATED_CREDENTIALS,
        _CREDENTIAL_TYPE,
    ),
    Route(
        "{scope}/providers/microsoft.managedidentity/identities/default",
        {"GET": handler("managed_identity.associations:read_system_assigned")},
        IDENTITIES,
        "identities",
    ),
)
