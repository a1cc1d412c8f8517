"""Microsoft.PolicyInsights: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import REMEDIATIONS
from vmident.sandbox.routing.route import FILTERED, Route, handler

_TYPE = "remediations"
_PATH = "{scope}/providers/microsoft.policyinsights/remediations"
_ONE = f"{_PATH}/{{name}}"
_PLACE = "policy_insights.remediations"

ROUTES = (
    Route(_PATH, {"GET": handler(f"{_PLACE}:list_remediations")}, REMEDIATIONS, _TYPE, FILTERED | {"$top"}),
    Route(
        _ONE,
        {
            "GET": handler(f"{_PLACE}:read_remediation_task"),
            "PUT": handler(f"{_PLACE}:write_remediation"),
            "DELETE": handler(f"{_PLACE}:delete_remediation"),
        },
        REMEDIATIONS,
        _TYPE,
    ),
    Route(f"{_ONE}/cancel", {"POST": handler(f"{_PLACE}:cancel_remediation")}, REMEDIATIONS, _TYPE),
    Route(
        f"{_ONE}/listdeployments",
        {"POST": handler(f"{_PLACE}:list_remediation_deployments")},
        REMEDIATIONS,
        _TYPE,
        frozenset({"$top"}),
        action="Microsoft.PolicyInsights/remediations/listDeployments/read",
    ),
)
