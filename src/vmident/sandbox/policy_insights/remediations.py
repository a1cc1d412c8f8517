"""Remediations: create, read, list, cancel and delete; and what each did.

Shape: Microsoft's REST reference for 'Remediations', version 2024-10-01. `remediation_runner` does the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization.scopes import check_scope, covers
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.policy_insights import errors
from vmident.sandbox.policy_insights.remediation_request import RemediationRequest, read_remediation
from vmident.sandbox.policy_insights.remediation_runner import ACTIVE_STATES, CANCELING, ROW, begin
from vmident.sandbox.protocol.timestamps import wire_time
from vmident.sandbox.resource_graph import change_log

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

TYPE = "Microsoft.PolicyInsights/remediations"


def write_remediation(call: Call) -> Response:
    """Answer PUT: 201 for a new remediation, 200 for one of the same name that had ended, which begins anew.

    That a running one is not changed is from the page; the refusal is assumed.
    """
    scope, name = call.words["scope"], call.words["name"]
    check_scope(call.rows, scope)
    requested = read_remediation(call)
    _check_idle(call, requested)
    held = call.rows.find(ROW, scope, name)
    record = {
        "id": f"{scope}/providers/{TYPE}/{name}",
        "group": scope,
        "name": name,
        "assignment": requested.assignment_id,
        "reference": requested.reference_id,
        "mode": requested.mode,
        "locations": list(requested.locations),
        "resourceIds": list(requested.resource_ids),
        "resourceCount": requested.resource_count,
        "parallel": requested.parallel,
        "threshold": requested.threshold,
        "state": "Accepted",
        "made": call.now,
        "changed": call.now,
        "correlationId": call.settings.new_uuid(),
        "message": None,
        "deployments": [],
    }
    if held is None:
        call.rows.add(ROW, scope, name, record, made=call.now)
    else:
        call.rows.replace(ROW, scope, name, record)
    begin(call.rows, record, call.now, change_log.traced(call.request.headers))
    return json_answer(201 if held is None else 200, _shown(record))


def read_remediation_task(call: Call) -> Response:
    """Answer GET of one remediation."""
    return json_answer(200, _shown(_found(call)))


def list_remediations(call: Call) -> Response:
    """Answer the remediations at a scope and below it."""
    scope = call.words["scope"]
    check_scope(call.rows, scope)
    found = [one for one in call.rows.every(ROW) if covers(scope, one["group"])]
    return json_answer(200, {"value": [_shown(one) for one in found]})


def cancel_remediation(call: Call) -> Response:
    """Answer POST `cancel`: nothing more is begun, and what runs is waited for."""
    record = _found(call)
    if record["state"] not in ACTIVE_STATES:
        raise errors.remediation_ended(record["name"], record["state"])
    record |= {"state": CANCELING, "changed": call.now}
    call.rows.replace(ROW, record["group"], record["name"], record)
    return json_answer(200, _shown(record))


def list_remediation_deployments(call: Call) -> Response:
    """Answer POST `listDeployments`: what was done to each resource."""
    return json_answer(200, {"value": [_shown_deployment(one) for one in _found(call)["deployments"]]})


def delete_remediation(call: Call) -> Response:
    """Answer DELETE: 200, 204 for a remediation that was not there, 400 for one that runs."""
    scope, name = call.words["scope"], call.words["name"]
    record = call.rows.find(ROW, scope, name)
    if record is None:
        return Response(204)
    if record["state"] in ACTIVE_STATES:
        raise errors.remediation_active(name, record["state"])
    call.rows.soft_delete(ROW, scope, name, deleted=call.now)
    return json_answer(200, _shown(record))


def _check_idle(call: Call, requested: RemediationRequest) -> None:
    """Raise 400 where a remediation of the same rule runs at a scope that overlaps."""
    scope = call.words["scope"]
    running = [
        one["name"]
        for one in call.rows.every(ROW)
        if one["state"] in ACTIVE_STATES
        and one["assignment"].lower() == requested.assignment_id.lower()
        and one["reference"].lower() == requested.reference_id.lower()
        and (covers(one["group"], scope) or covers(scope, one["group"]))
    ]
    held = call.rows.find(ROW, scope, call.words["name"])
    if held is not None and held["state"] in ACTIVE_STATES:
        running.append(held["name"])
    if running:
        names = list(dict.fromkeys(running))
        raise errors.already_running(call.words["name"], names, requested.assignment_id, requested.reference_id)


def _found(call: Call) -> Record:
    found = call.rows.find(ROW, call.words["scope"], call.words["name"])
    if found is None:
        raise errors.remediation_not_found(call.words["name"])
    return found


def _shown(record: Record) -> dict[str, Any]:
    states = [one["state"] for one in record["deployments"]]
    filters = {name: record[name] for name in ("locations", "resourceIds") if record[name]}
    properties = {
        "policyAssignmentId": record["assignment"],
        "policyDefinitionReferenceId": record["reference"] or None,
        "resourceDiscoveryMode": record["mode"],
        "provisioningState": record["state"],
        "createdOn": _moment(record["made"]),
        "lastUpdatedOn": _moment(record["changed"]),
        "filters": filters or None,
        "deploymentStatus": {
            "totalDeployments": len(states),
            "successfulDeployments": states.count("Succeeded"),
            "failedDeployments": states.count("Failed"),
        },
        "statusMessage": record["message"],
        "correlationId": record["correlationId"],
        "resourceCount": record["resourceCount"],
        "parallelDeployments": record["parallel"],
        "failureThreshold": {"percentage": record["threshold"]},
    }
    return {"properties": properties, "id": record["id"], "name": record["name"], "type": TYPE}


def _shown_deployment(one: Record) -> dict[str, Any]:
    return {
        "remediatedResourceId": one["resource"],
        "deploymentId": one["deployment"],
        "status": one["state"],
        "resourceLocation": one["location"],
        "error": one.get("error"),
        "createdOn": _moment(one["began"]),
        "lastUpdatedOn": _moment(one["changed"]),
    }


def _moment(epoch_seconds: float) -> str:
    return wire_time(epoch_seconds).replace("+00:00", "Z")
