"""Rules, and the shortest way to write policy objects into a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.cloud import IN_SUBSCRIPTION, Cloud
from vmident.sandbox.tenant import SCOPES_ABOVE

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Response

VERSION = "2025-03-01"
MANAGEMENT_GROUP = SCOPES_ABOVE[0]
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
USER_ACCESS = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
ROLE_IDS = [f"/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"]
IS_VM = {"field": "type", "equals": "Microsoft.Compute/virtualMachines"}
BUILT_IN = "/providers/Microsoft.Authorization/policyDefinitions/d367bd60-64ca-4364-98ea-276775bddd94"
ENABLE = {"operation": "addOrReplace", "field": "identity.type", "value": "SystemAssigned"}


def modify(*conditions: dict[str, Any], operations: Any = (ENABLE,), **details: Any) -> dict[str, Any]:
    """Return a rule of the effect modify on VMs that fulfil some conditions."""
    then = {"roleDefinitionIds": ROLE_IDS, "operations": list(operations), **details}
    return {"if": {"allOf": [IS_VM, *conditions]}, "then": {"effect": "modify", "details": then}}


def audit(condition: dict[str, Any]) -> dict[str, Any]:
    return {"if": condition, "then": {"effect": "audit"}}


def object_id(kind: str, name: str, scope: str = IN_SUBSCRIPTION) -> str:
    return f"{scope}/providers/Microsoft.Authorization/{kind}/{name}"


def put(cloud: Cloud, kind: str, name: str, properties: Any, scope: str = IN_SUBSCRIPTION, **more: Any) -> Response:
    """PUT a policy object."""
    url = f"{object_id(kind, name, scope)}?api-version={VERSION}"
    return cloud.send("PUT", url, {"properties": properties, **more})


def define(cloud: Cloud, name: str, rule: Any, scope: str = IN_SUBSCRIPTION, **properties: Any) -> Response:
    return put(cloud, "policyDefinitions", name, {"mode": "Indexed", "policyRule": rule, **properties}, scope)


def assign(cloud: Cloud, name: str, target: str, scope: str = IN_SUBSCRIPTION, **properties: Any) -> Response:
    """Assign with a system-assigned identity."""
    identity: dict[str, Any] = {"location": "westus", "identity": {"type": "SystemAssigned"}}
    return put(cloud, "policyAssignments", name, {"policyDefinitionId": target, **properties}, scope, **identity)
