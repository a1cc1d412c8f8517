"""Deployments that fail, wait or meet another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import GROUP, IN_GROUP, VMS, Cloud, code_of
from tests.sandbox.deployments.templates import (
    DEPLOYMENTS,
    NETWORKS,
    PASSWORD,
    RESOURCES,
    VNET_BODY,
    VNET_TYPE,
    deploy,
    deploy_vm,
    deployed,
    ip,
    nic_body,
    read,
    resource,
    steps,
    template,
    vm_resources,
    vm_template,
)
from vmident.sandbox import errors, settling
from vmident.sandbox.deployments import views as deployments_views
from vmident.sandbox.http_messages import json_answer
from vmident.sandbox.protocol.call import InternalClient
from vmident.sandbox.sandbox import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.http_messages import Response


from tests.sandbox.deployments.test_handlers import status_of

VNET = resource(VNET_TYPE, "vnet", VNET_BODY)


def test_a_failure_tells_whose_it_is_and_what_was_made_stays(cloud: Cloud) -> None:
    deploy(
        cloud,
        template(
            [
                VNET,
                resource("Microsoft.Network/networkInterfaces", "nic", nic_body(ip="missing"), "vnet"),
                ip("ip", "nic"),
            ]
        ),
    )
    answer = cloud.send("GET", f"{DEPLOYMENTS}/d?api-version={RESOURCES}")
    cloud.finish()

    failed = deployed(cloud)
    assert answer.json()["properties"]["provisioningState"] == "Running"
    assert failed["provisioningState"] == "Failed"
    assert failed["error"]["code"] == "DeploymentFailed"
    assert "aka.ms/arm-deployment-operations" in failed["error"]["message"]
    inner = failed["error"]["details"][0]
    assert (inner["code"], inner["target"]) == ("InvalidResourceReference", f"{NETWORKS}/networkInterfaces/nic")
    step = steps(cloud)["nic"]
    assert (step["provisioningState"], step["statusCode"]) == ("Failed", "BadRequest")
    assert step["statusMessage"]["error"]["code"] == "InvalidResourceReference"
    assert "ip" not in steps(cloud)
    assert read(cloud, "virtualNetworks", "vnet")


def test_a_vm_without_room_fails_its_deployment_with_its_own_error_inside(cloud: Cloud) -> None:
    answer = deploy_vm(cloud, size="Standard_NC24")
    cloud.now += 5
    assert status_of(cloud, answer) == {"status": "Running"}
    cloud.finish()

    error = status_of(cloud, answer)["error"]
    assert status_of(cloud, answer)["status"] == "Failed"
    assert error["details"][0]["code"] == "ResourceDeploymentFailure"
    assert error["details"][0]["details"][0]["code"] == "AllocationFailed"
    assert steps(cloud)["newVM"]["statusCode"] == "Conflict"


def test_an_operation_that_lasts_longer_is_waited_for(cloud: Cloud) -> None:
    deploy_vm(cloud)
    cloud.finish()
    again = {**vm_resources()[2], "dependsOn": [], "tags": {"a": "b"}}
    deploy(
        cloud, template([again], parameters={"adminPassword": {"type": "securestring"}}), {"adminPassword": PASSWORD}
    )
    cloud.now += 1
    assert steps(cloud)["newVM"]["provisioningState"] == "Running"
    cloud.now += 1
    assert deployed(cloud)["duration"] == "PT1.5S"


@pytest.mark.parametrize(("known_after_seconds", "state"), [(20, "Succeeded"), (1000, "Failed")])
def test_a_principal_that_the_directory_does_not_know_yet_is_waited_for(
    cloud: Cloud, known_after_seconds: float, state: str
) -> None:
    deploy(cloud, template([ip("ip")]))
    begun, tried = cloud.now, []

    def answer(method: str, url: str, body: Any, moment: float) -> Response:
        tried.append(moment - begun)
        if moment - begun < known_after_seconds:
            return errors.Refused(400, "PrincipalNotFound", "Principal x does not exist.").answer()
        return json_answer(201, {})

    def client(_headers: Mapping[str, str]) -> InternalClient:
        return InternalClient(answer, lambda *_: ("", ""), client)

    seen = []
    for _ in range(3):
        with cloud.sandbox._store.transaction() as rows:
            settings = cloud.sandbox._settings
            settling.settle(rows, cloud.now, client({}), settings)
            seen.append(deployments_views.shown_operations(rows.held("deployment", GROUP, "d"))[-1]["properties"])
        cloud.now += 40
    assert seen[0]["provisioningState"] == "Running"
    assert "statusCode" not in seen[0]
    assert seen[-1]["provisioningState"] == state
    assert tried[:5] == [0, 5, 10, 15, 20]
    assert tried[-1] == min(known_after_seconds, 60)


def test_a_secret_is_checked_at_once_and_kept_nowhere(cloud: Cloud) -> None:
    answer = deploy_vm(cloud)
    assert answer.json()["properties"]["parameters"] == {"adminPassword": {"type": "SecureString"}}
    literal = vm_resources()
    literal[2]["properties"]["osProfile"]["adminPassword"] = f"{PASSWORD}-too"
    deploy(cloud, template(literal), name="literal")
    default = {
        "adminPassword": {"type": "secureString", "defaultValue": f"{PASSWORD}-3", "allowedValues": [f"{PASSWORD}-3"]}
    }
    deploy(cloud, template(vm_resources(), parameters=default), name="default")
    assert PASSWORD.encode() not in (cloud.sandbox.folder / FILE_NAME).read_bytes()
    cloud.finish()
    assert deployed(cloud)["provisioningState"] == "Succeeded"
    assert PASSWORD.encode() not in (cloud.sandbox.folder / FILE_NAME).read_bytes()

    answer = deploy(cloud, vm_template(), {"adminPassword": "too-simple"}, "other")
    assert code_of(answer) == (400, "InvalidTemplateDeployment")
    detail = answer.json()["error"]["details"][0]
    assert (detail["code"], detail["target"]) == ("InvalidParameter", "adminPassword")
    assert cloud.send("GET", f"{DEPLOYMENTS}/other?api-version={RESOURCES}").status == 404


def test_a_group_that_changes_does_not_change_what_is_being_deployed(cloud: Cloud) -> None:
    url = f"{IN_GROUP}?api-version=2021-04-01"
    cloud.send("PUT", url, {"location": "westus", "tags": {"name": "a"}})
    deploy(cloud, template([VNET, ip("[resourceGroup().tags.name]", "vnet")]))
    cloud.send("PUT", url, {"location": "westus", "tags": {}})
    cloud.finish()
    assert set(steps(cloud)) == {"vnet", "a", ""}


def test_a_size_that_is_never_offered_is_refused_before_anything_is_made(cloud: Cloud) -> None:
    answer = deploy_vm(cloud, size="Standard_NC6")
    detail = answer.json()["error"]["details"][0]
    assert code_of(answer) == (400, "InvalidTemplateDeployment")
    assert (detail["code"], detail["target"]) == ("SkuNotAvailable", f"{VMS}/newVM")
    assert cloud.sandbox.status()["runningDeployments"] == 0


def test_two_deployments_of_one_name_do_not_run_at_once(cloud: Cloud) -> None:
    deploy_vm(cloud)
    assert code_of(deploy_vm(cloud)) == (409, "DeploymentActive")
    assert code_of(cloud.send("DELETE", f"{DEPLOYMENTS}/d?api-version={RESOURCES}")) == (409, "DeploymentActive")
    cloud.finish()

    again = deploy_vm(cloud)

    assert again.status == 200
    cloud.finish()
    assert deployed(cloud)["provisioningState"] == "Succeeded"


def test_two_deployments_run_side_by_side(cloud: Cloud) -> None:
    deploy(cloud, template([ip("one"), ip("two", "one")]))
    cloud.now += 0.5
    deploy(cloud, template([ip("three")]), name="e")
    cloud.now += 0.5
    states = [deployed(cloud, name)["provisioningState"] for name in ("d", "e")]
    assert states == ["Running", "Running"]
    cloud.now += 0.3
    assert [deployed(cloud, name)["provisioningState"] for name in ("d", "e")] == ["Running", "Succeeded"]
