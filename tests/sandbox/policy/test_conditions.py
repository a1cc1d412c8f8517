"""Rules against resources, from the examples of Microsoft's documentation (the pages that the modules name)."""

from __future__ import annotations

from typing import Any

import pytest

from vmident.sandbox.policy.conditions import matches
from vmident.sandbox.policy.functions import EvaluationContext
from vmident.sandbox.policy.rule_errors import EvaluationFailed, RuleInvalid

SUBSCRIPTION = "/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1"
UAI = f"{SUBSCRIPTION}/resourceGroups/Ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one"
VM: dict[str, Any] = {
    "id": f"{SUBSCRIPTION}/resourceGroups/appNetRG/providers/Microsoft.Compute/virtualMachines/Web-01",
    "name": "Web-01",
    "type": "Microsoft.Compute/virtualMachines",
    "location": "eastus2",
    "tags": {"Env": "Prod", "Acct.CostCenter": "42", "it's": "yes", "'quoted'": "also", "empty": ""},
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {UAI: {"clientId": "c"}}},
    "properties": {
        "hardwareProfile": {"vmSize": "Standard_DS1_v2"},
        "storageProfile": {"osDisk": {"osType": "Linux", "diskSizeGB": 30}, "dataDisks": []},
        "networkProfile": {"networkInterfaces": [{"id": "/a"}, {"id": "/b"}]},
    },
}
CONTEXT = EvaluationContext(
    parameters={"tagName": "Env", "approved": ["eastus", "East US 2"], "patterns": ["db-*", "web-*"], "prefix": "WEB"},
    subscription={"subscriptionId": SUBSCRIPTION.rpartition("/")[2], "id": SUBSCRIPTION},
    resource_group={"name": "appNetRG", "location": "eastus", "tags": {"Env": "Prod"}},
)
NICS = "Microsoft.Compute/virtualMachines/networkProfile.networkInterfaces"
DISKS = "Microsoft.Compute/virtualMachines/storageProfile.dataDisks"
SIZE = "Microsoft.Compute/virtualMachines/storageProfile.osDisk.diskSizeGB"


def holds(condition: dict[str, Any]) -> bool:
    return matches(condition, VM, CONTEXT)


@pytest.mark.parametrize(
    ("field", "operator", "wanted", "expected"),
    [
        # Every operator but `match` compares without regard to case, and null equals nothing.
        ("name", "equals", "WEB-01", True),
        ("NAME", "Equals", "web-01", True),
        ("name", "notEquals", "web-01", False),
        ("name", "equals", "web-0", False),
        ("kind", "equals", "x", False),
        ("kind", "notEquals", "x", True),
        ("fullName", "equals", "web-01", True),
        ("id", "contains", "/RESOURCEGROUPS/appnetrg/", True),
        ("id", "notContains", "/resourceGroups/appnet/", True),
        ("type", "in", ["a", "microsoft.compute/VirtualMachines"], True),
        ("type", "notIn", ["a"], True),
        ("kind", "in", ["a", ""], False),
        ("kind", "notIn", ["a"], True),
        # Two spellings of a region.
        ("location", "equals", "East US 2", True),
        ("location", "in", ["West US", "EAST us 2"], True),
        ("location", "notEquals", "eastus2", False),
        ("location", "equals", "eastus", False),
        # One wildcard, anywhere; both sides of it are needed.
        ("name", "like", "web*", True),
        ("name", "like", "*01", True),
        ("name", "like", "W*1", True),
        ("name", "like", "*", True),
        ("name", "like", "web-01", True),
        ("name", "like", "web-01*-01", False),
        ("name", "like", "eb*", False),
        ("name", "notLike", "web*", False),
        ("kind", "like", "*", False),
        ("kind", "notLike", "*", True),
        # `match` regards case, and the length.
        ("name", "match", "Web-##", True),
        ("name", "match", "web-##", False),
        ("name", "match", "???-..", True),
        ("name", "match", "Web-#", False),
        ("name", "match", "####-##", False),
        ("name", "notMatch", "web-##", True),
        ("name", "matchInsensitively", "wEB-##", True),
        ("name", "notMatchInsensitively", "wEB-##", False),
        ("kind", "match", "", False),
        # Tags: names in any case, with what they may hold.
        ("tags", "containsKey", "ENV", True),
        ("tags", "notContainsKey", "Owner", True),
        ("tags.env", "equals", "prod", True),
        ("tags.Acct.CostCenter", "equals", "42", True),
        ("tags['Acct.CostCenter']", "equals", "42", True),
        ("tags[acct.costcenter]", "equals", "42", True),
        ("tags['it''s']", "equals", "YES", True),
        ("tags['''quoted''']", "equals", "also", True),
        ("tags.Owner", "exists", "false", True),
        ("tags.Owner", "exists", True, False),
        ("tags.empty", "exists", "TRUE", True),
        ("tags.empty", "equals", "", True),
        ("tags.Owner", "equals", "", False),
        ("tags.Owner", "notLike", "a*", True),
        ("[concat('tags[', parameters('tagName'), ']')]", "exists", "true", True),
        # Identities and aliases.
        ("identity.type", "contains", "UserAssigned", True),
        ("identity.type", "equals", "SystemAssigned, UserAssigned", False),
        ("identity.userAssignedIdentities", "containsKey", UAI.upper(), True),
        ("identity.userAssignedIdentities", "containsKey", f"{UAI}2", False),
        ("Microsoft.Compute/virtualMachines/sku.name", "equals", "standard_ds1_V2", True),
        (SIZE, "greater", 29, True),
        (SIZE, "lessOrEquals", "[add(29, 1)]", True),
        ("Microsoft.Compute/virtualMachineScaleSets/sku.name", "exists", "false", True),
        # A collection: of every member, and of none.
        (f"{NICS}[*].id", "like", "/*", True),
        (f"{NICS}[*].id", "equals", "/a", False),
        (f"{DISKS}[*].name", "equals", "anything", True),
        (NICS, "equals", "/a", False),
        ("location", "in", "[parameters('approved')]", True),
        ("name", "like", "[concat(parameters('prefix'), '*')]", True),
        ("name", "equals", "[[literal]", False),
    ],
)
def test_a_field_condition_is_as_documented(field: str, operator: str, wanted: Any, expected: bool) -> None:
    assert holds({"field": field, operator: wanted}) is expected


@pytest.mark.parametrize(
    ("value", "operator", "wanted", "expected"),
    [
        ("[resourceGroup().name]", "like", "*netrg", True),
        ("[less(length(field('tags')), 3)]", "equals", "true", False),
        ("[less(length(field('tags')), 9)]", "equals", "true", True),
        ("[if(greaterOrEquals(length(field('name')), 3), substring(field('name'), 0, 3), 'x')]", "equals", "web", True),
        ("[if(greater(length(field('name')), 9), substring(field('name'), 0, 9), 'short')]", "equals", "short", True),
        ("[startsWith(field('name'), 'WEB')]", "equals", True, True),
        ("[endsWith(field('name'), 'B-01')]", "equals", "True", True),
        ("[indexOf(field('name'), 'EB')]", "equals", 1, True),
        ("[contains(field('name'), 'web')]", "equals", False, True),
        ("[equals(field('name'), 'web-01')]", "equals", False, True),
        ("[equals(toLower(field('name')), 'web-01')]", "equals", True, True),
        ("[last(split(field('id'), '/'))]", "equals", "web-01", True),
        ("[take(field('name'), 3)]", "in", ["WEB"], True),
        ("[skip(field('name'), 40)]", "equals", "", True),
        ("[field('kind')]", "equals", "", True),
        ("[empty(field('tags.Owner'))]", "equals", True, True),
        ("[string(length(field('identity.userAssignedIdentities')))]", "equals", "1", True),
        ("[requestContext().apiVersion]", "greaterOrEquals", "2018-10-01", True),
        ("[subscription().subscriptionId]", "notIn", ["other"], True),
        ("[and(true(), not(equals(1, 2)), or(false(), true()))]", "equals", True, True),
        (f"[length(field('{NICS}[*].id'))]", "equals", 2, True),
        (f"[last(field('{NICS}[*]')).id]", "equals", "/B", True),
        ("[contains(createArray('a', 'B'), 'b')]", "equals", False, True),
        ("[length(parameters('approved'))]", "equals", 2, True),
        ("[addDays('2026-01-31T00:00:00.0000000Z', 1)]", "equals", "2026-02-01T00:00:00.0000000Z", True),
        ("a", "in", "[createArray('A')]", True),
    ],
)
def test_a_value_condition_is_as_documented(value: Any, operator: str, wanted: Any, expected: bool) -> None:
    assert holds({"value": value, operator: wanted}) is expected


NIC_A = {"field": f"{NICS}[*].id", "equals": "/a"}
PATTERN = {"field": "name", "like": "[current('pattern')]"}


@pytest.mark.parametrize(
    ("count", "number"),
    [
        ({"field": f"{NICS}[*]"}, 2),
        ({"field": f"{DISKS}[*]"}, 0),
        ({"field": f"{NICS}[*]", "where": NIC_A}, 1),
        ({"field": f"{NICS}[*]", "where": {"value": f"[current('{NICS}[*].id')]", "equals": "/b"}}, 1),
        ({"field": f"{NICS}[*]", "where": {"value": f"[first(field('{NICS}[*].id'))]", "equals": "/b"}}, 1),
        ({"field": f"{NICS}[*]", "where": {"value": "[current().id]", "equals": "/b"}}, 1),
        ({"field": f"{NICS}[*]", "where": {"field": "tags.env", "equals": "prod"}}, 2),
        ({"value": ["web*", "db*"], "name": "pattern", "where": PATTERN}, 1),
        ({"value": "[parameters('patterns')]", "where": {"field": "name", "like": "[current()]"}}, 1),
        ({"value": [1, 2, 3]}, 3),
    ],
)
def test_a_count_is_of_the_members_that_its_where_holds_of(count: dict[str, Any], number: int) -> None:
    assert holds({"count": count, "equals": number})
    assert holds({"count": count, "greater": number - 1})
    assert not holds({"count": count, "less": number})


def test_logical_operators_nest() -> None:
    yes, no = {"field": "name", "equals": "web-01"}, {"field": "name", "equals": "x"}
    assert holds({"allOf": [yes, {"not": no}, {"anyOf": [no, yes]}]})
    assert not holds({"allof": [yes, no]})
    assert not holds({"AnyOf": [no, {"not": yes}]})


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ({"field": "name", "like": "a*b*"}, "InvalidPolicyRule"),
        ({"field": "name", "notContains": "a*"}, "InvalidPolicyRule"),
        ({"field": "name", "in": "a"}, "InvalidPolicyRule"),
        ({"field": "name", "equals": ["a"]}, "InvalidPolicyRule"),
        ({"field": "name", "equals": "a", "like": "a"}, "InvalidPolicyRule"),
        ({"field": "name", "value": "a", "equals": "a"}, "InvalidPolicyRule"),
        ({"field": "name", "matches": "a"}, "InvalidPolicyRule"),
        ({"field": "name", "exists": "maybe"}, "InvalidPolicyRule"),
        ({"field": "name"}, "InvalidPolicyRule"),
        ({"allOf": []}, "InvalidPolicyRule"),
        ({"allOf": [], "anyOf": []}, "InvalidPolicyRule"),
        ({"source": "action", "like": "Microsoft.Network/*"}, "InvalidPolicyRule"),
        ({"field": "properties.vmId", "equals": "a"}, "InvalidPolicyAlias"),
        ({"field": "identity.principalId", "exists": "true"}, "InvalidPolicyAlias"),
        ({"field": "tags['it's']", "exists": "true"}, "InvalidPolicyAlias"),
        ({"field": "Microsoft.Compute/virtualMachines/nothing", "equals": "a"}, "InvalidPolicyAlias"),
        ({"value": "[resourceId('A/b', 'c')]", "equals": "a"}, "InvalidPolicyRule"),
        ({"value": "[managementGroup().name]", "equals": "a"}, "InvalidPolicyRule"),
        ({"value": "[reference('a')]", "equals": "a"}, "InvalidPolicyRule"),
        ({"value": "[concat('a'", "equals": "[concat('a', ]"}, "InvalidPolicyRule"),
        ({"value": "[parameters('none')]", "equals": "a"}, "InvalidPolicyParameters"),
        ({"count": {"field": "tags"}, "equals": 1}, "InvalidPolicyRule"),
        ({"count": {"field": f"{NICS}[*]", "name": "n"}, "equals": 1}, "InvalidPolicyRule"),
    ],
)
def test_a_rule_that_azure_does_not_take_is_refused(condition: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleInvalid) as refused:
        holds({"allOf": [{"field": "name", "equals": "never"}, condition]})
    assert refused.value.code == code


@pytest.mark.parametrize(
    "condition",
    [
        {"value": "[substring(field('name'), 0, 30)]", "equals": "abc"},
        {"field": SIZE, "greater": "29"},
        {"field": "kind", "less": "a"},
        {"field": "tags", "contains": "a"},
        {"field": "name", "containsKey": "a"},
        {"field": "name", "like": "[concat('a*', 'b*')]"},
        {"field": "name", "in": "[field('name')]"},
        {"field": "[concat('no', 'field')]", "exists": "true"},
        {"value": "[field('nothing')]", "equals": "a"},
        {"value": "[resourceGroup().tags.Owner]", "equals": "a"},
        {"value": "[current('x')]", "equals": "a"},
        {"count": {"value": "[range(0, 101)]"}, "equals": 101},
    ],
)
def test_a_rule_that_fails_on_a_resource_is_an_error_and_no_mismatch(condition: dict[str, Any]) -> None:
    with pytest.raises(EvaluationFailed):
        holds(condition)
    with pytest.raises(EvaluationFailed):
        holds({"not": condition})
