"""Azure Resource Manager itself: subscriptions, groups, resources, providers, and operations of deployments."""

from __future__ import annotations

from vmident.sandbox.api_versions import DEPLOYMENTS, GROUPS, PROVIDERS, SUBSCRIPTIONS
from vmident.sandbox.routing.route import FILTERED, GROUP, SUBSCRIPTION, Route, handler

_LISTED = FILTERED | {"$expand", "$top"}
_RESULTS = tuple(sorted({*GROUPS, *DEPLOYMENTS}))
_READ_PROVIDERS = "Microsoft.Resources/subscriptions/providers/read"
# What a deployment did is read at a path of its own as well, without the provider.
_DEPLOYMENT_OPERATIONS = f"{GROUP}/deployments/{{deployment}}/operations"

ROUTES = (
    Route(
        "/subscriptions",
        {"GET": handler("resource_manager.groups:list_subscriptions")},
        SUBSCRIPTIONS,
        action="",
        cost="tenant",
    ),
    Route(SUBSCRIPTION, {"GET": handler("resource_manager.groups:read_subscription")}, SUBSCRIPTIONS, any_role=True),
    Route(
        f"{SUBSCRIPTION}/resourcegroups",
        {"GET": handler("resource_manager.groups:list_groups")},
        GROUPS,
        options=FILTERED,
    ),
    Route(
        f"{SUBSCRIPTION}/resources",
        {"GET": handler("resource_manager.resources:list_resources")},
        GROUPS,
        options=_LISTED,
        action="",
    ),
    Route(
        f"{GROUP}/resources",
        {"GET": handler("resource_manager.resources:list_group_resources")},
        GROUPS,
        options=_LISTED,
        action="",
    ),
    Route(
        "/tenants", {"GET": handler("resource_manager.locations:list_tenants")}, SUBSCRIPTIONS, action="", cost="tenant"
    ),
    Route(
        f"{SUBSCRIPTION}/locations",
        {"GET": handler("resource_manager.locations:list_locations")},
        SUBSCRIPTIONS,
        options=frozenset({"includeextendedlocations"}),
        any_role=True,
        action="Microsoft.Resources/subscriptions/locations/read",
    ),
    Route(
        GROUP,
        {
            "GET": handler("resource_manager.groups:read_group"),
            "HEAD": handler("resource_manager.groups:probe_group"),
            "PUT": handler("resource_manager.groups:write_group"),
            "PATCH": handler("resource_manager.groups:change_group"),
            "DELETE": handler("resource_manager.group_deletion:delete_group"),
        },
        GROUPS,
        options=frozenset({"forcedeletiontypes"}),
    ),
    Route(
        f"{SUBSCRIPTION}/operationresults/{{token}}",
        {"GET": handler("resource_manager.group_deletion:read_deletion")},
        _RESULTS,
        any_query=True,
        action="",
    ),
    Route(_DEPLOYMENT_OPERATIONS, {"GET": handler("deployments.handlers:list_operations")}, DEPLOYMENTS, "deployments"),
    Route(
        f"{_DEPLOYMENT_OPERATIONS}/{{operation}}",
        {"GET": handler("deployments.handlers:read_operation")},
        DEPLOYMENTS,
        "deployments",
    ),
    Route(
        f"{SUBSCRIPTION}/providers",
        {"GET": handler("resource_manager.providers:list_providers")},
        PROVIDERS,
        action=_READ_PROVIDERS,
        any_role=True,
    ),
    Route(
        f"{SUBSCRIPTION}/providers/{{namespace}}",
        {"GET": handler("resource_manager.providers:read_provider")},
        PROVIDERS,
        action=_READ_PROVIDERS,
        any_role=True,
    ),
    Route(
        f"{SUBSCRIPTION}/providers/{{namespace}}/register",
        {"POST": handler("resource_manager.providers:register")},
        PROVIDERS,
        action="{namespace}/register/action",
    ),
)
