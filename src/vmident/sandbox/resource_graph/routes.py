"""Microsoft.ResourceGraph: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import GRAPH
from vmident.sandbox.routing.route import Route, handler

ROUTES = (
    Route(
        "/providers/microsoft.resourcegraph/resources",
        {"POST": handler("resource_graph.handlers:answer_query")},
        GRAPH,
        "resources",
        action="",
        cost="none",
    ),
)
