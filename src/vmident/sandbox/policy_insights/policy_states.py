"""Compliance states: which resources each rule of each assignment finds compliant and which not; and a summary.

Shape: Microsoft's REST reference for 'Policy States', version 2019-10-01. States are there once Azure Policy has
evaluated an assignment, which takes a while after it was changed; a triggered evaluation does it at once. Here they are
then as of now, where Azure keeps those of its last evaluation.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors as sandbox_errors
from vmident.sandbox.authorization.scopes import check_scope
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.policy import store
from vmident.sandbox.policy.applicability import applies
from vmident.sandbox.policy.assignments.assigned import AssignedRule, assigned_rules
from vmident.sandbox.policy.evaluation import Inventory, effect_of, group_of
from vmident.sandbox.protocol.odata_filter import read_filter
from vmident.sandbox.protocol.timestamps import wire_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

    State = dict[str, Any]

_KINDS = (store.ASSIGNMENT, store.INITIATIVE, store.DEFINITION)
_STATES = ("default", "latest")


def query_states(call: Call) -> Response:
    """Answer POST `queryResults`: one state for each rule and each resource that it applies to."""
    states = _states(call)
    top = call.query.get("$top")
    shown = states[: int(top)] if top and top.isdigit() else states
    return json_answer(200, {"@odata.context": _context(call), "@odata.count": len(shown), "value": shown})


def summarize_states(call: Call) -> Response:
    """Answer POST `summarize`: how many resources and policies are non-compliant, and of which assignments."""
    states = _states(call)
    summary = {
        "@odata.context": _context(call),
        "results": _results(states),
        "policyAssignments": [_assignment_summary(own) for own in _grouped(states, "policyAssignmentId")],
    }
    return json_answer(200, {"@odata.context": _context(call), "@odata.count": 1, "value": [summary]})


def _assignment_summary(states: list[State]) -> dict[str, Any]:
    return {
        "policyAssignmentId": states[0]["policyAssignmentId"],
        "policySetDefinitionId": states[0]["policySetDefinitionId"],
        "results": _results(states),
        "policyDefinitions": [
            {
                "policyDefinitionId": own[0]["policyDefinitionId"],
                "policyDefinitionReferenceId": own[0]["policyDefinitionReferenceId"],
                "effect": own[0]["policyDefinitionAction"],
                "results": _results(own),
            }
            for own in _grouped(states, "policyDefinitionId", "policyDefinitionReferenceId")
        ],
    }


def _grouped(states: list[State], *members: str) -> list[list[State]]:
    """Group states by some members, in the order in which each first appears."""
    found: dict[tuple[str, ...], list[State]] = {}
    for one in states:
        found.setdefault(tuple(one[member] for member in members), []).append(one)
    return list(found.values())


def trigger_evaluation(call: Call) -> Response:
    """Answer POST `triggerEvaluation`: 202, and the URL that answers 200 when the evaluation has ended."""
    scope = _scope(call)[0]
    token = call.settings.new_uuid()
    ends = call.now + call.settings.operation_seconds()
    for one in store.assignments_for(call.rows, scope):
        written = min(one["written"], ends - call.settings.policy_lag_seconds)
        store.write(call.rows, store.ASSIGNMENT, {**one, "written": written}, call.now)
    record = {"name": token, "location": "", "query": "", "ends": ends, "policyScan": True}
    call.rows.write_operation(token, record, ends=ends, running=False)
    return Response(202, {"Location": _evaluation_url(call, token)})


def read_evaluation(call: Call) -> Response:
    """Answer GET of a triggered evaluation: 202 until it has ended."""
    found = call.rows.find_operation(call.words["token"])
    if found is None or "policyScan" not in found:
        raise sandbox_errors.operation_not_found(call.words["token"])
    if call.now < found["ends"]:
        return Response(202, {"Location": _evaluation_url(call, call.words["token"])})
    return Response(200)


def _evaluation_url(call: Call, token: str) -> str:
    path = f"/subscriptions/{call.words['subscription']}/providers/Microsoft.PolicyInsights/asyncOperationResults"
    return f"{call.settings.endpoint}{path}/{token}?api-version={call.api_version}"


def _scope(call: Call) -> tuple[str, str]:
    """Return the scope of a query, and the id of the policy object that it is of, if it is of one."""
    scope = call.words["scope"]
    for kind in _KINDS:
        at = scope.lower().rfind(f"/providers/{kind.type}/".lower())
        if at >= 0:
            check_scope(call.rows, scope[:at] or "/")
            return scope[:at], scope
    check_scope(call.rows, scope)
    return scope, ""


def _states(call: Call) -> list[State]:
    if call.words["which"].lower() not in _STATES:
        raise sandbox_errors.not_in_the_sandbox(f"the policy states '{call.words['which']}'")
    scope, of_object = _scope(call)
    inventory = Inventory(call.rows, call.internal, scope, call.now)
    found = [
        _state(call, rule, resource, is_compliant=not inventory.is_non_compliant(rule, resource))
        for rule in _rules(call, scope, of_object)
        for resource in inventory.resources
        if applies(inventory, rule, resource)
    ]
    for clause in read_filter(call.query.get("$filter", "")):
        if clause.is_call or (found and clause.name not in {name.lower() for name in found[0]}):
            raise sandbox_errors.not_in_the_sandbox(f"the filter '{clause.name}' of policy states")
        wanted = str(clause.value).lower()
        found = [one for one in found if any(_says(one, name, clause.name, wanted) for name in one)]
    return found


def _says(state: State, name: str, asked: str, wanted: str) -> bool:
    return name.lower() == asked and str(state[name]).lower() == wanted


def _rules(call: Call, scope: str, of_object: str) -> Iterable[AssignedRule]:
    """List the rules that were evaluated, of the assignments that hold in a scope."""
    for assignment in store.assignments_for(call.rows, scope):
        if assignment["written"] + call.settings.policy_lag_seconds > call.now:
            continue
        for rule in assigned_rules(call.rows, assignment):
            ids = (assignment["id"], assignment["properties"]["policyDefinitionId"], rule.definition_id)
            if not of_object or of_object.lower() in [one.lower() for one in ids]:
                yield rule


def _state(call: Call, rule: AssignedRule, resource: Record, *, is_compliant: bool) -> State:
    assignment = rule.assignment
    target = assignment["properties"]["policyDefinitionId"]
    is_set = "/policysetdefinitions/" in target.lower()
    return {
        "timestamp": wire_time(call.now).replace("+00:00", "Z"),
        "resourceId": resource["id"],
        "policyAssignmentId": assignment["id"],
        "policyDefinitionId": rule.definition_id,
        "isCompliant": is_compliant,
        "complianceState": "Compliant" if is_compliant else "NonCompliant",
        "subscriptionId": resource["id"].split("/")[2],
        "resourceType": resource["type"],
        "resourceLocation": resource.get("location", ""),
        "resourceGroup": group_of(resource["id"]).rpartition("/")[2],
        "policyAssignmentName": assignment["name"],
        "policyAssignmentScope": assignment["properties"]["scope"],
        "policyDefinitionName": rule.definition["name"],
        "policyDefinitionAction": effect_of(rule),
        "policyDefinitionReferenceId": rule.reference_id,
        "policySetDefinitionId": target if is_set else "",
        "policySetDefinitionName": target.rpartition("/")[2] if is_set else "",
    }


def _results(states: list[State]) -> dict[str, Any]:
    """Count resources and policies; one with any non-compliant state is non-compliant."""
    resources: dict[str, bool] = {}
    policies: dict[tuple[str, ...], bool] = {}
    for one in states:
        resource = one["resourceId"].lower()
        policy = (one["policyAssignmentId"], one["policyDefinitionId"], one["policyDefinitionReferenceId"])
        resources[resource] = resources.get(resource, True) and one["isCompliant"]
        policies[policy] = policies.get(policy, True) and one["isCompliant"]
    return {
        "queryResultsUri": None,
        "nonCompliantResources": sum(not one for one in resources.values()),
        "nonCompliantPolicies": sum(not one for one in policies.values()),
        "resourceDetails": _details(resources.values()),
        "policyDetails": _details(policies.values()),
        "policyGroupDetails": [],
    }


def _details(compliant: Iterable[bool]) -> list[dict[str, Any]]:
    counts = Counter("compliant" if one else "noncompliant" for one in compliant)
    return [{"complianceState": state, "count": count} for state, count in sorted(counts.items())]


def _context(call: Call) -> str:
    place = f"{call.words['scope']}/providers/Microsoft.PolicyInsights/policyStates"
    return f"{call.settings.endpoint}{place}/$metadata#latest"
