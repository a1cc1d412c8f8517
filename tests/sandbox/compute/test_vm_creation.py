from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import BOTH, COMPUTE, MINE, OTHER, VMS, code_of, ids_of, message_of
from tests.sandbox.deployments.templates import (
    NETWORKS,
    PASSWORD,
    UBUNTU,
    WINDOWS,
    nic_body,
    put,
    put_network,
    read,
    vm_body,
)
from vmident.sandbox.sandbox import FILE_NAME

if TYPE_CHECKING:
    from tests.sandbox.cloud import Cloud

KEY = {"path": "/home/azureuser/.ssh/authorized_keys", "keyData": "ssh-ed25519 AAAA"}
KEYS: dict[str, Any] = {"linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": {"publicKeys": [KEY]}}}


def instance_view(cloud: Cloud, name: str) -> dict[str, Any]:
    answer = cloud.send("GET", f"{VMS}/{name}?$expand=instanceView&api-version={COMPUTE}")
    found: dict[str, Any] = answer.json()["properties"]["instanceView"]
    return found


def status_of(cloud: Cloud, url: str) -> dict[str, Any]:
    found: dict[str, Any] = cloud.send("GET", url).json()
    return found


def test_a_vm_is_creating_at_once_and_there_when_its_operation_ends(cloud: Cloud) -> None:
    put_network(cloud)

    answer = cloud.make_vm("newVM", vm_body(), identity={"type": BOTH, "userAssignedIdentities": {MINE: {}}})

    assert answer.status == 201
    url = answer.headers["Azure-AsyncOperation"]
    assert answer.json()["properties"]["provisioningState"] == "Creating"
    assert answer.json()["identity"]["principalId"]
    assert answer.json()["identity"]["userAssignedIdentities"] == {MINE: {}}
    assert status_of(cloud, url)["status"] == "InProgress"
    assert "vmAgent" not in instance_view(cloud, "newVM")
    cloud.finish()
    assert status_of(cloud, url)["status"] == "Succeeded"
    assert cloud.vm("newVM")["properties"]["provisioningState"] == "Succeeded"
    assert cloud.vm("newVM")["identity"]["userAssignedIdentities"][MINE]["clientId"]
    assert instance_view(cloud, "newVM")["osName"] == "ubuntu"


def test_making_a_vm_takes_four_operations_unless_said_otherwise(cloud: Cloud) -> None:
    put_network(cloud)
    cloud.make_vm("newVM", vm_body())
    states = []
    for _ in range(2):
        cloud.now += 3
        states.append(cloud.vm("newVM")["properties"]["provisioningState"])
    assert states == ["Creating", "Succeeded"]


def test_a_vm_shows_what_was_asked_for_and_never_a_password(cloud: Cloud) -> None:
    put_network(cloud)

    cloud.make_vm("newVM", vm_body(computerName="host", size="standard_b1s", **KEYS))

    properties = cloud.vm("newVM")["properties"]
    assert properties["hardwareProfile"] == {"vmSize": "Standard_B1s"}
    assert properties["storageProfile"]["imageReference"] == {**UBUNTU, "exactVersion": "24.04.202410170"}
    assert properties["osProfile"]["computerName"] == "host"
    assert properties["osProfile"]["linuxConfiguration"]["ssh"] == {"publicKeys": [KEY]}
    assert properties["osProfile"]["linuxConfiguration"]["disablePasswordAuthentication"] is True
    assert "adminPassword" not in properties["osProfile"]
    assert PASSWORD.encode() not in (cloud.sandbox.folder / FILE_NAME).read_bytes()
    assert read(cloud, "networkInterfaces", "nic")["properties"]["virtualMachine"] == {"id": f"{VMS}/newVM"}


def test_a_disk_is_as_asked_for(cloud: Cloud) -> None:
    put_network(cloud)
    body = vm_body(size="Standard_A1_v2")
    body["storageProfile"]["osDisk"] |= {"name": "mine", "diskSizeGB": 64, "deleteOption": "Delete"}
    body["securityProfile"] = {"securityType": "TrustedLaunch"}

    properties = cloud.make_vm("newVM", body).json()["properties"]

    disk = properties["storageProfile"]["osDisk"]
    assert (disk["name"], disk["diskSizeGB"], disk["deleteOption"]) == ("mine", 64, "Delete")
    assert disk["managedDisk"]["storageAccountType"] == "Standard_LRS"
    assert properties["securityProfile"] == {"securityType": "TrustedLaunch"}


def test_user_data_is_taken_and_never_shown(cloud: Cloud) -> None:
    put_network(cloud)
    made = cloud.make_vm("newVM", {**vm_body(), "userData": "aGVsbG8="})
    assert made.status == 201, made.body
    assert "userData" not in made.json()["properties"]


def test_a_windows_vm_has_a_windows_profile(cloud: Cloud) -> None:
    put_network(cloud)
    cloud.make_vm("newVM", vm_body(image=WINDOWS, windowsConfiguration={"provisionVMAgent": True}))
    cloud.finish()
    assert "windowsConfiguration" in cloud.vm("newVM")["properties"]["osProfile"]
    assert instance_view(cloud, "newVM")["osName"] == "Windows Server 2022 Datacenter"


def test_of_two_interfaces_one_comes_first(cloud: Cloud) -> None:
    put_network(cloud)
    put(cloud, "networkInterfaces", "second", nic_body())
    body = vm_body()
    body["networkProfile"]["networkInterfaces"] = [
        {"id": f"{NETWORKS}/networkInterfaces/nic", "properties": {"primary": True}},
        {"id": f"{NETWORKS}/networkInterfaces/second", "properties": {"primary": False}},
    ]

    shown = cloud.make_vm("newVM", body).json()["properties"]["networkProfile"]["networkInterfaces"]

    assert [one["properties"]["primary"] for one in shown] == [True, False]
    found = [read(cloud, "networkInterfaces", name)["properties"]["primary"] for name in ("nic", "second")]
    assert found == [True, False]


@pytest.mark.parametrize(
    ("profile", "status", "code", "said"),
    [
        ({"adminUsername": None}, 400, "InvalidParameter", "'osProfile.adminUsername' is missing"),
        ({"adminUsername": "Admin"}, 400, "InvalidParameter", "The Admin Username specified is not allowed."),
        ({"adminUsername": "root"}, 400, "InvalidParameter", "not allowed"),
        ({"adminUsername": "a" * 65}, 400, "InvalidParameter", "more than 64"),
        ({"adminUsername": "a" * 21, "image": WINDOWS}, 400, "InvalidParameter", "more than 20"),
        ({"adminUsername": "person.", "image": WINDOWS}, 400, "InvalidParameter", "ends with a period"),
        ({"adminPassword": "Ab-1"}, 400, "InvalidParameter", "between 6-72 characters long"),
        ({"adminPassword": "Ab-1" * 19}, 400, "InvalidParameter", "between 6-72"),
        ({"adminPassword": "Ab-1abc", "image": WINDOWS}, 400, "InvalidParameter", "between 8-123"),
        ({"adminPassword": "alllowercase-"}, 400, "InvalidParameter", "at least 3 of password complexity"),
        ({"adminPassword": "Correct\thorse-7"}, 400, "InvalidParameter", "Control characters are not allowed"),
        ({"adminPassword": "P@ssw0rd"}, 400, "InvalidParameter", "The supplied password is not allowed."),
        ({"adminPassword": None}, 400, "InvalidParameter", "SSH or by user name and password must be enabled"),
        ({"adminPassword": None, "image": WINDOWS}, 400, "InvalidParameter", "'osProfile.adminPassword'"),
        (
            {"linuxConfiguration": {"disablePasswordAuthentication": True}},
            400,
            "InvalidParameter",
            "SSH or by user name and password must be enabled",
        ),
        ({"computerName": "under_score"}, 400, "InvalidParameter", "Linux host name cannot exceed 64"),
        ({"computerName": "h" * 65}, 400, "InvalidParameter", "Linux host name"),
        ({"computerName": "h" * 16, "image": WINDOWS}, 400, "InvalidParameter", "more than 15 characters"),
        ({"computerName": "123", "image": WINDOWS}, 400, "InvalidParameter", "be entirely numeric"),
        ({"customData": "x"}, 400, "NotSupportedBySandbox", "customData"),
        ({"linuxConfiguration": "x"}, 400, "InvalidRequestContent", "linuxConfiguration"),
        (
            {"image": {**UBUNTU, "sku": "none"}},
            404,
            "PlatformImageNotFound",
            "'Canonical:ubuntu-24_04-lts:none:latest'",
        ),
        ({"image": {**UBUNTU, "version": "1.0"}}, 404, "PlatformImageNotFound", "server:1.0"),
        ({"image": {"offer": "x"}}, 400, "InvalidParameter", "'imageReference.publisher' is missing"),
        ({"image": {"id": "/x"}}, 400, "NotSupportedBySandbox", "imageReference.id"),
        ({"size": "Standard_Wrong"}, 400, "InvalidParameter", "The value Standard_Wrong provided for the VM size"),
        ({"size": ""}, 400, "InvalidParameter", "'hardwareProfile.vmSize' is missing"),
        ({"size": "Standard_NC6"}, 409, "SkuNotAvailable", "currently not available in location 'westus'"),
        ({"nic": "missing"}, 400, "NotFound", f"{NETWORKS}/networkInterfaces/missing not found"),
    ],
)
def test_what_azure_would_not_make_is_refused_and_leaves_nothing(
    cloud: Cloud, profile: dict[str, Any], status: int, code: str, said: str
) -> None:
    put_network(cloud)

    answer = cloud.make_vm("newVM", vm_body(**profile))

    assert code_of(answer) == (status, code)
    assert said in message_of(answer)
    assert cloud.send("GET", f"{VMS}/newVM?api-version={COMPUTE}").status == 404
    assert "virtualMachine" not in read(cloud, "networkInterfaces", "nic")["properties"]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"zones": ["1"]}, "NotSupportedBySandbox"),
        ({"colour": "red"}, "InvalidRequestContent"),
        ({"location": None}, "LocationRequired"),
        ({"location": "moon"}, "LocationNotAvailableForResourceType"),
        ({"identity": {"type": "UserAssigned"}}, "MissingIdentityIds"),
        ({"identity": {"type": "UserAssigned", "userAssignedIdentities": {f"{MINE}x": {}}}}, "FailedIdentityOperation"),
        ({"properties": {**vm_body(), "networkProfile": {}}}, "InvalidParameter"),
        ({"properties": {**vm_body(), "networkProfile": {"networkInterfaces": [{}]}}}, "InvalidRequestFormat"),
        ({"properties": {**vm_body(), "storageProfile": {"dataDisks": [1]}}}, "NotSupportedBySandbox"),
        ({"properties": {**vm_body(), "hibernation": 1}}, "NotSupportedBySandbox"),
    ],
)
def test_a_wrong_body_makes_no_vm(cloud: Cloud, members: dict[str, Any], code: str) -> None:
    put_network(cloud)
    body = {"location": "westus", "properties": vm_body(), **members}
    assert code_of(cloud.send("PUT", f"{VMS}/newVM?api-version={COMPUTE}", body)) == (400, code)


def test_a_disk_that_is_attached_is_not_in_the_sandbox(cloud: Cloud) -> None:
    put_network(cloud)
    body = vm_body()
    body["storageProfile"]["osDisk"]["createOption"] = "Attach"
    assert code_of(cloud.make_vm("newVM", body)) == (400, "NotSupportedBySandbox")


def test_a_name_that_no_vm_can_have_is_refused(cloud: Cloud) -> None:
    put_network(cloud)
    assert code_of(cloud.make_vm("_vm", vm_body())) == (400, "InvalidResourceName")


def test_an_interface_belongs_to_one_vm(cloud: Cloud) -> None:
    put_network(cloud)
    cloud.make_vm("newVM", vm_body())
    assert code_of(cloud.make_vm("other", vm_body())) == (400, "NicInUse")


def test_a_vm_for_which_there_is_no_room_fails_while_it_is_made(cloud: Cloud) -> None:
    put_network(cloud)
    url = cloud.make_vm("newVM", vm_body(size="Standard_NC24")).headers["Azure-AsyncOperation"]
    assert status_of(cloud, url)["status"] == "InProgress"
    assert "error" not in status_of(cloud, url)
    cloud.finish()
    assert status_of(cloud, url)["error"]["code"] == "AllocationFailed"
    assert cloud.vm("newVM")["properties"]["provisioningState"] == "Failed"
    assert "vmAgent" not in instance_view(cloud, "newVM")


def test_a_vm_that_is_being_made_takes_no_change(cloud: Cloud) -> None:
    put_network(cloud)
    cloud.make_vm("newVM", vm_body())
    assert code_of(cloud.identify("newVM", "SystemAssigned")) == (409, "ConflictingConcurrentWriteNotAllowed")
    assert code_of(cloud.make_vm("newVM", vm_body())) == (409, "ConflictingConcurrentWriteNotAllowed")


def test_a_put_of_what_was_read_changes_nothing(cloud: Cloud) -> None:
    before = cloud.vm("appVM")
    answer = cloud.send("PUT", f"{VMS}/appVM?api-version={COMPUTE}", before)
    assert answer.status == 200
    cloud.finish()
    after = cloud.vm("appVM")
    assert after == {**before, "etag": '"2"'}


def test_a_put_leaves_exactly_the_identities_and_tags_that_it_names(cloud: Cloud) -> None:
    body = {"location": "westus", "tags": {"a": "b"}}
    cloud.send("PUT", f"{VMS}/appVM?api-version={COMPUTE}", body)
    cloud.finish()
    assert ids_of(cloud.vm("appVM")) == [MINE]

    identity = {"type": "UserAssigned", "userAssignedIdentities": {OTHER: {}}}
    cloud.send("PUT", f"{VMS}/appVM?api-version={COMPUTE}", {"location": "westus", "identity": identity})
    cloud.finish()

    assert ids_of(cloud.vm("appVM")) == [OTHER]
    assert cloud.vm("appVM")["identity"]["type"] == "UserAssigned"
    assert cloud.vm("appVM")["tags"] == {}

    cloud.send("PUT", f"{VMS}/appVM?api-version={COMPUTE}", {"location": "westus", "identity": {"type": "None"}})
    assert "identity" not in cloud.vm("appVM")


def test_a_vm_that_is_there_need_not_be_told_its_image(cloud: Cloud) -> None:
    before = cloud.vm("appVM")
    properties = {**before["properties"]}
    for storage in ({"imageReference": None}, {}):
        properties["storageProfile"] = {"osDisk": before["properties"]["storageProfile"]["osDisk"], **storage}
        assert cloud.make_vm("appVM", properties, tags={}).status == 200
        cloud.finish()
    assert cloud.vm("appVM") == {**before, "etag": '"3"'}


def test_a_vm_that_is_made_has_to_be_told_its_image(cloud: Cloud) -> None:
    put_network(cloud)
    answer = cloud.make_vm("newVM", vm_body(image=None))
    assert message_of(answer) == "Required parameter 'imageReference.publisher' is missing (null)."


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"image": WINDOWS}, 409, "PropertyChangeNotAllowed"),
        ({"adminUsername": "other"}, 409, "PropertyChangeNotAllowed"),
        ({"computerName": "other"}, 409, "PropertyChangeNotAllowed"),
        ({"nic": "other"}, 400, "NotSupportedBySandbox"),
    ],
)
def test_what_a_vm_is_made_of_does_not_change(cloud: Cloud, change: dict[str, Any], status: int, code: str) -> None:
    put_network(cloud)
    cloud.make_vm("newVM", vm_body())
    cloud.finish()
    assert code_of(cloud.make_vm("newVM", vm_body(**change))) == (status, code)
    assert cloud.make_vm("newVM", vm_body()).status == 200


def test_a_vm_stays_where_it_is(cloud: Cloud) -> None:
    answer = cloud.send("PUT", f"{VMS}/myVM?api-version={COMPUTE}", {"location": "eastus"})
    assert code_of(answer) == (409, "InvalidResourceLocation")


def test_a_put_with_an_old_etag_is_refused(cloud: Cloud) -> None:
    answer = cloud.send("PUT", f"{VMS}/myVM?api-version={COMPUTE}", {"location": "westus"}, if_match='"7"')
    assert code_of(answer) == (412, "PreconditionFailed")
