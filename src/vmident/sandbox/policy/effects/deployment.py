"""The deployment of a `deployIfNotExists`, and in whose name it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.policy.assignments.identity import principal_of
from vmident.sandbox.policy.evaluation import group_of, values_at
from vmident.sandbox.resource_graph import change_log

if TYPE_CHECKING:
    from vmident.sandbox.policy.assignments.assigned import AssignedRule
    from vmident.sandbox.policy.evaluation import Inventory

VERSION = "2021-04-01"


def policy_headers(rule: AssignedRule) -> dict[str, str]:
    """Return the headers of a request that Azure Policy sends as the identity of an assignment."""
    # An assignment whose identity was taken away acts as a principal without any right.
    principal = principal_of(rule.assignment) or "00000000-0000-0000-0000-000000000000"
    return change_log.request_headers(application=principal, principal=principal)


def deployment_of(
    rule: AssignedRule, resource: dict[str, Any], inventory: Inventory, new_uuid: str
) -> tuple[str, dict[str, Any]]:
    """Return the id and the body of a rule's deployment: to the group of the resource, or to its subscription."""
    context = inventory.context(rule, resource)
    details = rule.rule.details
    deployment = {name.lower(): value for name, value in details["deployment"].items()}
    properties = {name.lower(): value for name, value in deployment["properties"].items()}
    body: dict[str, Any] = {
        "properties": {
            "mode": "Incremental",
            "template": properties["template"],
            "parameters": values_at(properties.get("parameters") or {}, resource, context),
        }
    }
    scope = group_of(resource["id"])
    if str(details.get("deploymentscope", "resourceGroup")).lower() == "subscription":
        scope = scope.partition("/resourceGroups/")[0]
        body["location"] = values_at(deployment.get("location"), resource, context)
    number = int(new_uuid.replace("-", "")[-12:], 16)
    return f"{scope}/providers/Microsoft.Resources/deployments/PolicyDeployment_{number}", body
