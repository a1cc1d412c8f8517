"""Exported templates have the members that Azure's own schemas have.

Facts: `schemas/2020-10-01/policyDefinition.json` of the repository Azure/azure-resource-manager-schemas for rules, and
for resources the types of Microsoft.Authorization 2024-05-01 and Microsoft.PolicyInsights 2021-10-01 of the repository
Azure/bicep-types-az.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vmident.sandbox.deployments.expressions import resolved

FOLDERS = sorted((Path(__file__).resolve().parents[3] / "goldens" / "export").glob("policy-*"))
NAME = re.compile(r"[^<>*%&:\\?.+/]*[^<>*%&:\\?.+/ ]+")
LONGEST_NAME_AT_MANAGEMENT_GROUP = 24
ENVELOPE = {"type", "apiVersion", "name", "scope", "dependsOn", "properties"}
MEMBERS = {
    "Microsoft.Authorization/policyDefinitions": (
        set(),
        {"displayName", "description", "policyType", "mode", "metadata", "parameters", "policyRule"},
    ),
    "Microsoft.Authorization/policySetDefinitions": (
        set(),
        {"displayName", "description", "policyType", "metadata", "parameters", "policyDefinitions"},
    ),
    "Microsoft.Authorization/policyAssignments": (
        {"location", "identity"},
        {"displayName", "policyDefinitionId", "parameters", "enforcementMode", "resourceSelectors"},
    ),
    "Microsoft.Authorization/roleAssignments": (set(), {"roleDefinitionId", "principalId", "principalType"}),
    "Microsoft.PolicyInsights/remediations": (
        set(),
        {
            "policyAssignmentId",
            "policyDefinitionReferenceId",
            "resourceDiscoveryMode",
            "resourceCount",
            "parallelDeployments",
            "failureThreshold",
        },
    ),
    "Microsoft.Resources/deployments": (
        {"location", "subscriptionId", "resourceGroup"},
        {"mode", "expressionEvaluationOptions", "template"},
    ),
}
TEXTS = {"equals", "notEquals", "like", "contains", "notContains", "match", "exists", "greaterOrEquals"}


def resources(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in template["resources"]:
        yield one
        if one["type"] == "Microsoft.Resources/deployments":
            yield from resources(one["properties"]["template"])


def check_condition(condition: dict[str, Any]) -> None:
    if len(condition) == 1:
        ((operator, below),) = condition.items()
        if operator == "not":
            check_condition(below)
            return
        assert operator in {"allOf", "anyOf"}
        assert below, "an array of conditions has at least one"
        for one in below:
            check_condition(one)
        return
    accessor, test = sorted(condition, key=lambda member: member not in {"field", "value"})
    assert isinstance(condition[accessor], str)
    assert test == "in" or test in TEXTS
    assert isinstance(condition[test], list if test == "in" else str)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_templates_have_the_members_of_the_schemas(folder: Path) -> None:
    template = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
    assert set(template) == {"$schema", "contentVersion", "resources"}
    for one in resources(template):
        own, properties = MEMBERS[one["type"]]
        assert set(one) <= ENVELOPE | own
        assert set(one["properties"]) <= properties
        assert one["name"].startswith("[guid(") or NAME.fullmatch(one["name"])
        if one["type"].endswith("Assignments") and not one["name"].startswith("["):
            assert len(one["name"]) <= LONGEST_NAME_AT_MANAGEMENT_GROUP
        if one["type"].endswith("/policyDefinitions"):
            rule = resolved(one["properties"]["policyRule"], {})
            assert set(rule) == {"if", "then"}
            check_condition(rule["if"])
            assert set(rule["then"]) == {"effect", "details"}
            assert set(rule["then"]["details"]) == {"conflictEffect", "roleDefinitionIds", "operations"}
            assert rule["then"]["details"]["conflictEffect"] in {"audit", "deny"}
            for operation in rule["then"]["details"]["operations"]:
                assert set(operation) == {"operation", "field", "value"}
                assert operation["operation"] in {"add", "addOrReplace", "remove"}


def test_the_goldens_are_there() -> None:
    assert len(FOLDERS) >= 3
