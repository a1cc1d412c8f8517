"""The built-in definition that attaches user-assigned identities: its deployment runs for real."""

from __future__ import annotations

from typing import Any

from tests.sandbox.cloud import (
    BOTH,
    GROUP,
    IDENTITIES,
    IN_SUBSCRIPTION,
    MINE,
    OTHER,
    VMS,
    Cloud,
    assignment_url,
    ids_of,
    role_body,
)
from tests.sandbox.policy.rules import BUILT_IN, CONTRIBUTOR, USER_ACCESS, assign
from tests.sandbox.policy.test_remediations import deployments, remediate, state_of

MY_VM = f"{VMS}/myVM"
OWN = "bringYourOwnUserAssignedManagedIdentity"
BY_ID = {
    OWN: True,
    "restrictBringYourOwnUserAssignedIdentityToSubscription": False,
    "userAssignedIdentityResourceId": OTHER,
}


def enforce(cloud: Cloud, values: dict[str, Any], *roles: str, target: str = BUILT_IN, only: str = "") -> None:
    """Assign the built-in definition, grant its identity roles, and remediate; `only` one resource, if given."""
    parameters = {name: {"value": value} for name, value in values.items()}
    assigned = assign(cloud, "a", target, parameters=parameters)
    assert assigned.status == 201, assigned.body
    for number, role in enumerate(roles):
        body = role_body(assigned.json()["identity"]["principalId"], role, principalType="ServicePrincipal")
        assert cloud.send("PUT", assignment_url(IN_SUBSCRIPTION, number + 1), body).status == 201
    filters = {"resourceIds": [only]} if only else {}
    assert remediate(cloud, resourceDiscoveryMode="ReEvaluateCompliance", filters=filters).status in (200, 201)
    for _ in range(5):
        cloud.finish()


def test_an_identity_by_id_is_attached_beside_what_is_there_but_not_beside_a_single_one(cloud: Cloud) -> None:
    enforce(cloud, BY_ID, CONTRIBUTOR, USER_ACCESS)
    assert state_of(cloud) == ("Succeeded", [3, 0])
    assert {name: (cloud.vm(name)["identity"]["type"], ids_of(cloud.vm(name))) for name in ("myVM", "webVM")} == {
        "myVM": ("UserAssigned", [OTHER]),
        "webVM": (BOTH, [OTHER]),
    }
    assert ids_of(cloud.vm("appVM")) == [MINE, OTHER]
    # The VM with one user-assigned identity and no system-assigned one counts as compliant.
    assert ids_of(cloud.vm("dbVM")) == [MINE]
    assert f"{IN_SUBSCRIPTION}/providers/Microsoft.Resources/deployments/" in deployments(cloud)[0]["deploymentId"]


def test_without_the_roles_nothing_is_attached(cloud: Cloud) -> None:
    enforce(cloud, BY_ID, only=MY_VM)
    assert state_of(cloud) == ("Complete", [0, 1])
    assert deployments(cloud)[0]["error"]["code"] == "AuthorizationFailed"
    assert ids_of(cloud.vm("myVM")) == []


def test_an_identity_of_the_subscription_is_locked(cloud: Cloud) -> None:
    by_name = {OWN: True, "userAssignedIdentityName": "otherIdentity", "identityResourceGroup": GROUP}
    enforce(cloud, by_name, CONTRIBUTOR, only=MY_VM)
    assert (state_of(cloud), ids_of(cloud.vm("myVM"))) == (("Complete", [0, 1]), [])
    enforce(cloud, by_name, CONTRIBUTOR, USER_ACCESS, only=MY_VM)
    assert (state_of(cloud), ids_of(cloud.vm("myVM"))) == (("Succeeded", [1, 0]), [OTHER])
    assert cloud.delete_identity(OTHER).json()["error"]["code"] == "ScopeLocked"


def test_without_a_given_identity_one_is_created_for_the_region(cloud: Cloud) -> None:
    enforce(cloud, {OWN: False}, CONTRIBUTOR, USER_ACCESS, only=MY_VM)
    assert state_of(cloud) == ("Succeeded", [1, 0])
    made = IDENTITIES.replace(GROUP, "Built-In-Identity-RG")
    assert ids_of(cloud.vm("myVM")) == [f"{made}/Built-In-Identity-westus"]


def test_scale_sets_have_a_definition_of_their_own(cloud: Cloud) -> None:
    scale_set = f"{IDENTITIES.rpartition('/providers/')[0]}/providers/Microsoft.Compute/virtualMachineScaleSets/set"
    url = f"{scale_set}?api-version=2024-07-01"
    sku = {"name": "Standard_DS1_v2", "capacity": 1}
    assert cloud.send("PUT", url, {"location": "westus", "sku": sku, "properties": {}}).status == 201
    cloud.finish()
    name = "516187d4-ef64-4a1b-ad6b-a7348502976c"
    enforce(cloud, BY_ID, CONTRIBUTOR, target=f"{BUILT_IN.rpartition('/')[0]}/{name}")
    assert (state_of(cloud), ids_of(cloud.send("GET", url).json())) == (("Succeeded", [1, 0]), [OTHER])
