"""What `deployIfNotExists` does after a resource was written: its deployments, once the resource is provisioned.

A run waits until no operation runs on the resource, evaluates the rules that are enforced, and begins the deployment of
each that finds the resource non-compliant, in the name of the identity of the assignment. What becomes of a deployment
is seen in the deployment alone. Azure waits some ten minutes (`evaluationDelay`); here it is as long as an operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.errors import Refused
from vmident.sandbox.policy import rules, store
from vmident.sandbox.policy.assignments.assigned import assigned_rules
from vmident.sandbox.policy.assignments.request import NOT_ENFORCED
from vmident.sandbox.policy.effects.deployment import VERSION, deployment_of, policy_headers
from vmident.sandbox.policy.evaluation import Inventory, effect_of
from vmident.sandbox.policy.rule_errors import EvaluationFailed
from vmident.sandbox.protocol.operations import BUSY_STATES
from vmident.sandbox.resource_graph import change_log

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call, InternalClient, SandboxSettings
    from vmident.sandbox.rows import Record, Rows

KIND = "policy deployment"
_SHORTEST_SECONDS = 0.05


def begin(call: Call, resource_id: str, kind: str) -> None:
    """Schedule the evaluation of the rules on a resource after a write."""
    run = {
        "kind": KIND,
        "group": resource_id,
        "name": kind,
        "due": call.now + max(_SHORTEST_SECONDS, call.settings.operation_seconds()),
        "sent": change_log.traced(call.request.headers),
    }
    key = f"{KIND} {resource_id}"
    if call.rows.find("run", key, kind) is None:
        call.rows.add("run", key, kind, run, made=call.now)
    else:
        call.rows.replace("run", key, kind, run)


def advance(rows: Rows, run: Record, internal: InternalClient, settings: SandboxSettings) -> None:
    """Begin the deployments, or wait on."""
    now, key = run["due"], f"{KIND} {run['group']}"
    inventory = Inventory(rows, internal, run["group"], now)
    resource = inventory.read(run["group"], run["name"])
    if resource is not None and resource.get("properties", {}).get("provisioningState") in BUSY_STATES:
        rows.replace(
            "run", key, run["name"], {**run, "due": now + max(_SHORTEST_SECONDS, settings.operation_seconds())}
        )
        return
    rows.soft_delete("run", key, run["name"], deleted=now)
    for assignment in store.assignments_for(rows, run["group"]) if resource else []:
        if not covers(assignment["group"], run["group"]) or assignment["properties"]["enforcementMode"] == NOT_ENFORCED:
            continue
        try:
            for rule in assigned_rules(rows, assignment):
                if effect_of(rule) == rules.DEPLOY and inventory.is_non_compliant(rule, resource or {}):
                    deployment_id, body = deployment_of(rule, resource or {}, inventory, settings.new_uuid())
                    as_policy = internal.sent_by({**run["sent"], **policy_headers(rule)})
                    as_policy.answer("PUT", f"{deployment_id}?api-version={VERSION}", body, now)
        except (EvaluationFailed, Refused):
            continue
