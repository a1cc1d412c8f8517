"""Delete groups with all that is in them, lock them, list what they hold; regions, tenants, sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import (
    COMPUTE,
    GROUP,
    IDENTITIES,
    IN_GROUP,
    IN_SUBSCRIPTION,
    READER,
    RESOURCES,
    VMS,
    Cloud,
    assignment_url,
    code_of,
    message_of,
    role_body,
)

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Response

LOCKS = "providers/Microsoft.Authorization/locks"


def get(cloud: Cloud, path: str, version: str = RESOURCES) -> Response:
    return cloud.send("GET", f"{path}{'&' if '?' in path else '?'}api-version={version}")


def delete_group(cloud: Cloud) -> Response:
    return cloud.send("DELETE", f"{IN_GROUP}?api-version={RESOURCES}")


def test_a_group_goes_with_all_that_is_in_it(cloud: Cloud) -> None:
    principal = cloud.vm("webVM")["identity"]["principalId"]
    cloud.send("PUT", assignment_url(f"{VMS}/webVM"), role_body(principal, READER, principalType="ServicePrincipal"))

    answer = delete_group(cloud)

    assert (answer.status, answer.headers["Retry-After"]) == (202, "5")
    assert get(cloud, IN_GROUP).json()["properties"]["provisioningState"] == "Deleting"
    assert code_of(cloud.create_identity_resource(f"{IDENTITIES}/late")) == (409, "ResourceGroupBeingDeleted")
    assert cloud.send("GET", answer.headers["Location"]).status == 202
    cloud.finish()
    assert cloud.send("GET", answer.headers["Location"]).status == 200
    assert get(cloud, IN_GROUP).status == 404
    assert get(cloud, f"{IN_SUBSCRIPTION}/resources").json()["value"] == []
    assert principal not in [one["properties"]["principalId"] for one in _assignments(cloud)]
    cloud.sandbox.add_group(GROUP)
    assert get(cloud, VMS, COMPUTE).json()["value"] == []


def _assignments(cloud: Cloud) -> list[dict[str, Any]]:
    path = f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments"
    found: list[dict[str, Any]] = get(cloud, path, "2022-04-01").json()["value"]
    return found


def test_a_group_that_is_not_there_is_not_deleted(cloud: Cloud) -> None:
    answer = cloud.send("DELETE", f"{IN_SUBSCRIPTION}/resourceGroups/no?api-version={RESOURCES}")
    assert code_of(answer) == (404, "ResourceGroupNotFound")


def test_the_tags_of_a_group_are_replaced(cloud: Cloud) -> None:
    url = f"{IN_GROUP}?api-version={RESOURCES}"
    assert cloud.send("PATCH", url, {"tags": {"a": "b"}}).json()["tags"] == {"a": "b"}
    assert code_of(cloud.send("PATCH", url, {"location": "eastus"})) == (400, "NotSupportedBySandbox")


class TestLocks:
    @pytest.fixture(params=["CanNotDelete", "ReadOnly"])
    def level(self, request: pytest.FixtureRequest, cloud: Cloud) -> str:
        body = {"properties": {"level": request.param, "notes": "why"}}
        answer = cloud.send("PUT", f"{VMS}/myVM/{LOCKS}/keep?api-version=2020-05-01", body)
        assert answer.status == 201
        return str(request.param)

    def test_one_keeps_a_vm_and_its_group(self, cloud: Cloud, level: str) -> None:
        answer = cloud.send("DELETE", f"{VMS}/myVM?api-version={COMPUTE}")
        assert code_of(answer) == (409, "ScopeLocked")
        assert message_of(answer) == (
            f"The scope '{VMS}/myVM' cannot perform delete operation because following scope(s) are locked: "
            f"'{VMS}/myVM'. Please remove the lock and try again."
        )
        assert code_of(delete_group(cloud)) == (409, "ScopeLocked")
        assert cloud.send("DELETE", f"{VMS}/webVM?api-version={COMPUTE}").status == 202
        assert get(cloud, f"{VMS}/myVM", COMPUTE).status == 200

    def test_only_a_read_only_one_forbids_changes(self, cloud: Cloud, level: str) -> None:
        answer = cloud.identify("myVM", "SystemAssigned")
        assert answer.status == (409 if level == "ReadOnly" else 200)
        started = cloud.send("POST", f"{VMS}/myVM/start?api-version={COMPUTE}")
        assert started.status == 409
        assert code_of(started)[1] == ("ScopeLocked" if level == "ReadOnly" else "ConflictingConcurrentWriteNotAllowed")

    def test_one_is_listed_and_removed(self, cloud: Cloud, level: str) -> None:
        (listed,) = get(cloud, f"{IN_GROUP}/{LOCKS}", "2020-05-01").json()["value"]
        assert listed["properties"] == {"level": level, "notes": "why"}
        url = f"{VMS}/myVM/{LOCKS}/keep?api-version=2020-05-01"
        assert cloud.send("GET", url).json() == listed
        assert cloud.send("PUT", url, {"properties": {"level": "CanNotDelete"}}).status == 200
        assert [cloud.send("DELETE", url).status for _ in range(2)] == [200, 204]
        assert code_of(cloud.send("GET", url)) == (404, "LockNotFound")
        assert cloud.identify("myVM", "SystemAssigned").status == 200

    @pytest.mark.parametrize(
        ("properties", "code"),
        [({"level": "Never"}, "InvalidParameter"), ({"level": "ReadOnly", "x": 1}, "InvalidRequestContent")],
    )
    def test_what_is_no_lock_is_refused(self, cloud: Cloud, properties: Any, code: str) -> None:
        answer = cloud.send("PUT", f"{IN_GROUP}/{LOCKS}/keep?api-version=2020-05-01", {"properties": properties})
        assert code_of(answer) == (400, code)


def test_a_groups_resources_are_listed_with_their_times(cloud: Cloud) -> None:
    cloud.now += 10
    cloud.create_identity_resource(f"{IDENTITIES}/new")
    listed = get(cloud, f"{IN_GROUP}/resources?$expand=createdTime,changedTime,provisioningState").json()["value"]
    new = next(one for one in listed if one["name"] == "new")
    assert (new["createdTime"][:19], new["changedTime"][:19]) == ("2020-09-13T12:26:50", "2020-09-13T12:26:50")
    types = {one["type"] for one in listed}
    assert {
        "Microsoft.Compute/disks",
        "Microsoft.Network/networkInterfaces",
        "Microsoft.Compute/virtualMachines",
    } <= types
    disk = next(one for one in listed if one["type"] == "Microsoft.Compute/disks")
    assert disk["managedBy"].startswith(VMS)
    assert code_of(get(cloud, f"{IN_GROUP}/resources?$expand=secrets")) == (400, "NotSupportedBySandbox")
    only = get(cloud, f"{IN_GROUP}/resources?$filter=name eq 'new'").json()["value"]
    assert [one["id"].lower() for one in only] == [f"{IDENTITIES}/new".lower()]


def test_there_is_one_tenant_and_every_region(cloud: Cloud) -> None:
    (tenant,) = get(cloud, "/tenants", "2022-12-01").json()["value"]
    assert tenant["id"] == f"/tenants/{tenant['tenantId']}"
    regions = get(cloud, f"{IN_SUBSCRIPTION}/locations", "2022-12-01").json()["value"]
    titles = {one["name"]: one["displayName"] for one in regions}
    assert (titles["westus"], titles["eastus2"], titles["northeurope"]) == ("West US", "East US 2", "North Europe")


def test_a_region_says_what_it_offers(cloud: Cloud) -> None:
    compute = f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute"
    sizes = get(cloud, f"{compute}/locations/westus/vmSizes", COMPUTE).json()["value"]
    assert {"name": "Standard_D4s_v5", "numberOfCores": 4}.items() <= next(
        one for one in sizes if one["name"] == "Standard_D4s_v5"
    ).items()
    usages = get(cloud, f"{compute}/locations/westus/usages", COMPUTE).json()["value"]
    assert next(one for one in usages if one["name"]["value"] == "virtualMachines")["currentValue"] == 4
    skus = get(cloud, f"{compute}/skus?$filter=location eq 'westus'", "2021-07-01").json()["value"]
    assert len(skus) == len(sizes)
    assert [one["name"] for one in skus if one["restrictions"]] == ["Standard_NC6"]
    assert code_of(get(cloud, f"{compute}/skus?$filter=tier eq 'x'", "2021-07-01")) == (400, "NotSupportedBySandbox")
    assert code_of(get(cloud, f"{compute}/locations/moon/vmSizes", COMPUTE))[0] == 400
