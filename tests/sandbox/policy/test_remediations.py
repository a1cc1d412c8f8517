"""Remediations change the VMs of the sandbox through the VMs' own writes, as the identity of the assignment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import (
    BOTH,
    IN_GROUP,
    IN_SUBSCRIPTION,
    MINE,
    READER,
    VMS,
    Cloud,
    assignment_url,
    code_of,
    message_of,
    role_body,
)
from tests.sandbox.policy.rules import (
    CONTRIBUTOR,
    ENABLE,
    IS_VM,
    MANAGEMENT_GROUP,
    assign,
    audit,
    define,
    modify,
    object_id,
    put,
)

if TYPE_CHECKING:
    from pathlib import Path

    from vmident.sandbox.http_messages import Response

REMEDIATIONS = "2021-10-01"
DEFINITION = object_id("policyDefinitions", "enable")
ASSIGNMENT = object_id("policyAssignments", "a")
NONE = {"field": "identity.type", "notContains": "SystemAssigned"}
HAS_USER = {"field": "identity.type", "contains": "UserAssigned"}
ADD = {**ENABLE, "value": "[concat(field('identity.type'), ',SystemAssigned')]"}


def url_of(name: str, scope: str = IN_SUBSCRIPTION, more: str = "") -> str:
    return f"{scope}/providers/Microsoft.PolicyInsights/remediations/{name}{more}?api-version={REMEDIATIONS}"


def remediate(cloud: Cloud, name: str = "r", scope: str = IN_SUBSCRIPTION, **properties: Any) -> Response:
    return cloud.send("PUT", url_of(name, scope), {"properties": {"policyAssignmentId": ASSIGNMENT, **properties}})


def state_of(cloud: Cloud, name: str = "r") -> tuple[str, list[int]]:
    """Return a remediation's state, and how many were changed, and failed to be."""
    properties = cloud.send("GET", url_of(name)).json()["properties"]
    counts = properties["deploymentStatus"]
    return properties["provisioningState"], [counts["successfulDeployments"], counts["failedDeployments"]]


def deployments(cloud: Cloud, name: str = "r") -> list[dict[str, Any]]:
    answer = cloud.send("POST", url_of(name, more="/listDeployments"))
    return list(answer.json()["value"])


def enforce(cloud: Cloud, rule: Any, role: str | None = CONTRIBUTOR, **properties: Any) -> str:
    """Define and assign a rule, and grant the assignment's identity a role; return its principal ID."""
    assert define(cloud, "enable", rule).status == 201
    assigned = assign(cloud, "a", DEFINITION, **properties)
    assert assigned.status == 201, assigned.body
    principal = str(assigned.json()["identity"]["principalId"])
    if role:
        body = role_body(principal, role, principalType="ServicePrincipal")
        assert cloud.send("PUT", assignment_url(IN_SUBSCRIPTION), body).status == 201
    cloud.finish()
    return principal


def test_an_assignment_is_evaluated_some_time_after_it_was_written_or_at_once_when_asked(cloud: Cloud) -> None:
    enforce(cloud, modify(NONE))
    assert assign(cloud, "a", DEFINITION, description="changed").status == 201
    remediate(cloud, "early")
    assert state_of(cloud, "early") == ("Succeeded", [0, 0])
    remediate(cloud, resourceDiscoveryMode="ReEvaluateCompliance")
    cloud.finish()
    assert state_of(cloud) == ("Succeeded", [2, 0])


def types(cloud: Cloud) -> dict[str, str]:
    names = ("myVM", "webVM", "dbVM", "appVM")
    return {name: cloud.vm(name).get("identity", {}).get("type", "None") for name in names}


def test_modify_enables_the_system_assigned_identity_and_keeps_what_is_attached(cloud: Cloud) -> None:
    enforce(cloud, modify(HAS_USER, NONE, operations=(ADD,)))
    assert remediate(cloud).status == 201
    assert state_of(cloud) == ("InProgress", [0, 0])
    cloud.finish()
    assert state_of(cloud) == ("Succeeded", [1, 0])
    assert types(cloud) == {"myVM": "None", "webVM": "SystemAssigned", "dbVM": BOTH, "appVM": BOTH}
    assert list(cloud.vm("dbVM")["identity"]["userAssignedIdentities"]) == [MINE]
    one = deployments(cloud)[0]
    assert (one["remediatedResourceId"], one["status"], one["error"]) == (f"{VMS}/dbVM", "Succeeded", None)
    assert remediate(cloud).status == 200
    cloud.finish()
    assert state_of(cloud) == ("Succeeded", [0, 0])


@pytest.mark.parametrize("role", [None, READER])
def test_an_identity_without_the_role_changes_nothing(cloud: Cloud, role: str | None) -> None:
    principal = enforce(cloud, modify(NONE), role)
    remediate(cloud, failureThreshold={"percentage": 0})
    assert state_of(cloud) == ("Failed", [0, 2])
    assert types(cloud)["myVM"] == "None"
    error = deployments(cloud)[0]["error"]
    assert error["code"] == "AuthorizationFailed"
    assert principal in error["message"]


def test_every_kind_of_resource_can_be_evaluated(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, with_examples=True)
    enforce(cloud, modify(HAS_USER, NONE, operations=(ADD,)))
    remediate(cloud, filters={"locations": ["eastus"]})
    cloud.finish()
    state, (_, failed) = state_of(cloud)
    refused = [one["remediatedResourceId"].rpartition("/")[2] for one in deployments(cloud) if one["error"]]
    cloud.sandbox.close()
    # A VM with an identity that was deleted takes no change of its identities.
    assert (state, failed, refused) == ("Complete", 1, ["legacyVM"])


def test_the_change_is_logged_as_the_identity_of_the_assignment(cloud: Cloud) -> None:
    principal = enforce(cloud, modify({"field": "name", "equals": "myVM"}))
    remediate(cloud)
    cloud.finish()
    cloud.now += 300
    query = {"query": "resourcechanges | project who = tostring(properties.changeAttributes.changedBy)"}
    rows = cloud.send("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", query)
    assert principal in [row["who"] for row in rows.json()["data"]]


def test_scopes_filters_counts_and_exclusions_leave_resources_out(cloud: Cloud) -> None:
    cloud.sandbox.add_group("other", location="eastus")
    for name in ("one", "two", "three"):
        cloud.sandbox.add_vm("other", name, location="eastus")
    other = f"{IN_SUBSCRIPTION}/resourceGroups/other"
    excluded = f"{other}/providers/Microsoft.Compute/virtualMachines/three"
    selectors = [{"name": "east", "selectors": [{"kind": "resourceLocation", "in": ["East US"]}]}]
    enforce(cloud, modify(NONE), notScopes=[excluded], resourceSelectors=selectors, enforcementMode="DoNotEnforce")

    def remediated(name: str, scope: str = IN_SUBSCRIPTION, **more: Any) -> list[str]:
        remediate(cloud, name, scope, **more)
        cloud.finish()
        url = url_of(name, scope, "/listDeployments")
        return [one["remediatedResourceId"].rpartition("/")[2] for one in cloud.send("POST", url).json()["value"]]

    assert remediated("west", filters={"locations": ["westus"]}) == []
    assert remediated("elsewhere", IN_GROUP) == []
    assert remediated("first", other, resourceCount=1) == ["one"]
    assert remediated("rest", filters={"locations": ["east us"]}) == ["two"]
    listed = cloud.send("GET", url_of("").replace("/?", "?")).json()["value"]
    assert {one["name"] for one in listed} == {"west", "elsewhere", "first", "rest"}


def test_as_many_as_allowed_run_at_a_time_and_a_canceled_one_begins_no_more(cloud: Cloud) -> None:
    for number in range(4):
        cloud.sandbox.add_vm("myResourceGroup", f"vm{number}")
    enforce(cloud, modify(NONE))
    remediate(cloud, parallelDeployments=2)
    assert [one["status"] for one in deployments(cloud)].count("Running") == 2
    assert code_of(remediate(cloud, "again", IN_GROUP)) == (400, "InvalidCreateRemediationRequest")
    assert "'r' are already running for policy assignment" in message_of(remediate(cloud, "again"))
    assert code_of(cloud.send("DELETE", url_of("r"))) == (400, "InvalidDeleteRemediationRequest")
    canceled = cloud.send("POST", url_of("r", more="/cancel")).json()
    assert canceled["properties"]["provisioningState"] == "Cancelling"
    cloud.finish()
    assert state_of(cloud) == ("Canceled", [2, 0])
    assert [one["status"] for one in deployments(cloud)].count("Canceled") == 4
    assert code_of(cloud.send("POST", url_of("r", more="/cancel"))) == (400, "InvalidCancelRemediationRequest")
    assert [cloud.send("DELETE", url_of("r")).status for _ in range(2)] == [200, 204]
    assert code_of(cloud.send("GET", url_of("r"))) == (404, "RemediationNotFound")


def test_modify_sets_adds_and_removes_tags(cloud: Cloud) -> None:
    cloud.patch("myVM", {"tags": {"Old": "1", "env": "x"}})
    cloud.finish()
    operations = (
        {"operation": "remove", "field": "tags['old']"},
        {"operation": "add", "field": "tags.env", "value": "kept"},
        {"operation": "add", "field": "tags['it''s']", "value": "[resourceGroup().name]"},
        {"operation": "addOrReplace", "field": "tags.never", "value": "x", "condition": "[equals(1, 2)]"},
    )
    enforce(cloud, modify({"field": "tags.old", "exists": "true"}, operations=operations))
    remediate(cloud)
    cloud.finish()
    assert cloud.vm("myVM")["tags"] == {"env": "x", "it's": "myResourceGroup"}


def test_a_group_takes_its_assignments_and_remediations_with_it(cloud: Cloud) -> None:
    assert define(cloud, "enable", modify(NONE)).status == 201
    assert assign(cloud, "in", DEFINITION, IN_GROUP).status == 201
    inside = {"policyAssignmentId": object_id("policyAssignments", "in", IN_GROUP)}
    assert remediate(cloud, scope=IN_GROUP, **inside, resourceDiscoveryMode="ReEvaluateCompliance").status == 201
    assert cloud.send("DELETE", f"{IN_GROUP}?api-version=2021-04-01").status == 202
    for _ in range(2):
        cloud.finish()
    assert cloud.send("DELETE", f"{DEFINITION}?api-version=2023-04-01").status == 200
    assert cloud.send("GET", url_of("").replace("/?", "?")).json()["value"] == []


def test_a_remediation_that_azure_does_not_take_is_refused(cloud: Cloud) -> None:
    enforce(cloud, modify(NONE))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"policyAssignmentId": f"{ASSIGNMENT}2"}, "could not be found"),
        ({"policyDefinitionReferenceId": "one"}, "could not be found"),
        ({"resourceCount": 50_001}, "between 1 and 50000"),
        ({"parallelDeployments": 31}, "between 1 and 30"),
        ({"parallelDeployments": 0}, "between 1 and 30"),
        ({"failureThreshold": {"percentage": 100}}, "between 0 and 1"),
        ({"filters": {"locations": ["nowhere"]}}, "locations"),
        ({"resourceDiscoveryMode": "Guess"}, "discovery mode"),
    ]
    for properties, reason in wrong:
        refused = remediate(cloud, **properties)
        assert code_of(refused) == (400, "InvalidCreateRemediationRequest"), properties
        assert reason in message_of(refused)


def test_a_remediation_of_an_initiative_names_one_of_its_policies_that_changes_resources(cloud: Cloud) -> None:
    enforce(cloud, modify(NONE))
    define(cloud, "watch", audit(IS_VM))
    references = [
        {"policyDefinitionId": DEFINITION, "policyDefinitionReferenceId": "one"},
        {"policyDefinitionId": object_id("policyDefinitions", "watch"), "policyDefinitionReferenceId": "two"},
    ]
    assert put(cloud, "policySetDefinitions", "s", {"policyDefinitions": references}).status == 201
    assert assign(cloud, "b", object_id("policySetDefinitions", "s")).status == 201
    both = {"policyAssignmentId": object_id("policyAssignments", "b")}
    assert "must be specified" in message_of(remediate(cloud, **both))
    assert "cannot be remediated" in message_of(remediate(cloud, **both, policyDefinitionReferenceId="two"))
    assert remediate(cloud, **both, policyDefinitionReferenceId="ONE").status == 201


def test_compliance_is_not_evaluated_first_at_a_management_group(cloud: Cloud) -> None:
    cloud.sandbox.limit_person([("Owner", MANAGEMENT_GROUP)])
    enforce(cloud, modify(NONE))
    refused = remediate(cloud, scope=MANAGEMENT_GROUP, resourceDiscoveryMode="ReEvaluateCompliance")
    assert message_of(refused) == (
        "The request to create remediation 'r' is invalid. Evaluating compliance before remediation is only supported "
        "for remediations at subscription scope and below."
    )
    assert "not in the scope" in message_of(remediate(cloud, scope=MANAGEMENT_GROUP))


def test_a_provider_that_is_not_registered_remediates_nothing(cloud: Cloud) -> None:
    enforce(cloud, modify(NONE))
    cloud.sandbox.unregister("Microsoft.PolicyInsights")
    assert code_of(remediate(cloud)) == (409, "MissingSubscriptionRegistration")
