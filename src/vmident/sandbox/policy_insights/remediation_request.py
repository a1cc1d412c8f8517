"""What the body of a remediation asks for, checked against the assignment that it is for.

Source: Microsoft's page 'Azure Policy remediation task structure', and the REST reference for 'Remediations', version
2024-10-01: 1 to 50,000 resources (500), 1 to 30 at a time (10), and a threshold from 0 to 1 (1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors as sandbox_errors
from vmident.sandbox.api_versions import LOCATIONS, known_location
from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.policy import rules, store
from vmident.sandbox.policy.assignments.assigned import AssignedRule, assigned_rules
from vmident.sandbox.policy.evaluation import effect_of
from vmident.sandbox.policy_insights import errors
from vmident.sandbox.protocol import relaxed_json

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Rows

EXISTING, EVALUATE = "ExistingNonCompliant", "ReEvaluateCompliance"
_MODES = {mode.lower(): mode for mode in (EXISTING, EVALUATE)}
_MEMBERS = {
    "policyAssignmentId",
    "policyDefinitionReferenceId",
    "resourceDiscoveryMode",
    "filters",
    "resourceCount",
    "parallelDeployments",
    "failureThreshold",
}
_READ_ONLY = {"provisioningState", "createdOn", "lastUpdatedOn", "deploymentStatus", "statusMessage", "correlationId"}
_MOST_RESOURCES, _MOST_PARALLEL = 50_000, 30
_USUAL_RESOURCES, _USUAL_PARALLEL = 500, 10


@dataclass(frozen=True)
class RemediationRequest:
    """What to remediate, and how; `locations` and `resource_ids` are empty without such a filter."""

    assignment_id: str
    reference_id: str
    mode: str
    locations: tuple[str, ...]
    resource_ids: tuple[str, ...]
    resource_count: int
    parallel: int
    threshold: float


def read_remediation(call: Call) -> RemediationRequest:
    """Read the body; raises what Azure says of one that it does not take."""
    name = call.words["name"]
    properties = call.content(relaxed_json.parse).get("properties")
    if not isinstance(properties, dict):
        raise sandbox_errors.content_invalid("Required property 'properties' not found in JSON. Path ''")
    for member in properties:
        if member not in _MEMBERS | _READ_ONLY:
            raise sandbox_errors.member_unknown(member, "Remediation", f"properties.{member}")
    mode = _MODES.get(str(properties.get("resourceDiscoveryMode") or EXISTING).lower())
    if mode is None:
        raise errors.remediation_invalid(name, "The resource discovery mode is not valid.")
    if mode == EVALUATE and call.words["scope"].lower().startswith("/providers/microsoft.management/"):
        raise errors.remediation_invalid(
            name,
            "Evaluating compliance before remediation is only supported for remediations at subscription scope and "
            "below.",
        )
    locations, resource_ids = _filters(name, properties.get("filters") or {})
    requested = RemediationRequest(
        str(properties.get("policyAssignmentId") or ""),
        str(properties.get("policyDefinitionReferenceId") or ""),
        mode,
        locations,
        resource_ids,
        _number(name, properties, "resourceCount", _USUAL_RESOURCES, _MOST_RESOURCES),
        _number(name, properties, "parallelDeployments", _USUAL_PARALLEL, _MOST_PARALLEL),
        _threshold(name, properties.get("failureThreshold") or {}),
    )
    _check_rule(call, requested)
    return requested


def remediated_rule(rows: Rows, assignment_id: str, reference_id: str) -> AssignedRule | None:
    """Find the rule that a remediation is for; None where it is gone."""
    assignment = store.find(rows, store.ASSIGNMENT, assignment_id)
    if assignment is None:
        return None
    wanted = reference_id.lower()
    return next((one for one in assigned_rules(rows, assignment) if one.reference_id.lower() == wanted), None)


def _check_rule(call: Call, requested: RemediationRequest) -> None:
    name = call.words["name"]
    assignment = store.find(call.rows, store.ASSIGNMENT, requested.assignment_id)
    if assignment is None:
        reason = f"The policy assignment '{requested.assignment_id}' could not be found."
        raise errors.remediation_invalid(name, reason)
    if not covers(assignment["group"], call.words["scope"]):
        raise errors.remediation_invalid(name, "The scope of the remediation is not in the scope of the assignment.")
    every = assigned_rules(call.rows, assignment)
    is_initiative = "/policysetdefinitions/" in assignment["properties"]["policyDefinitionId"].lower()
    if is_initiative and not requested.reference_id:
        reason = "A 'policyDefinitionReferenceId' must be specified to remediate a policy set definition assignment."
        raise errors.remediation_invalid(name, reason)
    rule = next((one for one in every if one.reference_id.lower() == requested.reference_id.lower()), None)
    if rule is None:
        reason = f"The policy definition reference ID '{requested.reference_id}' could not be found in the assignment."
        raise errors.remediation_invalid(name, reason)
    if effect_of(rule) not in (rules.MODIFY, rules.DEPLOY):
        reason = f"The effect '{effect_of(rule)}' cannot be remediated: only 'modify' and 'deployIfNotExists' can."
        raise errors.remediation_invalid(name, reason)


def _filters(name: str, filters: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not isinstance(filters, dict) or not filters.keys() <= {"locations", "resourceIds"}:
        raise errors.remediation_invalid(name, "The filters are not valid.")
    texts = {member: filters.get(member) or [] for member in ("locations", "resourceIds")}
    for member, values in texts.items():
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise errors.remediation_invalid(name, f"The filter '{member}' must be an array of strings.")
    locations = [known_location(one) for one in texts["locations"]]
    if None in locations:
        raise errors.remediation_invalid(name, f"The locations must be some of '{', '.join(LOCATIONS)}'.")
    return tuple(str(one) for one in locations), tuple(one.lower() for one in texts["resourceIds"])


def _number(name: str, properties: dict[str, Any], member: str, usual: int, most: int) -> int:
    value = properties.get(member)
    if value is None:
        return usual
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise errors.remediation_invalid(name, f"The value of '{member}' must be between 1 and {most}.")
    return value


def _threshold(name: str, threshold: Any) -> float:
    value = threshold.get("percentage", 1) if isinstance(threshold, dict) else None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 1:
        raise errors.remediation_invalid(name, "The failure threshold's percentage must be between 0 and 1.")
    return float(value)
