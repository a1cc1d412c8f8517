from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest

from tests.sandbox.cloud import BOTH, GROUP, IN_GROUP, MINE, OTHER, VMS, Cloud
from vmident.sandbox.authorization.token import COLLEAGUE_TOKEN, TOKEN
from vmident.sandbox.resource_graph.change_log import record_changes
from vmident.sandbox.seeded_changes import PIPELINE
from vmident.sandbox.tenant import TENANT
from vmident.sandbox.transport.authority import CLIENT_ID, Authority

if TYPE_CHECKING:
    from pathlib import Path

URL = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"
SCALE_SET = VMS.replace(GROUP, "otherResourceGroup").replace("virtualMachines", "virtualMachineScaleSets/webScaleSet")
_CORRELATION = "11111111-2222-4333-8444-555555555555"


def changes(cloud: Cloud, more: str = "") -> list[dict[str, Any]]:
    """Ask for the changes, oldest first, when the graph knows them."""
    cloud.now += 60
    query = (
        "resourcechanges | extend at = todatetime(properties.changeAttributes.timestamp), "
        "target = tostring(properties.targetResourceId) "
        f"{more} | order by at asc, target asc | project id, name, type, resourceGroup, properties"
    )
    found: list[dict[str, Any]] = cloud.send("POST", URL, {"query": query}).json()["data"]
    return found


def test_a_sandbox_that_nothing_was_done_to_has_no_changes(cloud: Cloud) -> None:
    cloud.send("GET", f"{VMS}/myVM?api-version=2024-07-01")
    assert changes(cloud) == []


def test_a_change_of_identities_says_what_who_when_and_with_what(cloud: Cloud) -> None:
    begun = cloud.now
    cloud.patch(
        "myVM",
        {"identity": {"type": BOTH, "userAssignedIdentities": {OTHER: {}}}},
        user_agent="python/3.12 AZURECLI/2.91.0 (DEB)",
        x_ms_correlation_request_id=_CORRELATION,
    )
    (change,) = changes(cloud)
    vm = cloud.vm("myVM")["identity"]
    ids = vm["userAssignedIdentities"][OTHER]
    assert (change["type"], change["resourceGroup"]) == ("microsoft.resources/changes", GROUP.lower())
    assert change["id"] == f"{VMS}/myVM/providers/Microsoft.Resources/changes/{change['name']}"
    assert change["properties"] == {
        "targetResourceId": f"{VMS}/myVM",
        "targetResourceType": "microsoft.compute/virtualmachines",
        "changeType": "Update",
        "changes": {
            "identity.type": {"previousValue": None, "newValue": BOTH},
            "identity.principalId": {"previousValue": None, "newValue": vm["principalId"]},
            "identity.tenantId": {"previousValue": None, "newValue": vm["tenantId"]},
            f"identity.userAssignedIdentities.{OTHER}.clientId": {"previousValue": None, "newValue": ids["clientId"]},
            f"identity.userAssignedIdentities.{OTHER}.principalId": {
                "previousValue": None,
                "newValue": ids["principalId"],
            },
        },
        "changeAttributes": {
            "previousResourceSnapshotId": ANY,
            "newResourceSnapshotId": ANY,
            "correlationId": _CORRELATION,
            "changedByType": "User",
            "changesCount": 5,
            "clientType": "Azure CLI",
            "timestamp": "2020-09-13T12:26:40Z",
            "changedBy": "sandbox-user@sandbox.invalid",
            "operation": "Microsoft.Compute/virtualMachines/write",
        },
    }
    assert begun == 1_600_000_000


def attributes_of(cloud: Cloud) -> list[tuple[str, ...]]:
    kept = ("changedBy", "changedByType", "clientType", "operation", "correlationId")
    return [tuple(one["properties"]["changeAttributes"][name] for name in kept) for one in changes(cloud)]


_CALLERS = [
    (TOKEN, "az", "sandbox-user@sandbox.invalid", "User", "Unknown"),
    (TOKEN, "HashiCorp Terraform/1.9", "sandbox-user@sandbox.invalid", "User", "Terraform"),
    (COLLEAGUE_TOKEN, "Mozilla/5.0", "colleague@sandbox.invalid", "User", "Azure Portal"),
    (Authority("https://localhost", "secret", "x").token(0), "curl/8", CLIENT_ID, "Application", CLIENT_ID),
]


@pytest.mark.parametrize(("token", "agent", "who", "kind", "client"), _CALLERS)
def test_who_changed_what_is_who_the_token_is_for(
    tmp_path: Path, token: str, agent: str, who: str, kind: str, client: str
) -> None:
    """And no header of the client's own can claim another."""
    cloud = Cloud(tmp_path, tenant_of_token=lambda _token: TENANT, with_examples=True)
    headers = {"authorization": f"Bearer {token}", "user_agent": agent, "x_ms_client_principal_name": "root"}
    body = {"identity": {"type": "None"}}
    assert cloud.send("PATCH", f"{SCALE_SET}?api-version=2024-07-01", body, **headers).status == 200
    found = changes(cloud)[-1]["properties"]
    said = found["changeAttributes"]
    assert (said["changedBy"], said["changedByType"], said["clientType"]) == (who, kind, client)
    assert found["targetResourceId"] == SCALE_SET
    assert found["changes"]["identity.type"] == {"previousValue": "SystemAssigned", "newValue": None}
    cloud.sandbox.close()


def test_what_an_operation_does_at_its_end_is_by_who_began_it(cloud: Cloud) -> None:
    sent = {"authorization": f"Bearer {COLLEAGUE_TOKEN}", "x_ms_correlation_request_id": _CORRELATION}
    assert cloud.send("DELETE", f"{VMS}/myVM?api-version=2024-07-01", **sent).status == 202
    cloud.finish()
    delete = "Microsoft.Compute/virtualMachines/delete"
    assert attributes_of(cloud) == [("colleague@sandbox.invalid", "User", "Azure Portal", delete, _CORRELATION)]


def test_what_no_request_led_to_is_by_the_system(cloud: Cloud) -> None:
    with cloud.sandbox._store.transaction() as rows:
        rows.replace("vm", GROUP, "myVM", {**rows.held("vm", GROUP, "myVM"), "tags": {"by": "itself"}})
        record_changes(rows, {}, cloud.now)
    nothing = "00000000-0000-0000-0000-000000000000"
    assert attributes_of(cloud) == [("System", "System", "Unspecified", "Unspecified", nothing)]


def test_a_new_sandbox_tells_of_changes_by_others(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, with_examples=True)
    found = changes(cloud)
    whose = [one["properties"]["changeAttributes"] for one in found]
    assert [(one["changedBy"], one["clientType"]) for one in whose] == [
        (PIPELINE, "Terraform"),
        (PIPELINE, "Terraform"),
        ("colleague@sandbox.invalid", "Azure Portal"),
        ("colleague@sandbox.invalid", "Azure Portal"),
    ]
    assert [one["properties"]["targetResourceId"].rpartition("/")[2] for one in found] == [
        "legacyVM",
        "signInVM",
        "deletedIdentity",
        "encryptedVM",
    ]
    cloud.sandbox.close()


def test_the_correlation_id_of_a_change_is_that_of_the_answer(cloud: Cloud) -> None:
    answer = cloud.identify("webVM", "None")
    (change,) = changes(cloud)
    attributes = change["properties"]["changeAttributes"]
    assert attributes["correlationId"] == answer.headers["x-ms-correlation-request-id"]
    assert attributes["clientType"] == "Unknown"
    assert change["properties"]["changes"]["identity.type"] == {"previousValue": "SystemAssigned", "newValue": None}


def test_each_write_is_one_change_and_what_changes_nothing_is_none(cloud: Cloud) -> None:
    for tags in ({"team": "web"}, {"team": "web"}, {"team": None}):
        cloud.patch("myVM", {"tags": tags})
        cloud.finish()
    assert [one["properties"]["changes"] for one in changes(cloud)] == [
        {"tags.team": {"previousValue": None, "newValue": "web"}},
        {"tags.team": {"previousValue": "web", "newValue": None}},
    ]


def test_a_refused_write_is_no_change(cloud: Cloud) -> None:
    assert cloud.identify("myVM", "UserAssigned", named={MINE.replace("myUser", "noUser"): {}}).status == 400
    assert changes(cloud) == []


def test_what_is_created_and_deleted_lists_no_properties(cloud: Cloud) -> None:
    new = OTHER.replace("otherIdentity", "newIdentity")
    cloud.create_identity_resource(new)
    cloud.now += 1
    cloud.delete_identity(new)
    found = [one["properties"] for one in changes(cloud)]
    assert [(one["changeType"], one["changes"]) for one in found] == [("Create", {}), ("Delete", {})]
    assert [one["changeAttributes"]["operation"].rpartition("/")[2] for one in found] == ["write", "delete"]
    assert {one["targetResourceId"] for one in found} == {new}


def test_what_comes_and_goes_in_one_request_is_no_change(cloud: Cloud) -> None:
    with cloud.sandbox._store.transaction() as rows:
        rows.add("identity", GROUP, "brief", {"id": OTHER, "group": GROUP}, made=cloud.now)
        rows.soft_delete("identity", GROUP, "brief", deleted=cloud.now)
        record_changes(rows, {}, cloud.now)
    assert changes(cloud) == []


def test_what_a_deployment_creates_is_a_change(cloud: Cloud) -> None:
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [
            {
                "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
                "apiVersion": "2023-01-31",
                "name": "deployed",
                "location": "westus",
            }
        ],
    }
    url = f"{IN_GROUP}/providers/Microsoft.Resources/deployments/one?api-version=2021-04-01"
    body = {"properties": {"mode": "Incremental", "template": template}}
    assert cloud.send("PUT", url, body).status == 201
    found = [one["properties"] for one in changes(cloud)]
    assert [(one["changeType"], one["targetResourceId"].rpartition("/")[2]) for one in found] == [
        ("Create", "deployed")
    ]


def test_changes_are_seen_late_and_for_fourteen_days(cloud: Cloud) -> None:
    cloud.identify("myVM", "SystemAssigned")
    query = {"query": "resourcechanges | count"}
    counted = []
    for seconds in (19, 1, 13 * 86_400, 86_400):
        cloud.now += seconds
        counted += [row["Count"] for row in cloud.send("POST", URL, query).json()["data"]]
    assert counted == [0, 1, 1, 0]


def test_changes_join_the_resources_that_they_are_of(cloud: Cloud) -> None:
    """As Microsoft's samples ask: changes of one property, newest first, with what the resource is now."""
    cloud.identify("myVM", "SystemAssigned")
    cloud.now += 60
    query = """
        resourcechanges
        | extend change = properties.changes['identity.type'], vmId = tolower(properties.targetResourceId)
        | where isnotempty(change) and todatetime(properties.changeAttributes.timestamp) > ago(1d)
        | join kind=inner (resources | project vmId = tolower(id), vmName = name, nowType = identity.type) on vmId
        | project vmName, was = change.previousValue, became = change.newValue, nowType"""
    assert cloud.send("POST", URL, {"query": query}).json()["data"] == [
        {"vmName": "myVM", "was": None, "became": "SystemAssigned", "nowType": "SystemAssigned"}
    ]
