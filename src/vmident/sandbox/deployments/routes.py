"""Microsoft.Resources/deployments: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import DEPLOYMENTS
from vmident.sandbox.routing.route import GROUP, PAGED, Route, handler

_TYPE = "deployments"
_PATH = f"{GROUP}/providers/microsoft.resources/deployments"
_ONE = f"{_PATH}/{{deployment}}"

ROUTES = (
    Route(_PATH, {"GET": handler("deployments.handlers:list_deployments")}, DEPLOYMENTS, _TYPE, PAGED),
    Route(
        _ONE,
        {
            "GET": handler("deployments.handlers:read_deployment"),
            "HEAD": handler("deployments.handlers:probe_deployment"),
            "PUT": handler("deployments.handlers:write_deployment"),
            "DELETE": handler("deployments.handlers:forget_deployment"),
        },
        DEPLOYMENTS,
        _TYPE,
    ),
    Route(
        f"{_ONE}/operationstatuses/{{digits}}",
        {"GET": handler("deployments.handlers:read_status")},
        DEPLOYMENTS,
        _TYPE,
        any_query=True,
    ),
    Route(f"{_ONE}/validate", {"POST": handler("deployments.handlers:validate_deployment")}, DEPLOYMENTS, _TYPE),
    Route(f"{_ONE}/whatif", {"POST": handler("deployments.what_if:predict")}, DEPLOYMENTS, _TYPE),
    Route(f"{_ONE}/operations", {"GET": handler("deployments.handlers:list_operations")}, DEPLOYMENTS, _TYPE),
    Route(
        f"{_ONE}/operations/{{operation}}", {"GET": handler("deployments.handlers:read_operation")}, DEPLOYMENTS, _TYPE
    ),
)
