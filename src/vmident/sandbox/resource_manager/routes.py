"""Azure Resource Manager itself: subscriptions, groups, resources, providers, and operations of deployments."""

from __future__ import annotations

from vmident.sandbox.api_versions import DEPLOYMENTS, GROUPS, PROVIDERS, SUBSCRIPTIONS
from vmident.sandbox.routing.route import FILTERED, GROUP, SUBSCRIPTION, Route, handler

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
        options=FILTERED,
        action="",
    ),
    Route(
        GROUP,
        {
            "GET": handler("resource_manager.groups:read_group"),
            "HEAD": handler("resource_manager.groups:probe_group"),
            "PUT": handler("resource_manager.groups:write_group"),
        },
        GROUPS,
        elsewhere=frozenset({"DELETE", "PATCH"}),
    ),
    Route(
        f"{SUBSCRIPTION}/operationresults/{{token}}",
        {"GET": handler("deployments.what_if:read_prediction")},
        DEPLOYMENTS,
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
