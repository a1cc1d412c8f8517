"""Requests as the Azure CLI 2.91 sends them, bodies and all, for the article's commands that other tests do not send.

`nox -s interop` runs the Azure CLI itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import (
    BOTH,
    COMPUTE,
    IN_GROUP,
    IN_SUBSCRIPTION,
    MINE,
    OTHER,
    READER,
    VMS,
    Cloud,
    assignment_id,
    ids_of,
    role_id,
)

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Response

NEWEST = "2026-04-01"
NETWORK = "2022-01-01"
GROUPS = "2024-11-01"
OLD_NETWORK = "2015-06-15"
NETWORKS = f"{IN_GROUP}/providers/Microsoft.Network"
DEPLOYMENT = f"{IN_GROUP}/providers/Microsoft.Resources/deployments/vm_deploy_1"
THIRD = f"{VMS}/thirdVM"


def written_back(vm: dict[str, Any], **identity: Any) -> dict[str, Any]:
    """Return the body of `az vm update`: what was read, without its image, etag, and whatever is read alone."""
    properties = {name: value for name, value in vm["properties"].items() if name not in ("vmId", "provisioningState")}
    storage = {name: value for name, value in properties["storageProfile"].items() if name != "imageReference"}
    body = {"location": vm["location"], "properties": {**properties, "storageProfile": storage}, "tags": vm["tags"]}
    return {**body, "identity": identity} if identity else body


def update(cloud: Cloud, name: str, **identity: Any) -> Response:
    answer = cloud.send("PUT", f"{VMS}/{name}?api-version={NEWEST}", written_back(cloud.vm(name, NEWEST), **identity))
    cloud.finish()
    return answer


def test_a_vm_written_back_without_its_identities_keeps_them(cloud: Cloud) -> None:
    before = cloud.vm("appVM")
    answer = update(cloud, "appVM")
    assert (answer.status, answer.json()["identity"]["type"]) == (200, BOTH)
    assert cloud.vm("appVM") == {**before, "etag": '"2"'}


@pytest.mark.parametrize(
    ("vm", "identity", "left"),
    [
        ("appVM", {"type": "UserAssigned", "userAssignedIdentities": {MINE: {}}}, ("UserAssigned", [MINE])),
        ("appVM", {"type": "SystemAssigned"}, ("SystemAssigned", [])),
        ("appVM", {"type": "SystemAssigned", "userAssignedIdentities": None}, ("SystemAssigned", [])),
        ("webVM", {"type": "none"}, ("None", [])),
        ("dbVM", {"type": "none", "userAssignedIdentities": None}, ("None", [])),
    ],
)
def test_a_vm_written_back_has_the_identities_that_are_named(
    cloud: Cloud, vm: str, identity: dict[str, Any], left: tuple[str, list[str]]
) -> None:
    assert update(cloud, vm, **identity).status == 200
    found = cloud.vm(vm)
    assert (found.get("identity", {"type": "None"})["type"], ids_of(found)) == left


@pytest.mark.parametrize(
    ("vm", "identity", "left"),
    [
        ("appVM", {"userAssignedIdentities": None, "type": "UserAssigned"}, ("UserAssigned", [MINE])),
        ("appVM", {"type": "SystemAssigned", "userAssignedIdentities": None}, ("SystemAssigned", [])),
        ("webVM", {"userAssignedIdentities": None, "type": "None"}, ("None", [])),
        ("webVM", {"userAssignedIdentities": {OTHER: {}}, "type": "SystemAssigned,UserAssigned"}, (BOTH, [OTHER])),
    ],
)
def test_identities_are_assigned_and_removed_by_patch(
    cloud: Cloud, vm: str, identity: dict[str, Any], left: tuple[str, list[str]]
) -> None:
    assert cloud.patch(vm, {"identity": identity}, "2024-11-01").status == 200
    cloud.finish()
    found = cloud.vm(vm)
    assert (found.get("identity", {"type": "None"})["type"], ids_of(found)) == left


def template() -> dict[str, Any]:
    """Return the template of `az vm create --assign-identity '[system]' ID --role Reader --scope GROUP`."""
    return {
        "$schema": "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {},
        "variables": {},
        "resources": [*network_resources(), role_resource(), vm_resource()],
        "outputs": {},
    }


def network_resources() -> list[dict[str, Any]]:
    subnet = {"id": f"{NETWORKS}/virtualNetworks/thirdVMVNET/subnets/thirdVMSubnet"}
    address = {"id": f"{NETWORKS}/publicIPAddresses/thirdVMPublicIP"}
    configuration = {"privateIPAllocationMethod": "Dynamic", "subnet": subnet, "publicIPAddress": address}
    vnet = {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "thirdVMSubnet", "properties": {"addressPrefix": "10.0.0.0/24"}}],
    }
    nic = {
        "ipConfigurations": [{"name": "ipconfigthirdVM", "properties": configuration}],
        "networkSecurityGroup": {"id": f"{NETWORKS}/networkSecurityGroups/thirdVMNSG"},
    }
    waits = [
        "Microsoft.Network/virtualNetworks/thirdVMVNET",
        "Microsoft.Network/networkSecurityGroups/thirdVMNSG",
        "Microsoft.Network/publicIpAddresses/thirdVMPublicIP",
    ]
    address_properties = {"publicIPAllocationMethod": "Static"}
    return [
        _resource("Microsoft.Network/virtualNetworks", "thirdVMVNET", OLD_NETWORK, vnet),
        _resource("Microsoft.Network/networkSecurityGroups", "thirdVMNSG", OLD_NETWORK, {"securityRules": [_ssh()]}),
        _resource(
            "Microsoft.Network/publicIPAddresses",
            "thirdVMPublicIP",
            NETWORK,
            address_properties,
            sku={"name": "Standard"},
        ),
        _resource("Microsoft.Network/networkInterfaces", "thirdVMVMNic", OLD_NETWORK, nic, dependsOn=waits),
    ]


def role_resource() -> dict[str, Any]:
    return {
        "name": assignment_id("").rpartition("/")[2],
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2015-07-01",
        "dependsOn": ["Microsoft.Compute/virtualMachines/thirdVM"],
        "properties": {
            "roleDefinitionId": role_id(READER),
            "principalId": f"[reference('{THIRD}', '2019-07-01', 'Full').identity.principalId]",
            "scope": IN_GROUP,
        },
    }


def vm_resource() -> dict[str, Any]:
    key = {"keyData": "ssh-rsa AAAA", "path": "/home/azureuser/.ssh/authorized_keys"}
    image = {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}
    disk = {"createOption": "fromImage", "name": None, "caching": "ReadWrite"}
    nic = {"id": f"{NETWORKS}/networkInterfaces/thirdVMVMNic", "properties": {"deleteOption": None}}
    properties = {
        "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        "networkProfile": {"networkInterfaces": [nic]},
        "storageProfile": {
            "osDisk": {**disk, "managedDisk": {"storageAccountType": None}},
            "imageReference": {**image, "version": "latest"},
        },
        "osProfile": {
            "computerName": "thirdVM",
            "adminUsername": "azureuser",
            "linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": {"publicKeys": [key]}},
        },
    }
    identity = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {MINE: {}}}
    waits = ["Microsoft.Network/networkInterfaces/thirdVMVMNic"]
    kind = "Microsoft.Compute/virtualMachines"
    return _resource(kind, "thirdVM", NEWEST, properties, dependsOn=waits, identity=identity)


def _resource(kind: str, name: str, version: str, properties: dict[str, Any], **members: Any) -> dict[str, Any]:
    known = {"type": kind, "name": name, "apiVersion": version, "location": "westus", "tags": {}, "dependsOn": []}
    return {**known, "properties": properties, **members}


def _ssh() -> dict[str, Any]:
    rule = {"protocol": "Tcp", "sourcePortRange": "*", "destinationPortRange": "22", "access": "Allow"}
    addresses = {"sourceAddressPrefix": "*", "destinationAddressPrefix": "*"}
    return {"name": "default-allow-ssh", "properties": {**rule, **addresses, "priority": 1000, "direction": "Inbound"}}


def test_vm_create_reads_deploys_waits_and_reads_what_it_made(cloud: Cloud) -> None:
    def read(path: str, version: str, query: str = "") -> Any:
        answer = cloud.send("GET", f"{path}?{query}api-version={version}")
        assert answer.status == 200, (path, answer.body)
        return answer.json()

    read(f"{IN_SUBSCRIPTION}/resourcegroups/myResourceGroup", GROUPS)
    assert read(f"{NETWORKS}/virtualNetworks", NETWORK) == {"value": []}
    roles = f"{IN_GROUP}/providers/Microsoft.Authorization/roleDefinitions"
    assert len(read(roles, "2022-05-01-preview", "$filter=roleName%20eq%20%27Reader%27&")["value"]) == 1

    body = {"properties": {"template": template(), "parameters": {}, "mode": "incremental"}}
    put = cloud.send("PUT", f"{DEPLOYMENT}?api-version={GROUPS}", body)
    assert put.status == 201
    cloud.finish()
    assert cloud.send("GET", put.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"

    assert read(DEPLOYMENT, GROUPS)["properties"]["provisioningState"] == "Succeeded"
    vm = read(THIRD, NEWEST, "$expand=instanceView&")
    nic = read(f"{NETWORKS}/networkInterfaces/thirdVMVMNic", NETWORK)
    address = read(f"{NETWORKS}/publicIPAddresses/thirdVMPublicIP", NETWORK)
    assert (vm["identity"]["type"], ids_of(vm)) == (BOTH, [MINE])
    assert vm["properties"]["instanceView"]["statuses"][1]["displayStatus"] == "VM running"
    assert nic["properties"]["macAddress"]
    assert address["properties"]["ipAddress"]
    held = read(assignment_id(IN_GROUP), "2022-04-01")["properties"]
    assert (held["principalId"], held["roleDefinitionId"]) == (vm["identity"]["principalId"], role_id(READER))
    assert cloud.vm("thirdVM", COMPUTE)["properties"]["provisioningState"] == "Succeeded"
