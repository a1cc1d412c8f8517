"""How a remediation gets on in time.

    Accepted --begins--> InProgress --all done--> Succeeded | Complete | Failed
        \\________ cancel ____\\--> Cancelling --what runs ends--> Canceled

At its first step it finds the resources that its rule finds non-compliant, below its scope, in the order of their ids,
as many as `resourceCount`. With `ExistingNonCompliant` it finds none before Azure Policy has evaluated the assignment,
which takes a while after it was changed (`policy_lag_seconds`); `ReEvaluateCompliance` evaluates first. Then as many
as `parallelDeployments` are changed at a time, in the name of the identity of the assignment: a `modify` sends the
resource's PATCH, a `deployIfNotExists` begins a deployment. What the identity has no right to, Azure refuses, and that
resource fails. More failures than the threshold end it as Failed, and begin nothing more. `Complete`, for some
failures within the threshold, is assumed; so is that a resource is evaluated again before its turn. `enforcementMode`
`DoNotEnforce` changes nothing here: its remediations run (Microsoft's page 'Azure Policy assignment structure').
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vmident.sandbox import errors as sandbox_errors
from vmident.sandbox.policy import rules
from vmident.sandbox.policy.aliases import SCALE_SET, VM
from vmident.sandbox.policy.effects.deployment import VERSION, deployment_of, policy_headers
from vmident.sandbox.policy.effects.modification import can_modify, patch_of
from vmident.sandbox.policy.evaluation import Inventory, effect_of
from vmident.sandbox.policy.rule_errors import EvaluationFailed
from vmident.sandbox.policy_insights.remediation_request import EVALUATE, remediated_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.http_messages import Response
    from vmident.sandbox.policy.assignments.assigned import AssignedRule
    from vmident.sandbox.protocol.call import InternalClient, SandboxSettings
    from vmident.sandbox.rows import Record, Rows

ROW = "remediation"
CANCELING = "Cancelling"
ACTIVE_STATES = ("Accepted", "InProgress", CANCELING)
_ENDED = ("Succeeded", "Failed", "Canceled")
_SHORTEST_SECONDS = 0.05
_PATCH_VERSIONS = {VM.lower(): "2024-07-01", SCALE_SET.lower(): "2024-07-01"}


def begin(rows: Rows, record: Record, now: float, sent: Mapping[str, str]) -> None:
    """Note that a remediation, which is written already, is to run from now on; `sent` are the request's headers."""
    run = {"kind": ROW, "group": record["group"], "name": record["name"], "due": now, "sent": {**sent}}
    rows.add("run", f"remediation {record['group']}", record["name"], run, made=now)


def advance(rows: Rows, run: Record, internal: InternalClient, settings: SandboxSettings) -> None:
    """Take the next step of a remediation."""
    now = run["due"]
    record = rows.find(ROW, run["group"], run["name"])
    if record is None:
        # Its resource group was deleted meanwhile.
        rows.soft_delete("run", f"remediation {run['group']}", run["name"], deleted=now)
        return
    rule = _rule(rows, record)
    if rule is None:
        record |= {"state": "Failed", "message": "The policy assignment cannot be evaluated any more.", "changed": now}
        _finish(rows, run, record, now)
        return
    inventory = Inventory(rows, internal, record["group"], now)
    if record["state"] == "Accepted":
        is_known = record["mode"] == EVALUATE or rule.assignment["written"] + settings.policy_lag_seconds <= now
        record |= {"state": "InProgress", "deployments": _discovered(record, rule, inventory, now) if is_known else []}
    for one in record["deployments"]:
        if one["state"] == "Running" and one["ends"] <= now:
            _look(rows, one, internal, settings, now)
    as_policy = internal.sent_by({**run["sent"], **policy_headers(rule)})
    _begin_more(record, rule, inventory, as_policy, settings)
    record["changed"] = now
    ends = [one["ends"] for one in record["deployments"] if one["state"] == "Running"]
    if ends:
        rows.replace("run", f"remediation {run['group']}", run["name"], {**run, "due": min(ends)})
        rows.replace(ROW, record["group"], record["name"], record)
        return
    _conclude(record)
    _finish(rows, run, record, now)


def _rule(rows: Rows, record: Record) -> AssignedRule | None:
    """Find the rule of a remediation; None where it is gone, or its initiative no longer fits the assignment."""
    try:
        return remediated_rule(rows, record["assignment"], record["reference"])
    except sandbox_errors.Refused:
        return None


def _discovered(record: Record, rule: AssignedRule, inventory: Inventory, now: float) -> list[Record]:
    is_modify = effect_of(rule) == rules.MODIFY
    found = [
        one
        for one in inventory.non_compliant(rule)
        if (not record["locations"] or one.get("location") in record["locations"])
        and (not record["resourceIds"] or one["id"].lower() in record["resourceIds"])
        and (not is_modify or can_modify(rule, one))
    ]
    found.sort(key=lambda one: str(one["id"]).lower())
    return [
        {
            "resource": one["id"],
            "type": one["type"],
            "location": one.get("location"),
            "state": "Waiting",
            "deployment": None,
            "began": now,
            "changed": now,
        }
        for one in found[: record["resourceCount"]]
    ]


def _begin_more(
    record: Record, rule: AssignedRule, inventory: Inventory, as_policy: InternalClient, settings: SandboxSettings
) -> None:
    states = [one["state"] for one in record["deployments"]]
    if record["state"] == CANCELING or _is_over_threshold(record):
        return
    free = record["parallel"] - states.count("Running")
    for one in [each for each in record["deployments"] if each["state"] == "Waiting"][: max(0, free)]:
        _remediate(one, rule, inventory, as_policy, settings)


def _remediate(
    one: Record, rule: AssignedRule, inventory: Inventory, as_policy: InternalClient, settings: SandboxSettings
) -> None:
    """Change one resource, if it still needs it."""
    now = inventory.now
    one |= {"began": now, "changed": now, "ends": now + _pause(settings)}
    resource = inventory.read(one["resource"], one["type"])
    if resource is None or not inventory.is_non_compliant(rule, resource):
        one["state"] = "Succeeded"
        return
    try:
        if effect_of(rule) == rules.MODIFY:
            _modify(one, rule, resource, inventory, as_policy)
        else:
            one["deployment"], body = deployment_of(rule, resource, inventory, settings.new_uuid())
            url = f"{one['deployment']}?api-version={VERSION}"
            _note(one, as_policy.answer("PUT", url, body, now))
    except EvaluationFailed as failed:
        refused = sandbox_errors.Refused(400, "PolicyEvaluationFailed", str(failed))
        one |= {"state": "Failed", "error": refused.error()}


def _modify(
    one: Record, rule: AssignedRule, resource: dict[str, Any], inventory: Inventory, as_policy: InternalClient
) -> None:
    body = patch_of(rule, resource, inventory.context(rule, resource))
    if not body:
        one["state"] = "Succeeded"
        return
    version = _PATCH_VERSIONS.get(resource["type"].lower(), "2023-01-31")
    _note(one, as_policy.answer("PATCH", f"{resource['id']}?api-version={version}", body, inventory.now))


def _note(one: Record, answer: Response) -> None:
    if answer.status >= 400:
        one |= {"state": "Failed", "error": answer.json()["error"]}
        return
    url = next((text for name, text in answer.headers.items() if name.lower() == "azure-asyncoperation"), "")
    one |= {"state": "Running", "operation": urlsplit(url).path.rpartition("/")[2]}


def _look(rows: Rows, one: Record, internal: InternalClient, settings: SandboxSettings, now: float) -> None:
    """See whether the change of one resource has ended."""
    if one["deployment"]:
        answer = internal.answer("GET", f"{one['deployment']}?api-version={VERSION}", None, now)
        properties = answer.json().get("properties", {})
        state, error = properties.get("provisioningState", "Failed"), properties.get("error")
    else:
        operation = rows.find_operation(one["operation"]) or {"status": "Succeeded"}
        state, error = operation["status"], operation.get("error")
    if state not in _ENDED:
        one["ends"] = now + _pause(settings)
        return
    one |= {"state": "Succeeded" if state == "Succeeded" else "Failed", "changed": now}
    if error:
        one["error"] = error


def _pause(settings: SandboxSettings) -> float:
    return max(_SHORTEST_SECONDS, settings.operation_seconds())


def _is_over_threshold(record: Record) -> bool:
    states = [one["state"] for one in record["deployments"]]
    return bool(states) and states.count("Failed") / len(states) > record["threshold"]


def _conclude(record: Record) -> None:
    """End a remediation of which nothing runs any more."""
    for one in record["deployments"]:
        if one["state"] == "Waiting":
            one["state"] = "Canceled"
    failed = sum(one["state"] == "Failed" for one in record["deployments"])
    if record["state"] == CANCELING:
        record["state"] = "Canceled"
    elif _is_over_threshold(record):
        message = "The remediation failed because the percentage of failed deployments exceeds the failure threshold."
        record |= {"state": "Failed", "message": message}
    else:
        record["state"] = "Complete" if failed else "Succeeded"


def _finish(rows: Rows, run: Record, record: Record, now: float) -> None:
    rows.replace(ROW, record["group"], record["name"], record)
    rows.soft_delete("run", f"remediation {run['group']}", run["name"], deleted=now)
