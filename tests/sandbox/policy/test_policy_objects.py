"""Definitions, initiatives and assignments: what Azure takes, and what it refuses with which code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import IN_GROUP, IN_SUBSCRIPTION, MINE, Cloud, code_of, message_of
from tests.sandbox.policy.rules import (
    BUILT_IN,
    ENABLE,
    IS_VM,
    MANAGEMENT_GROUP,
    VERSION,
    assign,
    audit,
    define,
    modify,
    object_id,
    put,
)
from vmident.sandbox.policy.built_in import BUILT_IN as RECORDS
from vmident.sandbox.policy.definitions import rule_of
from vmident.sandbox.policy.rules import unused_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFINITION = object_id("policyDefinitions", "enable")
INITIATIVE = object_id("policySetDefinitions", "both")
TEXT = {"type": "String"}
TAGGED = {"field": "tags.env", "equals": "[parameters('env')]"}


@pytest.fixture
def defined(cloud: Cloud) -> Cloud:
    return with_objects(cloud)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud for requests that are all refused, and so change nothing."""
    made = with_objects(Cloud(tmp_path_factory.mktemp("sandbox")))
    yield made
    made.sandbox.close()


def with_objects(cloud: Cloud) -> Cloud:
    """Write a definition that needs a parameter, and an initiative that has it once."""
    assert define(cloud, "enable", modify(TAGGED), parameters={"env": TEXT}).status == 201
    reference = {
        "policyDefinitionId": DEFINITION,
        "policyDefinitionReferenceId": "one",
        "parameters": {"env": {"value": "[parameters('wanted')]"}},
    }
    wanted = {"type": "string", "allowedValues": ["prod", "test"]}
    properties = {"parameters": {"wanted": wanted}, "policyDefinitions": [reference]}
    assert put(cloud, "policySetDefinitions", "both", properties).status == 201
    assert put(cloud, "policySetDefinitions", "both", properties).status == 200
    return cloud


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({}, "InvalidRequestContent"),
        ({"policyRule": audit(IS_VM), "mode": "Foo"}, "InvalidPolicyDefinitionMode"),
        ({"policyRule": audit(IS_VM), "unknown": 1}, "InvalidRequestContent"),
        ({"policyRule": audit(IS_VM), "displayName": "x" * 129}, "InvalidRequestContent"),
        ({"policyRule": audit(IS_VM), "parameters": {"a": TEXT}}, "UnusedPolicyParameters"),
        ({"policyRule": audit(TAGGED)}, "InvalidPolicyParameters"),
        ({"policyRule": audit(TAGGED), "parameters": {"env": {"type": "Text"}}}, "InvalidPolicyParameters"),
        ({"policyRule": audit(TAGGED), "parameters": {str(n): TEXT for n in range(21)}}, "InvalidPolicyParameters"),
        ({"policyRule": {"if": IS_VM}}, "InvalidPolicyRule"),
        ({"policyRule": {"properties": {}, "if": IS_VM, "then": {"effect": "audit"}}}, "InvalidPolicyRule"),
        ({"policyRule": {"if": IS_VM, "then": {"effect": "fix"}}}, "InvalidPolicyRule"),
        ({"policyRule": {"if": IS_VM, "then": {"effect": "append"}}}, "NotSupportedBySandbox"),
        ({"policyRule": audit({"field": "Microsoft.Web/sites/x", "equals": "a"})}, "InvalidPolicyAlias"),
        (
            {"policyRule": {"if": IS_VM, "then": {"effect": "audit", "details": {"a": 1}}}},
            "InvalidPolicyRuleEffectDetails",
        ),
        ({"policyRule": modify(roleDefinitionIds=[])}, "InvalidPolicyRuleEffectDetails"),
        ({"policyRule": modify(roleDefinitionIds=["Contributor"])}, "InvalidPolicyRuleEffectDetails"),
        ({"policyRule": modify(operations=())}, "InvalidPolicyRuleEffectDetails"),
        ({"policyRule": modify(operations=({**ENABLE, "operation": "remove"},))}, "InvalidPolicyRuleEffectDetails"),
        ({"policyRule": modify(operations=({**ENABLE, "field": "nothing"},))}, "InvalidPolicyAlias"),
        ({"policyRule": modify(conflictEffect="maybe")}, "InvalidPolicyRuleEffectDetails"),
    ],
)
def test_a_definition_that_azure_does_not_take_is_refused(unchanged: Cloud, properties: Any, code: str) -> None:
    assert code_of(put(unchanged, "policyDefinitions", "d", properties)) == (400, code)


def test_a_definition_is_seen_below_its_scope_and_deleted_once_nothing_uses_it(defined: Cloud) -> None:
    def listed(scope: str) -> list[str]:
        url = f"{object_id('policyDefinitions', '', scope).rstrip('/')}?api-version={VERSION}"
        return [one["name"] for one in defined.send("GET", url).json()["value"]]

    one = defined.send("GET", f"{DEFINITION}?api-version={VERSION}").json()
    assert (one["id"], one["type"]) == (DEFINITION, "Microsoft.Authorization/policyDefinitions")
    assert one["properties"]["policyType"] == "Custom"
    assert listed(IN_GROUP) == ["enable", *(record["name"] for record in RECORDS.values())]
    assert listed(MANAGEMENT_GROUP) == listed("") == [record["name"] for record in RECORDS.values()]
    url, set_url = f"{DEFINITION}?api-version={VERSION}", f"{INITIATIVE}?api-version={VERSION}"
    assert code_of(defined.send("DELETE", url)) == (400, "InvalidDeletePolicyDefinitionRequest")
    assert [defined.send("DELETE", each).status for each in (set_url, url, url)] == [200, 200, 204]
    assert code_of(defined.send("GET", url)) == (404, "PolicyDefinitionNotFound")


def test_an_update_neither_removes_parameters_nor_adds_required_ones(defined: Cloud) -> None:
    names = {"env": TEXT, "more": {**TEXT, "defaultValue": "a"}}
    more = {"field": "name", "notEquals": "[parameters('more')]"}
    required = define(defined, "enable", modify(TAGGED, more), parameters={"env": TEXT, "more": TEXT})
    assert code_of(required) == (400, "InvalidPolicyParameterUpdate")
    assert "new parameter(s) 'more'" in message_of(required)
    assert define(defined, "enable", modify(TAGGED, more), parameters=names).status == 201
    removed = define(defined, "enable", modify(TAGGED), parameters={"env": TEXT})
    assert code_of(removed) == (400, "InvalidPolicyParameterUpdate")
    reference = {"policyDefinitionId": DEFINITION, "parameters": {"env": {"value": "a"}}}
    emptied = put(defined, "policySetDefinitions", "both", {"policyDefinitions": [reference]})
    assert code_of(emptied) == (400, "InvalidPolicyParameterUpdate")


def test_a_definition_belongs_to_a_subscription_or_a_management_group(cloud: Cloud) -> None:
    assert code_of(define(cloud, "d", audit(IS_VM), IN_GROUP)) == (404, "MissingSubscription")
    assert code_of(define(cloud, "d", audit(IS_VM), MANAGEMENT_GROUP)) == (403, "AuthorizationFailed")
    cloud.sandbox.limit_person([("Owner", MANAGEMENT_GROUP)])
    assert define(cloud, "d", audit(IS_VM), MANAGEMENT_GROUP).status == 201
    at_group = object_id("policyDefinitions", "d", MANAGEMENT_GROUP)
    assert assign(cloud, "a", at_group, IN_GROUP).status == 201
    define(cloud, "below", audit(IS_VM))
    refused = assign(cloud, "a", object_id("policyDefinitions", "below"), MANAGEMENT_GROUP)
    assert code_of(refused) == (400, "InvalidCreatePolicyAssignmentRequest")
    assert "is out of scope" in message_of(refused)
    assert code_of(assign(cloud, "a" * 25, at_group, MANAGEMENT_GROUP)) == (400, "InvalidResourceName")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"policyDefinitions": []}, (400, "InvalidCreatePolicySetDefinitionRequest")),
        ({"policyDefinitions": [{"parameters": {}}]}, (400, "InvalidPolicyDefinitionReference")),
        ({"policyDefinitions": [{"policyDefinitionId": f"{DEFINITION}2"}]}, (404, "PolicyDefinitionNotFound")),
        ({"policyDefinitions": [{"policyDefinitionId": DEFINITION}]}, (400, "MissingPolicyParameter")),
        (
            {"policyDefinitions": [{"policyDefinitionId": DEFINITION, "parameters": {"x": {"value": "a"}}}]},
            (400, "UndefinedPolicyParameter"),
        ),
        (
            {"policyDefinitions": [{"policyDefinitionId": DEFINITION, "parameters": {"env": {"value": 7}}}]},
            (400, "InvalidPolicyParameters"),
        ),
        (
            {
                "policyDefinitions": [
                    {"policyDefinitionId": DEFINITION, "parameters": {"env": {"value": "[parameters('none')]"}}}
                ]
            },
            (400, "InvalidPolicyParameters"),
        ),
        (
            {
                "parameters": {"unused": TEXT},
                "policyDefinitions": [{"policyDefinitionId": DEFINITION, "parameters": {"env": {"value": "a"}}}],
            },
            (400, "UnusedPolicyParameters"),
        ),
        (
            {
                "policyDefinitions": 2
                * [
                    {
                        "policyDefinitionId": DEFINITION,
                        "policyDefinitionReferenceId": "same",
                        "parameters": {"env": {"value": "a"}},
                    }
                ]
            },
            (400, "InvalidPolicyDefinitionReference"),
        ),
    ],
)
def test_an_initiative_that_azure_does_not_take_is_refused(
    unchanged: Cloud, changes: Any, code: tuple[int, str]
) -> None:
    assert code_of(put(unchanged, "policySetDefinitions", "s", changes)) == code


PROD = {"parameters": {"wanted": {"value": "prod"}}}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"policyDefinitionId": None}, (400, "InvalidRequestContent")),
        ({"policyDefinitionId": f"{INITIATIVE}2"}, (404, "PolicySetDefinitionNotFound")),
        ({"policyDefinitionId": f"{DEFINITION}2"}, (404, "PolicyDefinitionNotFound")),
        ({"parameters": {}}, (400, "MissingPolicyParameter")),
        ({"parameters": {"wanted": {"value": "Prod"}}}, (400, "PolicyParameterValueNotAllowed")),
        ({"parameters": {"wanted": {"value": 1}}}, (400, "InvalidPolicyParameters")),
        ({"parameters": {"wanted": "prod"}}, (400, "InvalidPolicyParameters")),
        ({"parameters": {"wanted": {"value": "prod"}, "x": {"value": 1}}}, (400, "UndefinedPolicyParameter")),
        ({"notScopes": ["/subscriptions/other"]}, (400, "InvalidCreatePolicyAssignmentRequest")),
        (
            {"resourceSelectors": [{"selectors": [{"kind": "tag", "in": ["a"]}]}]},
            (400, "InvalidCreatePolicyAssignmentRequest"),
        ),
        (
            {"resourceSelectors": [{"selectors": [{"kind": "resourceLocation", "in": ["a"], "notIn": ["b"]}]}]},
            (400, "InvalidCreatePolicyAssignmentRequest"),
        ),
        (
            {"resourceSelectors": [{"selectors": [{"kind": "resourceLocation", "in": ["a"]}] * 2}]},
            (400, "InvalidCreatePolicyAssignmentRequest"),
        ),
        (
            {"nonComplianceMessages": [{"message": "m", "policyDefinitionReferenceId": "none"}]},
            (400, "InvalidPolicyDefinitionReference"),
        ),
    ],
)
def test_an_assignment_that_azure_does_not_take_is_refused(
    unchanged: Cloud, changes: Any, code: tuple[int, str]
) -> None:
    properties = {"policyDefinitionId": INITIATIVE, **PROD, **changes}
    identity: dict[str, Any] = {"location": "westus", "identity": {"type": "SystemAssigned"}}
    assert code_of(put(unchanged, "policyAssignments", "a", properties, **identity)) == code


def test_an_effect_that_changes_resources_needs_an_identity_and_its_location(defined: Cloud) -> None:
    properties = {"policyDefinitionId": INITIATIVE, **PROD}

    def assigned(**more: Any) -> Any:
        return put(defined, "policyAssignments", "a", properties, **more)

    assert code_of(assigned()) == (400, "ResourceIdentityRequired")
    system = {"identity": {"type": "SystemAssigned"}}
    assert code_of(assigned(**system)) == (400, "LocationRequired")
    first = assigned(**system, location="West US").json()
    assert (first["location"], first["identity"]["type"]) == ("westus", "SystemAssigned")
    again = assigned(**system, location="westus").json()
    assert again["identity"] == first["identity"]
    assert again["properties"]["instanceId"] == first["properties"]["instanceId"]
    assert code_of(assigned(**system, location="eastus")) == (400, "InvalidCreatePolicyAssignmentRequest")
    user = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {MINE: {}}}, "location": "westus"}
    assert set(assigned(**user).json()["identity"]["userAssignedIdentities"][MINE]) == {"principalId", "clientId"}
    assert define(defined, "watch", audit(IS_VM)).status == 201
    url = f"{object_id('policyAssignments', 'a')}?api-version={VERSION}"
    assert [defined.send("DELETE", url).status for _ in range(2)] == [200, 204]
    assert code_of(defined.send("GET", url)) == (404, "PolicyAssignmentNotFound")
    watching = {"policyDefinitionId": object_id("policyDefinitions", "watch")}
    assert put(defined, "policyAssignments", "w", watching, enforcementMode=None).status == 400
    assert put(defined, "policyAssignments", "w", {**watching, "enforcementMode": "DoNotEnforce"}).status == 201


def test_the_built_in_definitions_pass_the_checks_of_custom_ones(cloud: Cloud) -> None:
    for record in RECORDS.values():
        rule, parameters = rule_of(record)
        assert unused_parameters(record["properties"]["policyRule"], parameters) == []
        assert rule.existence is not None
    shown = cloud.send("GET", f"{BUILT_IN}?api-version={VERSION}").json()
    assert (shown["id"], shown["properties"]["policyType"]) == (BUILT_IN, "BuiltIn")
    assert code_of(put(cloud, "policyDefinitions", "x", shown["properties"], "")) in [
        (403, "AuthorizationFailed"),
        (404, "MissingSubscription"),
    ]
    assert IN_SUBSCRIPTION not in shown["id"]
