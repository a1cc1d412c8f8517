"""Microsoft.PolicyInsights: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import POLICY_STATES, REMEDIATIONS
from vmident.sandbox.routing.route import FILTERED, SUBSCRIPTION, Route, handler

_TYPE = "remediations"
_PATH = "{scope}/providers/microsoft.policyinsights/remediations"
_ONE = f"{_PATH}/{{name}}"
_PLACE = "policy_insights.remediations"
_STATES = "{scope}/providers/microsoft.policyinsights/policystates/{which}"
_QUERY = frozenset({"$filter", "$top", "$from", "$to"})

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
    Route(
        f"{_STATES}/queryresults",
        {"POST": handler("policy_insights.policy_states:query_states")},
        POLICY_STATES,
        "policyStates",
        _QUERY,
    ),
    Route(
        f"{_STATES}/summarize",
        {"POST": handler("policy_insights.policy_states:summarize_states")},
        POLICY_STATES,
        "policyStates",
        _QUERY,
    ),
    Route(
        "{scope}/providers/microsoft.policyinsights/policystates/latest/triggerevaluation",
        {"POST": handler("policy_insights.policy_states:trigger_evaluation")},
        POLICY_STATES,
        "policyStates",
    ),
    Route(
        f"{SUBSCRIPTION}/providers/microsoft.policyinsights/asyncoperationresults/{{token}}",
        {"GET": handler("policy_insights.policy_states:read_evaluation")},
        POLICY_STATES,
        "asyncOperationResults",
    ),
)
