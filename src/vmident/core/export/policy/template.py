"""The ARM template of an export: resources at several scopes in one deployment.

1. A template deploys to one scope. A resource at another one is the only resource of a nested deployment to it, whose
   template is evaluated on its own (`inner`).
2. Resource IDs are literal, as the scope of the export is known; only the principal of an assignment's identity, which
   Azure makes, is read by `reference()`.
3. Strings of policy definitions are escaped once, because the deployment evaluates the others (`expressions`).

Source: Microsoft's pages 'Management group deployments with ARM templates' and 'Linked and nested templates'.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from vmident.core.export.policy.expressions import call, expression, text_literal
from vmident.core.rbac.scope import Scope

POLICY_VERSION = "2024-05-01"
_ROLE_VERSION = "2022-04-01"
_REMEDIATION_VERSION = "2021-10-01"
_DEPLOYMENT_VERSION = "2022-09-01"
_SCHEMAS = "https://schema.management.azure.com/schemas"
_GROUP_SCHEMA = f"{_SCHEMAS}/2019-04-01/deploymentTemplate.json#"
_SUBSCRIPTION_SCHEMA = f"{_SCHEMAS}/2018-05-01/subscriptionDeploymentTemplate.json#"
_MANAGEMENT_GROUP_SCHEMA = f"{_SCHEMAS}/2019-08-01/managementGroupDeploymentTemplate.json#"
# Microsoft's page 'Template limits'.
MOST_RESOURCES = 800
MOST_BYTES = 4_000_000


class TemplateResource(Struct, frozen=True):
    """A resource of the template: `body` is what follows its type and name. `after` are resources to wait for.

    `name` is a text or an expression. `on` is the type and name of a resource in the resource group of `scope` that it
    extends.
    """

    scope: Scope
    type: str
    name: str
    version: str
    body: Mapping[str, Any]
    after: tuple[TemplateResource, ...] = ()
    on: str | None = None

    @property
    def id(self) -> str:
        """The resource ID, of a resource whose name is no expression."""
        return f"{self.scope}/providers/{self.type}/{self.name}"

    @property
    def dependency(self) -> str:
        """What `dependsOn` of another resource at the same scope calls it."""
        if self.name.startswith("["):
            return expression(call("concat", text_literal(f"{self.scope}/providers/{self.type}/"), self.name[1:-1]))
        return self.id

    def nested_name(self, prefix: str, location: str) -> str:
        """Return the name of the deployment that it is nested in, where its scope is another than the template's.

        A deployment to a subscription cannot move to another region, so that another region makes another name.
        """
        words = f"{self.scope}|{self.type}|{self.name}|{self.on}|{location}".lower()
        return f"{prefix}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def role_assignment(
    scope: Scope, assignment: TemplateResource, role_id: str, *, on: str | None = None
) -> TemplateResource:
    """Return the assignment of a role to the identity of a policy assignment; its name is the same on every export."""
    principal = call("reference", text_literal(assignment.id), text_literal(assignment.version), text_literal("Full"))
    where = f"{scope}/providers/{on}" if on else str(scope)
    return TemplateResource(
        scope,
        "Microsoft.Authorization/roleAssignments",
        expression(call("guid", text_literal(where), text_literal(assignment.id), text_literal(role_id))),
        _ROLE_VERSION,
        {
            "properties": {
                "roleDefinitionId": role_id,
                "principalId": expression(f"{principal}.identity.principalId"),
                "principalType": "ServicePrincipal",
            }
        },
        (assignment,),
        on,
    )


def remediation_task(
    assignment: TemplateResource, name: str, properties: Mapping[str, Any], after: Iterable[TemplateResource]
) -> TemplateResource:
    """Return a remediation task of a policy assignment, at the scope of the assignment."""
    is_one_subscription = assignment.scope.subscription is not None
    return TemplateResource(
        assignment.scope,
        "Microsoft.PolicyInsights/remediations",
        name,
        _REMEDIATION_VERSION,
        {
            "properties": {
                "policyAssignmentId": assignment.id,
                # Compliance is evaluated again for subscriptions and resource groups alone.
                "resourceDiscoveryMode": "ReEvaluateCompliance" if is_one_subscription else "ExistingNonCompliant",
                **properties,
            }
        },
        (assignment, *after),
    )


def template(root: Scope, resources: Iterable[TemplateResource], location: str, prefix: str) -> dict[str, Any]:
    """Return the template to deploy at the scope `root`; nested deployments keep their records in `location`."""
    return _document(root, [_placed(one, root, location, prefix) for one in resources])


def _placed(resource: TemplateResource, root: Scope, location: str, prefix: str) -> dict[str, Any]:
    after = [
        one.dependency if one.scope == root and one.on is None else one.nested_name(prefix, location)
        for one in resource.after
    ]
    if resource.scope == root and resource.on is None:
        return _alone(resource, after)
    segments = str(resource.scope).split("/")
    place = dict(zip(("subscriptionId", "resourceGroup"), segments[2::2], strict=False))
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": _DEPLOYMENT_VERSION,
        "name": resource.nested_name(prefix, location),
        # A deployment to a resource group has its record in the group.
        **({} if "resourceGroup" in place else {"location": location}),
        **place,
        **({"dependsOn": after} if after else {}),
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "template": _document(resource.scope, [_alone(resource, [])]),
        },
    }


def _alone(resource: TemplateResource, after: list[str]) -> dict[str, Any]:
    return {
        "type": resource.type,
        "apiVersion": resource.version,
        "name": resource.name,
        **({"scope": resource.on} if resource.on else {}),
        **({"dependsOn": after} if after else {}),
        **resource.body,
    }


def _document(scope: Scope, resources: list[dict[str, Any]]) -> dict[str, Any]:
    if scope.subscription is None:
        schema = _MANAGEMENT_GROUP_SCHEMA
    else:
        schema = _GROUP_SCHEMA if "/resourceGroups/" in str(scope) else _SUBSCRIPTION_SCHEMA
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": resources}
