"""The tables of routes, one for each service, loaded when a path of that service is first asked for."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmident.sandbox.routing.route import Route

# A table's routes, with their patterns in segments: those of one length, and those that begin with any scope.
Entry = tuple[list[str], "Route"]

_SERVICES = {
    "microsoft.authorization": "authorization",
    "microsoft.compute": "compute",
    "microsoft.managedidentity": "managed_identity",
    "microsoft.management": "management_groups",
    "microsoft.network": "network",
    "microsoft.policyinsights": "policy_insights",
    "microsoft.resources": "deployments",
    "microsoft.resourcegraph": "resource_graph",
}
_REST = "resource_manager"


def candidates(segments: list[str]) -> list[Entry]:
    """List the routes that a path, in segments, may belong to: those of the last provider that it names, and ARM's."""
    lower = [segment.lower() for segment in segments]
    found: list[Entry] = []
    if "providers" in lower:
        at = len(lower) - lower[::-1].index("providers")
        service = _SERVICES.get(lower[at]) if at < len(lower) else None
        if service:
            found += _of_length(_table(service), len(segments))
    return found + _of_length(_table(_REST), len(segments))


def every_route() -> list[Route]:
    """List the routes of all services."""
    return [route for service in (*_SERVICES.values(), _REST) for _, route in _table(service)]


def _of_length(table: list[Entry], length: int) -> list[Entry]:
    return [
        entry for entry in table if len(entry[0]) == length or (entry[0][0] == "{scope}" and len(entry[0]) <= length)
    ]


@cache
def _table(service: str) -> list[Entry]:
    routes: tuple[Route, ...] = importlib.import_module(f"vmident.sandbox.{service}.routes").ROUTES
    return [(route.pattern.split("/"), route) for route in routes]
