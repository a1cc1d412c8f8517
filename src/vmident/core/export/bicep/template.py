"""The ARM template of an export: a deployment to a subscription, with one within it for each module.

Source: Microsoft's 'Deploy resources with ARM templates at subscription level' and 'Use nested templates', read on
2026-11-28. API version 2024-11-30 of identities is the first with `isolationScope` (wire facts).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from vmident.core.export.bicep.modules import Module
from vmident.core.export.bicep.scopes import TemplateScope
from vmident.core.export.managed_resources import ManagedAssignment, ManagedIdentity
from vmident.core.naming import without_lone_surrogates
from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, ResourceId
from vmident.core.resources import CredentialResource
from vmident.core.vm_kind import is_machine

IDENTITIES = "2024-11-30"
ROLE_ASSIGNMENTS = "2022-04-01"
DEPLOYMENTS = "2025-04-01"
CREDENTIAL_TYPE = f"{USER_ASSIGNED_IDENTITY}/federatedIdentityCredentials"
ASSIGNMENT_TYPE = "Microsoft.Authorization/roleAssignments"

_SCHEMA = "https://schema.management.azure.com/schemas"
_FOR_GROUP = f"{_SCHEMA}/2019-04-01/deploymentTemplate.json#"
_FOR_SUBSCRIPTION = f"{_SCHEMA}/2018-05-01/subscriptionDeploymentTemplate.json#"


def template_text(modules: Iterable[Module]) -> str:
    """Return the template as JSON."""
    return json.dumps(arm_template(modules), indent=2, ensure_ascii=False) + "\n"


def arm_template(modules: Iterable[Module]) -> dict[str, Any]:
    """Return the template."""
    return _template(_FOR_SUBSCRIPTION, [_nested(one) for one in modules])


def module_template(module: Module) -> dict[str, Any]:
    """Return the template of one deployment."""
    resources = [_identity(one) for one in module.identities]
    before: dict[ResourceId, CredentialResource] = {}
    for one in module.credentials:
        resources.append(_credential(one, before.get(one.identity)))
        before[one.identity] = one
    resources += [_assignment(one, at) for one, at in module.assignments]
    return _template(_FOR_GROUP if module.group else _FOR_SUBSCRIPTION, resources)


def template_string(text: str) -> str:
    """Return a string that a template reads as this text: one in brackets would be an expression."""
    whole = without_lone_surrogates(text)
    return f"[{whole}" if whole.startswith("[") and whole.endswith("]") else whole


def role_properties(one: ManagedAssignment) -> dict[str, str]:
    """Return the properties of a role assignment, without its principal."""
    properties = {
        "roleDefinitionId": one.role_definition_id,
        "principalType": "ServicePrincipal",
        "condition": one.condition,
        "conditionVersion": one.condition_version,
        "description": one.description,
    }
    return {name: text for name, text in properties.items() if text}


def _template(schema: str, resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": resources}


def _nested(module: Module) -> dict[str, Any]:
    place = {"resourceGroup": module.group} if module.group else {"location": "[deployment().location]"}
    # A deployment to a subscription never changes its region, so one from elsewhere needs another name.
    name = module.name if module.group else f"[concat('{module.name}-', deployment().location)]"
    waits = [one.deployment_id for one in module.waits]
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": DEPLOYMENTS,
        "name": name,
        "subscriptionId": module.subscription,
        **place,
        **({"dependsOn": waits} if waits else {}),
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "template": module_template(module),
        },
    }


def _identity(one: ManagedIdentity) -> dict[str, Any]:
    return {
        "type": USER_ASSIGNED_IDENTITY,
        "apiVersion": IDENTITIES,
        "name": one.id.name,
        "location": template_string(one.location),
        **({"tags": _literals(one.tags)} if one.tags else {}),
        **({"properties": {"isolationScope": "Regional"}} if one.is_regional else {}),
    }


def _credential(one: CredentialResource, before: CredentialResource | None) -> dict[str, Any]:
    """Azure refuses two writes at once to the credentials of one identity, so each waits for the one before it."""
    waits = [f"{USER_ASSIGNED_IDENTITY}/{one.identity.name}"]
    if before:
        waits.append(f"{waits[0]}/federatedIdentityCredentials/{before.name}")
    return {
        "type": CREDENTIAL_TYPE,
        "apiVersion": IDENTITIES,
        "name": f"{one.identity.name}/{one.name}",
        "dependsOn": waits,
        "properties": {
            "issuer": template_string(one.issuer),
            "subject": template_string(one.subject),
            "audiences": [template_string(audience) for audience in one.audiences],
        },
    }


def _assignment(one: ManagedAssignment, at: TemplateScope) -> dict[str, Any]:
    of_identity = f"[reference('{one.receiver}', '{IDENTITIES}').principalId]"
    principal_id = (one.principal_id or "") if is_machine(one.receiver) else of_identity
    return {
        "type": ASSIGNMENT_TYPE,
        "apiVersion": ROLE_ASSIGNMENTS,
        "name": one.name,
        **({"scope": at.relative_id} if at.types else {}),
        "properties": {"principalId": principal_id, **_literals(role_properties(one))},
    }


def _literals(texts: Mapping[str, str]) -> dict[str, str]:
    return {template_string(name): template_string(texts[name]) for name in sorted(texts)}
