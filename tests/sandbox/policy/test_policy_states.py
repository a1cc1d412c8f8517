"""Compliance states: what applies, what is compliant, and since when it is known."""

from __future__ import annotations

from typing import Any

from tests.sandbox.cloud import IN_GROUP, IN_SUBSCRIPTION, VMS, Cloud, code_of
from tests.sandbox.policy.rules import BUILT_IN, IS_VM, audit, define, modify, object_id, put
from tests.sandbox.policy.test_remediations import ASSIGNMENT, NONE, enforce, remediate

VERSION = "2019-10-01"


def ask(cloud: Cloud, what: str, scope: str = IN_SUBSCRIPTION, **query: str) -> Any:
    asked = "".join(f"&${name}={value}" for name, value in query.items())
    url = f"{scope}/providers/Microsoft.PolicyInsights/policyStates/latest/{what}?api-version={VERSION}{asked}"
    answer = cloud.send("POST", url.replace(" ", "%20"))
    assert answer.status == 200, answer.body
    return answer.json()["value"]


def states(cloud: Cloud, scope: str = IN_SUBSCRIPTION, **query: str) -> dict[str, str]:
    found = ask(cloud, "queryResults", scope, **query)
    return {one["resourceId"].rpartition("/")[2]: one["complianceState"] for one in found}


def test_what_a_rule_applies_to_is_compliant_or_not(cloud: Cloud) -> None:
    enforce(cloud, modify(NONE, {"not": {"field": "name", "equals": "dbVM"}}))
    assert states(cloud) == {"myVM": "NonCompliant", "webVM": "Compliant", "appVM": "Compliant"}
    assert states(cloud, f"{VMS}/myVM") == {"myVM": "NonCompliant"}
    assert states(cloud, ASSIGNMENT, filter="complianceState eq 'NonCompliant'") == {"myVM": "NonCompliant"}
    assert states(cloud, object_id("policyAssignments", "a") + "2") == {}
    summary = ask(cloud, "summarize", IN_GROUP)[0]
    assert (summary["results"]["nonCompliantResources"], summary["results"]["nonCompliantPolicies"]) == (1, 1)
    assert summary["results"]["resourceDetails"] == [
        {"complianceState": "compliant", "count": 2},
        {"complianceState": "noncompliant", "count": 1},
    ]
    assert summary["policyAssignments"][0]["policyDefinitions"][0]["effect"] == "modify"
    remediate(cloud)
    cloud.finish()
    assert set(states(cloud).values()) == {"Compliant"}


def test_a_vm_with_a_single_user_assigned_identity_complies_with_the_built_in_policy(cloud: Cloud) -> None:
    values = {"bringYourOwnUserAssignedManagedIdentity": {"value": False}, "effect": {"value": "AuditIfNotExists"}}
    identity: dict[str, Any] = {"location": "westus", "identity": {"type": "SystemAssigned"}}
    assigned = put(cloud, "policyAssignments", "a", {"policyDefinitionId": BUILT_IN, "parameters": values}, **identity)
    assert assigned.status == 201
    cloud.finish()
    assert states(cloud)["dbVM"] == "Compliant"
    assert set(states(cloud).values()) == {"Compliant", "NonCompliant"}


def test_states_are_known_after_a_while_or_once_an_evaluation_is_triggered(cloud: Cloud) -> None:
    define(cloud, "watch", audit({"not": IS_VM}))
    put(cloud, "policyAssignments", "w", {"policyDefinitionId": object_id("policyDefinitions", "watch")})
    assert states(cloud) == {}
    url = f"{IN_SUBSCRIPTION}/providers/Microsoft.PolicyInsights/policyStates/latest/triggerEvaluation"
    begun = cloud.send("POST", f"{url}?api-version={VERSION}")
    assert (begun.status, cloud.send("GET", begun.headers["Location"]).status) == (202, 202)
    cloud.now += 2
    assert cloud.send("GET", begun.headers["Location"]).status == 200
    found = states(cloud)
    assert "myVM" not in found
    assert set(found.values()) == {"NonCompliant"}
    other = begun.headers["Location"].replace("00000000-", "10000000-")
    assert code_of(cloud.send("GET", other)) == (404, "NotFound")
