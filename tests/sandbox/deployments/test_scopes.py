"""Deployments to a subscription and to a management group, and deployments within them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import GROUP, IDENTITIES, IN_GROUP, IN_SUBSCRIPTION, MSI, Cloud, code_of, message_of
from tests.sandbox.policy.rules import CONTRIBUTOR, MANAGEMENT_GROUP, modify
from vmident.sandbox.tenant import MANAGEMENT_GROUPS, SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Response

VERSION = "2022-09-01"
SCHEMAS = "https://schema.management.azure.com/schemas"
AT_GROUP = f"{SCHEMAS}/2019-04-01/deploymentTemplate.json#"
AT_SUBSCRIPTION = f"{SCHEMAS}/2018-05-01/subscriptionDeploymentTemplate.json#"
AT_MANAGEMENT_GROUP = f"{SCHEMAS}/2019-08-01/managementGroupDeploymentTemplate.json#"
IN_MANAGEMENT_GROUP = f"{MANAGEMENT_GROUP}/providers/Microsoft.Authorization"


@pytest.fixture
def owner(cloud: Cloud) -> Cloud:
    cloud.sandbox.limit_person([("Owner", MANAGEMENT_GROUP)])
    return cloud


def url_of(scope: str, name: str = "d", more: str = "") -> str:
    return f"{scope}/providers/Microsoft.Resources/deployments/{name}{more}?api-version={VERSION}"


def template(schema: str, *resources: Any, **more: Any) -> dict[str, Any]:
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": list(resources), **more}


def deploy(cloud: Cloud, scope: str, content: Any, name: str = "d", location: str | None = "westus") -> Response:
    body = {"properties": {"mode": "Incremental", "template": content}}
    return cloud.send("PUT", url_of(scope, name), {**body, **({"location": location} if location else {})})


def outcome(cloud: Cloud, scope: str, name: str = "d") -> dict[str, Any]:
    for _ in range(3):
        cloud.finish()
    properties: dict[str, Any] = cloud.send("GET", url_of(scope, name)).json()["properties"]
    return properties


def outputs(**expressions: str) -> dict[str, Any]:
    return {"outputs": {name: {"type": "string", "value": f"[{text}]"} for name, text in expressions.items()}}


def nested(name: str, content: Any, *, scope: str = "inner", **members: Any) -> dict[str, Any]:
    properties = {"mode": "Incremental", "expressionEvaluationOptions": {"scope": scope}, "template": content}
    parameters = members.pop("parameters", None)
    if parameters:
        properties["parameters"] = {each: {"value": value} for each, value in parameters.items()}
    kind = {"type": "Microsoft.Resources/deployments", "apiVersion": VERSION}
    return {**kind, "name": name, "properties": properties, **members}


def identity(name: str, **members: Any) -> dict[str, Any]:
    kind = {"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": MSI}
    return {**kind, "name": name, "location": "westus", **members}


@pytest.mark.parametrize(
    ("scope", "schema", "expressions"),
    [
        (
            IN_SUBSCRIPTION,
            AT_SUBSCRIPTION,
            {
                "resourceId('A/b', 'c')": f"{IN_SUBSCRIPTION}/providers/A/b/c",
                "resourceId('Microsoft.Resources/resourceGroups', 'g')": f"{IN_SUBSCRIPTION}/resourceGroups/g",
                "subscriptionResourceId('A/b', 'c')": f"{IN_SUBSCRIPTION}/providers/A/b/c",
                "subscription().subscriptionId": SUBSCRIPTION,
                "deployment().location": "westus",
                "deployment().name": "d",
            },
        ),
        (
            MANAGEMENT_GROUP,
            AT_MANAGEMENT_GROUP,
            {
                "managementGroup().id": MANAGEMENT_GROUP,
                "managementGroup().properties.displayName": "Sandbox landing zone",
                "managementGroupResourceId('A/b', 'c')": f"{MANAGEMENT_GROUP}/providers/A/b/c",
                "managementGroupResourceId('g', 'A/b', 'c')": f"{MANAGEMENT_GROUPS}/g/providers/A/b/c",
                "tenantResourceId('A/b', 'c')": "/providers/A/b/c",
                "resourceId('A/b', 'c')": "/providers/A/b/c",
                "subscriptionResourceId('s', 'A/b', 'c')": "/subscriptions/s/providers/A/b/c",
                "extensionResourceId(managementGroup().id, 'A/b', 'c')": f"{MANAGEMENT_GROUP}/providers/A/b/c",
            },
        ),
    ],
)
def test_the_functions_of_a_scope(owner: Cloud, scope: str, schema: str, expressions: dict[str, str]) -> None:
    named = {f"o{number}": text for number, text in enumerate(expressions)}
    assert deploy(owner, scope, template(schema, **outputs(**named))).status == 201
    shown = owner.send("GET", url_of(scope)).json()
    assert (shown["id"], shown["location"]) == (url_of(scope).partition("?")[0], "westus")
    found = outcome(owner, scope)["outputs"]
    assert {text: found[name]["value"] for name, text in named.items()} == expressions


def test_what_a_scope_does_not_have_is_refused(owner: Cloud) -> None:
    plain = template(AT_SUBSCRIPTION)
    assert code_of(deploy(owner, IN_SUBSCRIPTION, plain, location=None)) == (400, "InvalidDeployment")
    assert code_of(deploy(owner, IN_GROUP, template(AT_GROUP))) == (400, "InvalidDeployment")
    for scope, schema in ((IN_SUBSCRIPTION, AT_GROUP), (MANAGEMENT_GROUP, AT_SUBSCRIPTION)):
        assert code_of(deploy(owner, scope, template(schema))) == (400, "InvalidTemplate")
    assert code_of(deploy(owner, IN_GROUP, template(AT_MANAGEMENT_GROUP), location=None)) == (400, "InvalidTemplate")
    assert deploy(owner, IN_SUBSCRIPTION, plain).status == 201
    owner.finish()
    moved = deploy(owner, IN_SUBSCRIPTION, plain, location="eastus")
    assert code_of(moved) == (409, "InvalidDeploymentLocation")
    assert message_of(moved).endswith("The deployment 'd' already exists in location 'westus'.")
    elsewhere = "/providers/Microsoft.Management/managementGroups/none"
    assert code_of(deploy(owner, elsewhere, template(AT_MANAGEMENT_GROUP)))[0] in (403, 404)
    beside = {**identity("i"), "scope": "/subscriptions/other/resourceGroups/g"}
    assert code_of(deploy(owner, MANAGEMENT_GROUP, template(AT_MANAGEMENT_GROUP, beside))) == (400, "InvalidTemplate")
    for number, text in enumerate(("resourceGroup().name", "subscription().id", "subscriptionResourceId('A/b', 'c')")):
        wrong = template(AT_MANAGEMENT_GROUP, variables={"v": f"[{text}]"}, **outputs(o="variables('v')"))
        assert deploy(owner, MANAGEMENT_GROUP, wrong, f"d{number}").status == 201
        assert outcome(owner, MANAGEMENT_GROUP, f"d{number}")["provisioningState"] == "Failed"


def test_a_template_has_as_many_of_everything_as_azure_takes(cloud: Cloud) -> None:
    many = template(AT_SUBSCRIPTION, *({"type": "A/b"} for _ in range(801)))
    refused = deploy(cloud, IN_SUBSCRIPTION, many)
    assert code_of(refused) == (400, "InvalidTemplate")
    assert "The number of template resources limit exceeded. Limit: '800' and actual: '801'." in message_of(refused)
    outputs_of_all = outputs(**{f"o{number}": "true()" for number in range(65)})
    assert code_of(deploy(cloud, IN_SUBSCRIPTION, template(AT_SUBSCRIPTION, **outputs_of_all)))[0] == 400
    large = template(AT_SUBSCRIPTION, metadata={"text": "x" * 4 * 1024 * 1024})
    assert code_of(deploy(cloud, IN_SUBSCRIPTION, large)) == (413, "RequestContentTooLarge")


def test_a_group_and_what_is_in_it_come_from_a_subscription(cloud: Cloud) -> None:
    group = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2021-04-01",
        "name": "made",
        "location": "eastus",
    }
    inner = template(
        AT_GROUP,
        identity("[parameters('called')]", tags={"group": "[resourceGroup().name]", "literal": "[[parameters('x')]"}),
        parameters={"called": {"type": "string"}},
        **outputs(client="reference(parameters('called')).clientId"),
    )
    within = nested("in", inner, parameters={"called": "one"}, resourceGroup="made", dependsOn=["made"])
    whole = template(AT_SUBSCRIPTION, group, within, **outputs(client="reference('in').outputs.client.value"))
    assert deploy(cloud, IN_SUBSCRIPTION, whole).status == 201
    ended = outcome(cloud, IN_SUBSCRIPTION)
    assert ended["provisioningState"] == "Succeeded", ended
    url = IDENTITIES.replace(GROUP, "made")
    made = cloud.send("GET", f"{url}/one?api-version={MSI}").json()
    assert made["tags"] == {"group": "made", "literal": "[parameters('x')]"}
    assert ended["outputs"]["client"]["value"] == made["properties"]["clientId"]
    assert outcome(cloud, f"{IN_SUBSCRIPTION}/resourceGroups/made", "in")["provisioningState"] == "Succeeded"


def test_a_nested_template_without_a_scope_of_its_own_is_evaluated_outside(cloud: Cloud) -> None:
    inner = template(AT_GROUP, identity("[variables('called')]", tags={"a": "[[text]", "g": "[deployment().name]"}))
    outer = template(AT_GROUP, nested("in", inner, scope="outer"), variables={"called": "two"})
    deploy(cloud, IN_GROUP, outer, location=None)
    assert outcome(cloud, IN_GROUP)["provisioningState"] == "Succeeded"
    assert cloud.send("GET", f"{IDENTITIES}/two?api-version={MSI}").json()["tags"] == {"a": "[text]", "g": "d"}


def test_a_prediction_and_a_validation_look_into_nested_deployments(cloud: Cloud) -> None:
    inner = template(AT_GROUP, identity("otherIdentity"), identity("[parameters('called')]"))
    inner["parameters"] = {"called": {"type": "string"}}
    beside = nested("beside", template(AT_SUBSCRIPTION), location="[deployment().location]")
    whole = template(AT_SUBSCRIPTION, nested("in", inner, resourceGroup=GROUP, parameters={"called": "new"}), beside)
    body = {"location": "westus", "properties": {"mode": "Incremental", "template": whole}}
    begun = cloud.send("POST", url_of(IN_SUBSCRIPTION, more="/whatIf"), body)
    cloud.finish()
    changes = cloud.send("GET", begun.headers["Location"]).json()["properties"]["changes"]
    assert {one["resourceId"].rpartition("/")[2]: one["changeType"] for one in changes} == {
        "otherIdentity": "NoChange",
        "new": "Create",
    }
    whole["resources"][0]["properties"]["parameters"] = {}
    refused = cloud.send("POST", url_of(IN_SUBSCRIPTION, more="/validate"), body)
    assert code_of(refused) == (400, "InvalidTemplateDeployment")
    assert refused.json()["error"]["details"][0]["code"] == "InvalidTemplate"


def test_what_fails_within_fails_the_whole(cloud: Cloud) -> None:
    inner = template(AT_GROUP, identity("*"))
    deploy(cloud, IN_SUBSCRIPTION, template(AT_SUBSCRIPTION, nested("in", inner, resourceGroup=GROUP)))
    error = outcome(cloud, IN_SUBSCRIPTION)["error"]
    assert (error["code"], error["details"][0]["code"]) == ("DeploymentFailed", "DeploymentFailed")


def test_an_initiative_its_roles_and_a_remediation_come_from_a_management_group(owner: Cloud) -> None:
    def own(kind: str, name: str) -> str:
        return f"managementGroupResourceId('Microsoft.Authorization/{kind}', '{name}')"

    policy = {"apiVersion": "2023-04-01"}
    rule = modify(
        {"field": "identity.type", "notContains": "SystemAssigned"},
        {"field": "name", "in": "[[parameters('names')]"},
    )
    definition = {"mode": "Indexed", "policyRule": rule, "parameters": {"names": {"type": "Array"}}}
    reference = {
        "policyDefinitionReferenceId": "one",
        "policyDefinitionId": f"[{own('policyDefinitions', 'enable')}]",
        "parameters": {"names": {"value": ["MYVM"]}},
    }
    principal = f"[reference({own('policyAssignments', 'a')}, '2023-04-01', 'Full').identity.principalId]"
    role = {
        "roleDefinitionId": f"[tenantResourceId('Microsoft.Authorization/roleDefinitions', '{CONTRIBUTOR}')]",
        "principalId": principal,
        "principalType": "ServicePrincipal",
    }
    remediation = {
        "type": "Microsoft.PolicyInsights/remediations",
        "apiVersion": "2021-10-01",
        "name": "r",
        "properties": {
            "policyAssignmentId": f"{IN_MANAGEMENT_GROUP}/policyAssignments/a",
            "policyDefinitionReferenceId": "one",
            "resourceDiscoveryMode": "ReEvaluateCompliance",
        },
    }
    resources = [
        {"type": "Microsoft.Authorization/policyDefinitions", "name": "enable", "properties": definition, **policy},
        {
            "type": "Microsoft.Authorization/policySetDefinitions",
            "name": "set",
            "dependsOn": [f"[{own('policyDefinitions', 'enable')}]"],
            "properties": {"policyDefinitions": [reference]},
            **policy,
        },
        {
            "type": "Microsoft.Authorization/policyAssignments",
            "name": "a",
            "location": "[deployment().location]",
            "identity": {"type": "SystemAssigned"},
            "dependsOn": ["set"],
            "properties": {"policyDefinitionId": f"[{own('policySetDefinitions', 'set')}]"},
            **policy,
        },
        {
            "type": "Microsoft.Authorization/roleAssignments",
            "apiVersion": "2022-04-01",
            "name": "[guid(managementGroup().id, 'a')]",
            "properties": role,
        },
        nested(
            "later",
            template(AT_SUBSCRIPTION, remediation),
            subscriptionId=SUBSCRIPTION,
            location="westus",
            dependsOn=["[guid(managementGroup().id, 'a')]"],
        ),
    ]
    whole = template(AT_MANAGEMENT_GROUP, *resources)
    validated = owner.send(
        "POST",
        url_of(MANAGEMENT_GROUP, more="/validate"),
        {"location": "westus", "properties": {"mode": "Incremental", "template": whole}},
    )
    assert validated.status == 200, validated.body
    assert deploy(owner, MANAGEMENT_GROUP, whole).status == 201
    ended = outcome(owner, MANAGEMENT_GROUP)
    assert ended["provisioningState"] == "Succeeded", ended
    assert owner.vm("myVM")["identity"]["type"] == "SystemAssigned"
    assert "identity" not in owner.vm("dbVM") or "SystemAssigned" not in owner.vm("dbVM")["identity"]["type"]
    again = deploy(owner, MANAGEMENT_GROUP, whole)
    assert again.status == 200
    assert outcome(owner, MANAGEMENT_GROUP)["provisioningState"] == "Succeeded"


def test_a_person_without_a_role_at_the_management_group_deploys_nothing_there(cloud: Cloud) -> None:
    refused = deploy(cloud, MANAGEMENT_GROUP, template(AT_MANAGEMENT_GROUP))
    assert code_of(refused) == (403, "AuthorizationFailed")
