from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import COMPUTE, GROUP, IDENTITIES, IN_GROUP, MINE, MSI, VMS, Cloud, code_of
from tests.sandbox.deployments.templates import (
    DEPLOYMENTS,
    IP_TYPE,
    NETWORK,
    NETWORKS,
    OPERATIONS,
    PASSWORD,
    RESOURCES,
    VNET_BODY,
    VNET_TYPE,
    deploy,
    deploy_vm,
    deployed,
    ip,
    read,
    resource,
    sent,
    steps,
    template,
    vm_template,
)

if TYPE_CHECKING:
    from pathlib import Path

    from vmident.sandbox.http_messages import Response

IDENTITY_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
VNET = resource(VNET_TYPE, "vnet", VNET_BODY)


def identity(name: str, *waits: str, **members: Any) -> dict[str, Any]:
    known = {"type": IDENTITY_TYPE, "name": name, "apiVersion": MSI, "location": "westus"}
    return {**known, "dependsOn": list(waits), **members}


def status_of(cloud: Cloud, answer: Response) -> dict[str, Any]:
    found: dict[str, Any] = cloud.send("GET", answer.headers["Azure-AsyncOperation"]).json()
    return found


def test_a_vm_and_what_it_needs_are_made_one_after_the_other(cloud: Cloud) -> None:
    answer = deploy_vm(cloud, identity={"type": "SystemAssigned"})
    assert answer.status == 201
    assert answer.json()["properties"]["provisioningState"] == "Accepted"

    seen = []
    for _ in range(20):
        states = [one["provisioningState"] for one in steps(cloud).values()]
        seen.append((status_of(cloud, answer)["status"], len(states), states.count("Succeeded")))
        cloud.now += 0.5

    # Half an operation (0.75 s) each for network and interface, four operations (6 s) for the VM, then the outputs.
    assert seen[:2] == [("Running", 1, 0)] * 2
    assert seen[2:3] == [("Running", 2, 1)]
    assert seen[3:15] == [("Running", 3, 2)] * 12
    assert seen[15:] == [("Succeeded", 4, 4)] * 5
    assert deployed(cloud)["duration"] == "PT7.5S"
    assert cloud.vm("newVM")["identity"]["principalId"]


def test_what_happens_happens_as_of_its_own_moment(cloud: Cloud) -> None:
    deploy_vm(cloud)
    cloud.now += 3600
    times = {name: one["timestamp"] for name, one in steps(cloud).items()}
    assert deployed(cloud)["duration"] == "PT7.5S"
    assert times["vnet"] < times["nic"] < times["newVM"] < "2020-09-13T12:26:48Z"


def test_another_process_carries_a_deployment_on(tmp_path: Path) -> None:
    one, other = Cloud(tmp_path), Cloud(tmp_path)
    deploy_vm(one)
    one.sandbox.close()
    other.now += 4
    assert deployed(other)["provisioningState"] == "Running"
    assert other.sandbox.status()["runningDeployments"] == 1
    other.finish()
    assert other.sandbox.status()["runningDeployments"] == 0
    assert deployed(other)["provisioningState"] == "Succeeded"
    other.sandbox.close()


def test_outputs_are_worked_out_at_the_end(cloud: Cloud) -> None:
    outputs = {
        "principal": {"type": "string", "value": "[reference('newVM', '2024-07-01', 'Full').identity.principalId]"},
        "address": {
            "type": "string",
            "value": "[reference('nic').ipConfigurations[0].properties.privateIPAddress]",
        },
        "secret": {"type": "securestring", "value": "x"},
    }
    deploy_vm(cloud, identity={"type": "SystemAssigned"}, outputs=outputs)
    assert "outputs" not in deployed(cloud)
    cloud.finish()

    assert deployed(cloud)["outputs"] == {
        "principal": {"type": "String", "value": cloud.vm("newVM")["identity"]["principalId"]},
        "address": {"type": "String", "value": "10.0.0.4"},
        "secret": {"type": "SecureString"},
    }
    assert [one["id"] for one in deployed(cloud)["outputResources"]] == [
        f"{VMS}/newVM",
        f"{NETWORKS}/networkInterfaces/nic",
        f"{NETWORKS}/virtualNetworks/vnet",
    ]


@pytest.mark.parametrize("expression", ["[reference('vnet').colour]", "[reference('other').colour]"])
def test_an_output_without_a_value_fails_the_deployment(cloud: Cloud, expression: str) -> None:
    deploy(cloud, template([VNET], outputs={"x": {"type": "string", "value": expression}}))
    cloud.finish()
    assert deployed(cloud)["error"]["details"][0]["code"] == "DeploymentOutputEvaluationFailed"


def test_a_reference_makes_one_resource_wait_for_another(cloud: Cloud) -> None:
    tags = {"client": "[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'new')).clientId]"}
    outside = f"[reference('{MINE}', '{MSI}').clientId]"

    answer = deploy(cloud, template([ip("ip", tags={**tags, "mine": outside}), identity("new")]))

    assert answer.json()["properties"]["dependencies"] == [
        {
            "dependsOn": [{"id": f"{IDENTITIES}/new", "resourceType": IDENTITY_TYPE, "resourceName": "new"}],
            "id": f"{NETWORKS}/publicIPAddresses/ip",
            "resourceType": IP_TYPE,
            "resourceName": "ip",
        }
    ]
    cloud.finish()
    clients = [
        cloud.send("GET", f"{one}?api-version={MSI}").json()["properties"]["clientId"]
        for one in (f"{IDENTITIES}/new", MINE)
    ]
    assert list(read(cloud, "publicIPAddresses", "ip")["tags"].values()) == clients


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("[reference('new').colour]", "'colour' doesn't exist"),
        (f"[reference('{MINE}x', '{MSI}').clientId]", "was not found"),
    ],
)
def test_a_reference_without_a_value_fails_its_resource_alone(cloud: Cloud, expression: str, said: str) -> None:
    deploy(cloud, template([identity("new"), ip("ip", "new", tags={"a": expression})]))
    cloud.finish()
    failed = steps(cloud)["ip"]
    assert failed["statusMessage"]["error"]["code"] == "InvalidTemplate"
    assert said in failed["statusMessage"]["error"]["message"]
    assert steps(cloud)["new"]["provisioningState"] == "Succeeded"


def test_deployments_are_listed_probed_and_forgotten(cloud: Cloud) -> None:
    url = f"{DEPLOYMENTS}/d?api-version={RESOURCES}"
    assert cloud.send("HEAD", url).status == 404
    deploy(cloud, template([VNET]))
    cloud.finish()
    assert cloud.send("HEAD", url).status == 204
    listed = cloud.send("GET", f"{DEPLOYMENTS}?api-version={RESOURCES}").json()["value"]
    assert [one["name"] for one in listed] == ["d"]
    assert [cloud.send("DELETE", url).status for _ in range(2)] == [204, 204]
    assert code_of(cloud.send("GET", url)) == (404, "DeploymentNotFound")
    assert read(cloud, "virtualNetworks", "vnet")


def test_an_operation_of_a_deployment_can_be_read_alone_at_either_path(cloud: Cloud) -> None:
    deploy(cloud, template([VNET]))
    cloud.finish()
    for where in (OPERATIONS, DEPLOYMENTS):
        listed = cloud.send("GET", f"{where}/d/operations?api-version={RESOURCES}").json()["value"]
        assert [one["properties"]["provisioningOperation"] for one in listed] == ["EvaluateDeploymentOutput", "Create"]
        url = f"{where}/d/operations/{listed[1]['operationId'].lower()}?api-version={RESOURCES}"
        assert cloud.send("GET", url).json() == listed[1]
        missing = cloud.send("GET", f"{where}/d/operations/x?api-version={RESOURCES}")
        assert code_of(missing) == (404, "DeploymentOperationNotFound")


def test_a_status_answers_at_its_own_url_alone(cloud: Cloud) -> None:
    answer = deploy(cloud, template([VNET]))
    url = answer.headers["Azure-AsyncOperation"].replace("operationStatuses/0", "operationStatuses/1")
    assert cloud.send("GET", url).status == 404


def test_validating_makes_nothing(cloud: Cloud) -> None:
    url = f"{DEPLOYMENTS}/d/validate?api-version={RESOURCES}"

    answer = cloud.send("POST", url, sent(vm_template(), {"adminPassword": PASSWORD}))

    assert answer.status == 200
    properties = answer.json()["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert [one["id"] for one in properties["validatedResources"]][-1] == f"{VMS}/newVM"
    cloud.finish()
    assert cloud.send("GET", f"{VMS}/newVM?api-version={COMPUTE}").status == 404
    assert code_of(cloud.send("POST", url, sent(vm_template()))) == (400, "InvalidTemplate")


def test_parameters_variables_and_conditions_shape_what_is_made(cloud: Cloud) -> None:
    content = template(
        [
            ip("[variables('name')]", location="[resourceGroup().location]"),
            ip("never", condition="[equals(parameters('count'), 2)]"),
            ip("last", "never", "[concat('Microsoft.Network/publicIPAddresses/', variables('name'))]"),
        ],
        parameters={
            "Prefix": {"type": "string"},
            "second": {"type": "string", "defaultValue": "[concat(parameters('Prefix'), '-2')]"},
            "count": {"type": "int", "defaultValue": 1, "allowedValues": [1, 2]},
        },
        variables={"name": "[concat(variables('part'), 'x')]", "part": "[parameters('SECOND')]"},
    )

    shown = deploy(cloud, content, {"prefix": "a"}).json()["properties"]["parameters"]
    cloud.finish()

    assert shown["second"] == {"type": "String", "value": "a-2"}
    assert set(steps(cloud)) == {"a-2x", "last", ""}


def test_a_scope_puts_a_resource_elsewhere(cloud: Cloud) -> None:
    cloud.sandbox.add_group("other")
    scope = IN_GROUP.replace(GROUP, "other")
    deploy(cloud, template([ip("ip", scope=scope), ip("ip")]))
    cloud.finish()
    url = f"{scope}/providers/Microsoft.Network/publicIPAddresses/ip?api-version={NETWORK}"
    assert cloud.send("GET", url).status == 200


def test_tags_of_a_deployment_are_shown(cloud: Cloud) -> None:
    body = {**sent(template([VNET])), "tags": {"a": "b"}}
    answer = cloud.send("PUT", f"{DEPLOYMENTS}/d?api-version={RESOURCES}", body)
    assert answer.json()["tags"] == {"a": "b"}


def test_a_deployment_draws_on_the_quota_of_writes_once(cloud: Cloud) -> None:
    answer = deploy_vm(cloud)
    assert answer.headers["x-ms-ratelimit-remaining-subscription-writes"] == "199"
    cloud.now += 1000
    assert deployed(cloud)["provisioningState"] == "Succeeded"
    answer = cloud.patch("newVM", {"tags": {}})
    assert "UpdateVMResource;11" in answer.headers["x-ms-ratelimit-remaining-resource"]
