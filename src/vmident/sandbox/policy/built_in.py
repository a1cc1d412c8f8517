"""The two built-in definitions that attach a user-assigned identity: to VMs, and to scale sets.

Facts, from the repository Azure/azure-policy, 'Managed Identity/VM_UAI_DINE.json' and 'VMSS_UAI_DINE.json', version
1.1.0-preview: names, parameters with their defaults, the condition, the existence condition, the roles, and what the
deployment does. The deployment is written anew here, and shorter:

1. An identity that is named by its group, in the subscription (`restrict…` is true), gets a `CanNotDelete` lock.
2. Where no identity is given, a group `Built-In-Identity-RG` and an identity of the region are created, and locked.
3. The resource is read (version 2019-07-01), and written with the identities that it had and the new one; the type
   becomes `SystemAssigned,UserAssigned` where it had a system-assigned identity, else `UserAssigned`.
4. A resource with exactly one user-assigned identity and no system-assigned one is left alone: it counts as compliant,
   and the deployment does nothing to it.
"""

from __future__ import annotations

from typing import Any

from vmident.sandbox.policy.aliases import SCALE_SET, VM

_VM_NAME, _SCALE_SET_NAME = "d367bd60-64ca-4364-98ea-276775bddd94", "516187d4-ef64-4a1b-ad6b-a7348502976c"
_OWN = "bringYourOwnUserAssignedManagedIdentity"
_RESTRICTED = "restrictBringYourOwnUserAssignedIdentityToSubscription"
_ROLES = "/providers/Microsoft.Authorization/roleDefinitions"
_CONTRIBUTOR, _USER_ACCESS = "b24988ac-6180-42a0-ab88-20f7382dd24c", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
_GROUP_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_SUBSCRIPTION_SCHEMA = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
_VERSION = "2020-06-01"
_MADE_GROUP, _MADE_PREFIX = "Built-In-Identity-RG", "Built-In-Identity-"


def _texts(**defaults: str) -> dict[str, Any]:
    return {name: {"type": "String", "defaultValue": default} for name, default in defaults.items()}


_PARAMETERS: dict[str, Any] = {
    _OWN: {"type": "Boolean", "allowedValues": [True, False]},
    _RESTRICTED: {"type": "Boolean", "allowedValues": [True, False], "defaultValue": True},
    **_texts(
        userAssignedIdentityResourceId="",
        userAssignedIdentityName="",
        identityResourceGroup="",
        builtInIdentityResourceGroupLocation="eastus",
    ),
    "effect": {
        "type": "String",
        "allowedValues": ["AuditIfNotExists", "DeployIfNotExists", "Disabled"],
        "defaultValue": "DeployIfNotExists",
    },
}


def _identity_in(group: str, name: str) -> str:
    """Return the expression of the id of an identity in the subscription; both words are expressions."""
    return (
        f"concat('/subscriptions/', subscription().subscriptionId, '/resourceGroups/', {group}, "
        f"'/providers/{_IDENTITY}/', {name})"
    )


# The identity that the resource should have: by group and name, by its id, or the one of its region.
_NAMED = _identity_in("trim(parameters('identityResourceGroup'))", "trim(parameters('userAssignedIdentityName'))")
_MADE = _identity_in(f"'{_MADE_GROUP}'", f"concat('{_MADE_PREFIX}', field('location'))")
_GIVEN = "parameters('userAssignedIdentityResourceId')"
_WANTED = f"if(parameters('{_OWN}'), if(parameters('{_RESTRICTED}'), {_NAMED}, {_GIVEN}), {_MADE})"


def _nested(name: str, group: str, resources: list[Any], values: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a deployment to a group, which sees nothing of the template around it but `values`."""
    template = {
        "$schema": _GROUP_SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {one: {"type": "object" if one == "held" else "string"} for one in values},
        "variables": more.pop("variables", {}),
        "resources": resources,
    }
    properties = {
        "mode": "Incremental",
        "expressionEvaluationOptions": {"scope": "inner"},
        "parameters": {one: {"value": value} for one, value in values.items()},
        "template": template,
    }
    kind = {"type": "Microsoft.Resources/deployments", "apiVersion": _VERSION}
    return {**kind, "name": f"[variables('{name}')]", "resourceGroup": group, "properties": properties, **more}


def _lock(identity: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "Microsoft.Authorization/locks",
        "apiVersion": "2016-09-01",
        "name": f"[concat('CanNotDeleteLock-', {identity})]",
        "scope": f"[concat('{_IDENTITY}/', {identity})]",
        "properties": {"level": "CanNotDelete", "notes": "Extensions that Azure Policy deploys use this identity."},
        **more,
    }


def _template(kind: str) -> dict[str, Any]:
    """Return what is deployed for one resource of a type, at the scope of its subscription."""
    read = "reference(variables('readName')).outputs.resource.value"
    identity = f"if(contains({read}, 'identity'), {read}.identity, createObject())"
    name = "parameters('identityName')"
    own, restricted = f"parameters('{_OWN}')", f"parameters('{_RESTRICTED}')"
    group = "[parameters('identityResourceGroup')]"
    made = {
        "type": _IDENTITY,
        "apiVersion": "2018-11-30",
        "name": f"[{name}]",
        "location": "[parameters('location')]",
    }
    written = {
        "condition": "[not(variables('isAlone'))]",
        "type": kind,
        "apiVersion": "2019-07-01",
        "name": "[parameters('name')]",
        "location": "[parameters('location')]",
        "identity": {
            "type": "[if(contains(parameters('identityType'), 'SystemAssigned'), 'SystemAssigned,UserAssigned', "
            "'UserAssigned')]",
            "userAssignedIdentities": "[union(parameters('held'), createObject(parameters('identityId'), "
            "createObject()))]",
        },
    }
    texts = ("identityId", "identityName", "identityResourceGroup", "groupLocation", "location", "name", "group", "id")
    return {
        "$schema": _SUBSCRIPTION_SCHEMA,
        "contentVersion": "1.0.0.1",
        "parameters": {_OWN: {"type": "bool"}, _RESTRICTED: {"type": "bool"}}
        | {one: {"type": "string"} for one in texts},
        "variables": {
            f"{one}Name": f"[concat('{one}-', uniqueString(deployment().name))]"
            for one in ("lock", "identity", "read", "assign")
        },
        "resources": [
            {
                "condition": f"[not({own})]",
                "type": "Microsoft.Resources/resourceGroups",
                "apiVersion": _VERSION,
                "name": group,
                "location": "[parameters('groupLocation')]",
            },
            _nested(
                "lockName",
                group,
                [_lock(name)],
                {"identityName": "[parameters('identityName')]"},
                condition=f"[and({own}, {restricted})]",
            ),
            _nested(
                "identityName",
                group,
                [made, _lock(name, dependsOn=[f"[{name}]"])],
                {"identityName": "[parameters('identityName')]", "location": "[parameters('location')]"},
                condition=f"[not({own})]",
                dependsOn=[group],
            ),
            {
                "type": "Microsoft.Resources/deployments",
                "apiVersion": _VERSION,
                "name": "[variables('readName')]",
                "location": "[parameters('location')]",
                "dependsOn": ["[variables('identityName')]"],
                "properties": {
                    "mode": "Incremental",
                    "template": {
                        "$schema": _SUBSCRIPTION_SCHEMA,
                        "contentVersion": "1.0.0.0",
                        "resources": [],
                        "outputs": {
                            "resource": {
                                "type": "object",
                                "value": "[reference(parameters('id'), '2019-07-01', 'Full')]",
                            }
                        },
                    },
                },
            },
            _nested(
                "assignName",
                "[parameters('group')]",
                [written],
                {
                    "identityId": "[parameters('identityId')]",
                    "name": "[parameters('name')]",
                    "location": "[parameters('location')]",
                    "identityType": f"[if(contains({read}, 'identity'), {read}.identity.type, '')]",
                    "held": f"[if(contains({identity}, 'userAssignedIdentities'), {identity}.userAssignedIdentities, "
                    "createObject())]",
                },
                variables={
                    "isAlone": "[and(equals(parameters('identityType'), 'UserAssigned'), "
                    "equals(length(parameters('held')), 1))]"
                },
                dependsOn=["[variables('identityName')]", "[variables('readName')]"],
            ),
        ],
    }


def _rule(kind: str) -> dict[str, Any]:
    attached = {"field": "identity.userAssignedIdentities", "containsKey": f"[{_WANTED}]"}
    alone = {"value": "[string(length(field('identity.userAssignedIdentities')))]", "equals": "1"}
    own, restricted = f"parameters('{_OWN}')", f"parameters('{_RESTRICTED}')"
    values = {
        _OWN: f"[{own}]",
        _RESTRICTED: f"[{restricted}]",
        "identityId": f"[{_WANTED}]",
        "identityName": f"[if({own}, parameters('userAssignedIdentityName'), concat('{_MADE_PREFIX}', "
        "field('location')))]",
        "identityResourceGroup": f"[if({own}, if({restricted}, parameters('identityResourceGroup'), 'placeholder'), "
        f"'{_MADE_GROUP}')]",
        "groupLocation": "[parameters('builtInIdentityResourceGroupLocation')]",
        "location": "[field('location')]",
        "name": "[field('name')]",
        "group": "[resourceGroup().name]",
        "id": "[field('id')]",
    }
    return {
        "if": {
            "allOf": [
                {"field": "type", "equals": kind},
                {"value": "[requestContext().apiVersion]", "greaterOrEquals": "2018-10-01"},
            ]
        },
        "then": {
            "effect": "[parameters('effect')]",
            "details": {
                "type": kind,
                "name": "[field('name')]",
                "evaluationDelay": "AfterProvisioning",
                "deploymentScope": "subscription",
                "existenceCondition": {
                    "anyOf": [
                        {"allOf": [{"field": "identity.type", "contains": "UserAssigned"}, attached]},
                        {"allOf": [{"field": "identity.type", "equals": "UserAssigned"}, alone]},
                    ]
                },
                "roleDefinitionIds": [f"{_ROLES}/{_CONTRIBUTOR}", f"{_ROLES}/{_USER_ACCESS}"],
                "deployment": {
                    "location": "eastus",
                    "properties": {
                        "mode": "incremental",
                        "parameters": {name: {"value": value} for name, value in values.items()},
                        "template": _template(kind),
                    },
                },
            },
        },
    }


def _record(name: str, kind: str, title: str) -> dict[str, Any]:
    return {
        "group": "",
        "name": name,
        "properties": {
            "displayName": f"[Preview]: Assign Built-In User-Assigned Managed Identity to {title}",
            "policyType": "BuiltIn",
            "mode": "Indexed",
            "description": "Create and assign a built-in user-assigned managed identity or assign a pre-created one.",
            "metadata": {"version": "1.1.0-preview", "preview": True, "category": "Managed Identity"},
            "version": "1.1.0-preview",
            "parameters": _PARAMETERS,
            "policyRule": _rule(kind),
            "versions": ["1.1.0-PREVIEW", "1.0.6-PREVIEW"],
        },
    }


_RECORDS = (
    _record(_VM_NAME, VM, "Virtual Machines"),
    _record(_SCALE_SET_NAME, SCALE_SET, "Virtual Machine Scale Sets"),
)
# By id in lower case.
BUILT_IN = {f"/providers/microsoft.authorization/policydefinitions/{one['name']}": one for one in _RECORDS}
