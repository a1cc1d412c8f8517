"""Microsoft.Resources/deployments, at the scopes that have them: which handler answers where."""

from __future__ import annotations

from typing import Literal

from vmident.sandbox.api_versions import DEPLOYMENTS
from vmident.sandbox.routing.route import FILTERED, GROUP, PAGED, SUBSCRIPTION, Route, handler

_TYPE = "deployments"
_MANAGEMENT_GROUP = "/providers/microsoft.management/managementgroups/{managementgroup}"


def _routes_at(scope: str, cost: Literal["subscription", "tenant"] = "subscription") -> tuple[Route, ...]:
    path = f"{scope}/providers/microsoft.resources/deployments"
    one = f"{path}/{{deployment}}"

    def route(pattern: str, options: frozenset[str] = frozenset(), *, any_query: bool = False, **methods: str) -> Route:
        handlers = {method: handler(f"deployments.{place}") for method, place in methods.items()}
        return Route(pattern, handlers, DEPLOYMENTS, _TYPE, options, any_query=any_query, cost=cost)

    return (
        route(path, PAGED if scope == GROUP else FILTERED | {"$top"}, GET="handlers:list_deployments"),
        route(
            one,
            GET="handlers:read_deployment",
            HEAD="handlers:probe_deployment",
            PUT="handlers:write_deployment",
            DELETE="handlers:forget_deployment",
        ),
        route(f"{one}/operationstatuses/{{digits}}", any_query=True, GET="handlers:read_status"),
        route(f"{one}/validate", POST="handlers:validate_deployment"),
        route(f"{one}/whatif", POST="what_if:predict"),
        route(f"{one}/whatifoperationresults/{{token}}", any_query=True, GET="what_if:read_prediction"),
        route(f"{one}/operations", GET="handlers:list_operations"),
        route(f"{one}/operations/{{operation}}", GET="handlers:read_operation"),
    )


ROUTES = (*_routes_at(GROUP), *_routes_at(SUBSCRIPTION), *_routes_at(_MANAGEMENT_GROUP, "tenant"))
