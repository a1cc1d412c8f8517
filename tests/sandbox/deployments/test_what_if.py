from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.cloud import COMPUTE, IN_SUBSCRIPTION, MINE, VMS, code_of
from tests.sandbox.deployments.templates import (
    DEPLOYMENTS,
    NETWORKS,
    PASSWORD,
    RESOURCES,
    VNET_BODY,
    deploy_vm,
    resource,
    sent,
    template,
    vm_template,
)
from vmident.sandbox.sandbox import FILE_NAME

if TYPE_CHECKING:
    from tests.sandbox.cloud import Cloud
    from vmident.sandbox.http_messages import Response

VNET = "Microsoft.Network/virtualNetworks"


def asked(cloud: Cloud, content: Any, parameters: Any = None, **members: Any) -> Response:
    body = sent(content, parameters, **members)
    return cloud.send("POST", f"{DEPLOYMENTS}/d/whatIf?api-version={RESOURCES}", body)


def changes(cloud: Cloud, content: Any, parameters: Any = None, **members: Any) -> dict[str, dict[str, Any]]:
    """Return the predicted changes by the name of the resource, those that are ignored left out."""
    answer = asked(cloud, content, parameters, **members)
    cloud.finish()
    result = cloud.send("GET", answer.headers["Location"]).json()
    assert result["status"] == "Succeeded"
    found = {one["resourceId"].rpartition("/")[2]: one for one in result["properties"]["changes"]}
    return {name: one for name, one in found.items() if one["changeType"] != "Ignore"}


def test_a_prediction_takes_its_time_and_changes_nothing(cloud: Cloud) -> None:
    answer = asked(cloud, vm_template(), {"adminPassword": PASSWORD})
    assert answer.status == 202
    url = answer.headers["Location"]
    assert cloud.send("GET", url).status == 202
    cloud.finish()

    result = cloud.send("GET", url)

    assert result.status == 200
    kinds = [one["changeType"] for one in result.json()["properties"]["changes"]]
    assert (kinds.count("Create"), kinds.count("Ignore")) == (3, 10)
    assert cloud.send("GET", f"{VMS}/newVM?api-version={COMPUTE}").status == 404
    assert cloud.send("GET", f"{DEPLOYMENTS}/d?api-version={RESOURCES}").status == 404


def test_what_would_be_made_is_shown_without_its_secrets(cloud: Cloud) -> None:
    found = changes(cloud, vm_template(), {"adminPassword": PASSWORD})

    after = found["newVM"]["after"]
    assert after["id"] == f"{VMS}/newVM"
    assert after["properties"]["osProfile"]["adminPassword"] == "*******"
    assert "before" not in found["newVM"]
    assert PASSWORD.encode() not in (cloud.sandbox.folder / FILE_NAME).read_bytes()


def test_what_is_there_already_is_no_change(cloud: Cloud) -> None:
    deploy_vm(cloud, identity={"type": "SystemAssigned"})
    cloud.finish()

    found = changes(cloud, vm_template(identity={"type": "systemassigned"}), {"adminPassword": PASSWORD})

    assert {one["changeType"] for one in found.values()} == {"NoChange"}


def test_a_change_says_where_it_is(cloud: Cloud) -> None:
    deploy_vm(cloud)
    cloud.finish()
    body = {**VNET_BODY, "addressSpace": {"addressPrefixes": ["10.0.0.0/16", "10.1.0.0/16"]}}
    content = vm_template(tags={"a": "b"}, identity={"type": "UserAssigned", "userAssignedIdentities": {MINE: {}}})
    content["resources"][0]["properties"] = body
    content["resources"][2]["properties"]["hardwareProfile"]["vmSize"] = "Standard_B1s"

    found = changes(cloud, content, {"adminPassword": PASSWORD})

    assert found["vnet"]["delta"] == [
        {
            "path": "properties.addressSpace.addressPrefixes",
            "propertyChangeType": "Modify",
            "before": ["10.0.0.0/16"],
            "after": ["10.0.0.0/16", "10.1.0.0/16"],
        }
    ]
    by_path = {one["path"]: one["propertyChangeType"] for one in found["newVM"]["delta"]}
    assert by_path == {"properties.hardwareProfile.vmSize": "Modify", "tags.a": "Create", "identity": "Create"}


def test_a_change_within_a_list_of_the_same_length_says_which_element(cloud: Cloud) -> None:
    deploy_vm(cloud)
    cloud.finish()
    subnets = [{"name": "default", "properties": {"addressPrefix": "10.0.1.0/24"}}]
    found = changes(cloud, template([resource(VNET, "vnet", {**VNET_BODY, "subnets": subnets})]))
    assert [one["path"] for one in found["vnet"]["delta"]] == ["properties.subnets.0.properties.addressPrefix"]


def test_a_reference_to_what_is_not_there_stays_as_it_is(cloud: Cloud) -> None:
    expression = "[reference('newVM', '2024-07-01', 'Full').identity.principalId]"
    content = vm_template(identity={"type": "SystemAssigned"})
    content["resources"].append(
        resource("Microsoft.Network/publicIPAddresses", "ip", {}, tags={"a": expression, "n": None})
    )
    content["resources"][-1]["tags"].pop("n")

    found = changes(cloud, content, {"adminPassword": PASSWORD})

    assert found["ip"]["after"]["tags"] == {"a": expression}


def test_ids_alone_are_given_where_they_are_asked_for(cloud: Cloud) -> None:
    settings = {"resultFormat": "ResourceIdOnly"}
    found = changes(cloud, template([resource(VNET, "vnet", VNET_BODY)]), whatIfSettings=settings)
    assert found["vnet"] == {"resourceId": f"{NETWORKS}/virtualNetworks/vnet", "changeType": "Deploy"}


def test_all_pages_of_what_is_there_are_read(cloud: Cloud, tmp_path: Any) -> None:
    small = type(cloud)(tmp_path / "small", page_size=1)
    answer = asked(small, template([resource(VNET, "vnet", VNET_BODY)]))
    small.finish()
    result = small.send("GET", answer.headers["Location"]).json()["properties"]["changes"]
    assert [one["changeType"] for one in result].count("Ignore") == 10
    small.sandbox.close()


def test_a_template_that_cannot_be_deployed_is_not_predicted(cloud: Cloud) -> None:
    assert code_of(asked(cloud, vm_template())) == (400, "InvalidTemplate")


def test_a_prediction_answers_at_its_own_url_alone(cloud: Cloud) -> None:
    url = cloud.identify("myVM", "SystemAssigned").headers["Azure-AsyncOperation"]
    name = url.partition("/operations/")[2].partition("?")[0]
    for token in (name, "missing"):
        answer = cloud.send("GET", f"{IN_SUBSCRIPTION}/operationresults/{token}?api-version={RESOURCES}")
        assert answer.status == 404
    token = asked(cloud, template([])).headers["Location"].rpartition("/")[2]
    assert cloud.send("GET", url.replace(name, token.partition("?")[0])).status == 404
