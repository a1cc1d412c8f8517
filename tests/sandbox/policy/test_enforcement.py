"""Policies change and reject requests, and deploy after them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.cloud import IDENTITIES, IN_GROUP, IN_SUBSCRIPTION, MSI, OTHER, Cloud, code_of, ids_of, message_of
from tests.sandbox.policy.rules import CONTRIBUTOR, USER_ACCESS, assign, define, modify, object_id, put
from tests.sandbox.policy.test_built_in import BY_ID, enforce
from tests.sandbox.policy.test_remediations import NONE

SCALE_SET = f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/set"
ENABLE = {
    "operation": "addOrReplace",
    "field": "identity.type",
    "value": "[if(contains(field('identity.type'), 'UserAssigned'), 'SystemAssigned, UserAssigned', 'SystemAssigned')]",
}


def assigned(cloud: Cloud, name: str, rule: Any, **properties: Any) -> None:
    assert define(cloud, name, rule).status == 201
    assert assign(cloud, name, object_id("policyDefinitions", name), **properties).status == 201


def deny(condition: dict[str, Any]) -> dict[str, Any]:
    is_identity = {"field": "type", "equals": "Microsoft.ManagedIdentity/userAssignedIdentities"}
    return {"if": {"allOf": [is_identity, condition]}, "then": {"effect": "deny"}}


def create_identity(cloud: Cloud, **tags: str) -> Any:
    url = f"{IDENTITIES}/new?api-version={MSI}"
    return cloud.send("PUT", url, {"location": "westus", "tags": tags})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"tags": {"a": "b"}}, "SystemAssigned"),
        ({"identity": {"type": "UserAssigned", "userAssignedIdentities": {OTHER: {}}}}, "SystemAssigned, UserAssigned"),
        ({"identity": {"type": "None"}}, "SystemAssigned"),
    ],
)
def test_modify_changes_every_write_of_a_vm(cloud: Cloud, body: Any, expected: str) -> None:
    assigned(cloud, "enable", modify(NONE, operations=(ENABLE,)))
    assert cloud.patch("myVM", body).json()["identity"]["type"] == expected
    cloud.finish()
    assert cloud.patch("webVM", {"identity": {"type": "None"}}).json()["identity"]["type"] == "SystemAssigned"


def test_modify_changes_what_is_created_unless_it_is_not_enforced_or_is_about_something_else(cloud: Cloud) -> None:
    rule = modify(NONE, operations=(ENABLE,))
    rule["if"]["allOf"][0] = {"field": "type", "equals": "Microsoft.Compute/virtualMachineScaleSets"}
    body = {"location": "westus", "sku": {"name": "Standard_DS1_v2", "capacity": 0}, "properties": {}}
    assigned(cloud, "watch", rule, enforcementMode="DoNotEnforce")
    assert "identity" not in cloud.send("PUT", f"{SCALE_SET}1?api-version=2024-07-01", body).json()
    assert assign(cloud, "watch", object_id("policyDefinitions", "watch")).status == 201
    made = cloud.send("PUT", f"{SCALE_SET}2?api-version=2024-07-01", body).json()
    assert made["identity"]["type"] == "SystemAssigned"
    assert "identity" not in cloud.patch("myVM", {"tags": {"a": "b"}}).json()


def test_deny_rejects_what_its_condition_holds_of_and_a_rule_that_fails_rejects_too(cloud: Cloud) -> None:
    assigned(cloud, "tagged", deny({"field": "tags.env", "exists": "false"}), notScopes=[])
    refused = create_identity(cloud)
    assert code_of(refused) == (403, "RequestDisallowedByPolicy")
    assert message_of(refused).startswith("Resource 'new' was disallowed by policy. Policy identifiers: '[{")
    assert create_identity(cloud, env="prod").status == 201
    failing = {"value": "[substring(field('name'), 0, 30)]", "equals": "a"}
    assigned(cloud, "failing", deny(failing))
    assert code_of(create_identity(cloud, env="prod")) == (403, "RequestDisallowedByPolicy")
    assert cloud.patch("myVM", {"tags": {"a": "b"}}).status == 200


@pytest.mark.parametrize(
    ("effects", "expected"),
    [(("audit", "deny"), {"a": "1"}), (("audit", "audit"), {}), (("deny", "deny"), None)],
)
def test_rules_that_set_a_tag_to_different_values_conflict(cloud: Cloud, effects: Any, expected: Any) -> None:
    for number, effect in enumerate(effects):
        one = {"operation": "addOrReplace", "field": "tags.a", "value": str(number)}
        assigned(cloud, f"set{number}", modify(operations=(one,), conflictEffect=effect))
    answer = cloud.patch("myVM", {"tags": {"b": "2"}})
    if expected is None:
        assert code_of(answer) == (403, "RequestDisallowedByPolicy")
    else:
        assert answer.json()["tags"] == {"b": "2", **expected}


def test_what_does_not_exist_is_deployed_after_a_write(cloud: Cloud) -> None:
    enforce(cloud, BY_ID, CONTRIBUTOR, USER_ACCESS, only="none")
    assert ids_of(cloud.vm("myVM")) == []
    cloud.patch("myVM", {"tags": {"a": "b"}})
    for _ in range(4):
        cloud.finish()
    assert (ids_of(cloud.vm("myVM")), ids_of(cloud.vm("webVM"))) == ([OTHER], [])
    listed = cloud.send("GET", f"{IN_SUBSCRIPTION}/providers/Microsoft.Resources/deployments?api-version=2021-04-01")
    assert [one["properties"]["provisioningState"] for one in listed.json()["value"]].count("Succeeded") >= 1
    assert put(cloud, "policyAssignments", "a", {"policyDefinitionId": None}).status == 400
