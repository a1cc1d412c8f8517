from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import COMPUTE, IN_GROUP, IN_SUBSCRIPTION, Cloud, code_of, message_of
from tests.sandbox.deployments.templates import put_network, vm_body

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Response

JAMMY = "Canonical/artifacttypes/vmimage/offers/0001-com-ubuntu-server-jammy/skus/22_04-lts-gen2"
OLD = "Canonical/artifacttypes/vmimage/offers/UbuntuServer/skus/18.04-LTS"
VERSION = "22.04.202410170"


def ask(cloud: Cloud, image: str, more: str = "", query: str = "", *, location: str = "westus") -> Response:
    publishers = f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute/locations/{location}/publishers"
    return cloud.send("GET", f"{publishers}/{image}/versions{more}?api-version={COMPUTE}{query}")


def test_the_versions_of_an_image_are_an_array_without_properties(cloud: Cloud) -> None:
    (one,) = ask(cloud, JAMMY).json()
    assert one == {
        "location": "westus",
        "name": VERSION,
        "id": f"/Subscriptions/{IN_SUBSCRIPTION.rpartition('/')[2]}/Providers/Microsoft.Compute/Locations/westus"
        f"/Publishers/Canonical/ArtifactTypes/VMImage/Offers/0001-com-ubuntu-server-jammy/Skus/22_04-lts-gen2"
        f"/Versions/{VERSION}",
    }


def test_the_newest_version_is_asked_for_as_the_azure_cli_does(cloud: Cloud) -> None:
    (one,) = ask(cloud, JAMMY, query="&$expand=properties&$orderby=name%20desc&$top=1").json()
    assert one["name"] == VERSION
    assert one["properties"]["hyperVGeneration"] == "V2"
    assert one["properties"]["osDiskImage"] == {"operatingSystem": "Linux", "sizeInGb": 30}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("", "Canonical"),
        ("/canonical/artifacttypes/vmimage/offers", "ubuntu-24_04-lts"),
        ("/Canonical/artifacttypes/vmimage/offers/UBUNTU-24_04-lts/skus", "server"),
    ],
)
def test_publishers_offers_and_skus_are_arrays_of_names(cloud: Cloud, path: str, name: str) -> None:
    publishers = f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute/locations/westus/publishers"
    listed = cloud.send("GET", f"{publishers}{path}?api-version={COMPUTE}").json()
    (found,) = [one for one in listed if one["name"] == name]
    assert found["id"].endswith(f"/{name}")
    nothing = f"{publishers}/nobody/artifacttypes/vmimage/offers?api-version={COMPUTE}"
    assert code_of(cloud.send("GET", nothing)) == (404, "NotFound")


@pytest.mark.parametrize(("image", "features"), [(JAMMY, ["TrustedLaunchSupported"]), (OLD, [])])
def test_an_image_of_the_second_generation_alone_can_be_launched_trusted(
    cloud: Cloud, image: str, features: list[str]
) -> None:
    version = ask(cloud, image).json()[0]["name"]
    properties: dict[str, Any] = ask(cloud, image, f"/{version}").json()["properties"]
    assert [one["value"] for one in properties["features"]] == features


def test_a_version_that_is_listed_makes_a_vm(cloud: Cloud) -> None:
    put_network(cloud)
    version = ask(cloud, JAMMY).json()[0]["name"]
    publisher, *_, offer, _, sku = JAMMY.split("/")
    image = {"publisher": publisher, "offer": offer, "sku": sku, "version": version}
    assert cloud.make_vm("newVM", vm_body(image=image)).status == 201


@pytest.mark.parametrize("asked", [(JAMMY, "/1.0"), (JAMMY, "/latest"), (JAMMY.replace("22", "99"), "")])
def test_an_image_that_is_not_there_is_not_found(cloud: Cloud, asked: tuple[str, str]) -> None:
    answer = ask(cloud, *asked)
    assert code_of(answer) == (404, "NotFound")
    assert message_of(answer) == "Artifact: VMImage was not found."


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("&$top=many", "InvalidParameter"),
        ("&$orderby=size", "NotSupportedBySandbox"),
        ("&$expand=all", "NotSupportedBySandbox"),
        ("&$filter=x", "NotSupportedBySandbox"),
    ],
)
def test_a_question_that_it_does_not_know_is_refused(cloud: Cloud, query: str, code: str) -> None:
    assert code_of(ask(cloud, JAMMY, query=query)) == (400, code)


def test_no_image_is_in_a_region_that_is_not_there(cloud: Cloud) -> None:
    assert code_of(ask(cloud, JAMMY, location="moon")) == (400, "LocationNotAvailableForResourceType")


def test_none_of_none_is_none(cloud: Cloud) -> None:
    assert ask(cloud, JAMMY, query="&$top=0").json() == []


def test_whoever_has_a_role_in_a_group_alone_reads_images(cloud: Cloud) -> None:
    cloud.sandbox.limit_person([("Virtual Machine Contributor", IN_GROUP)])
    assert ask(cloud, JAMMY).status == 200
    cloud.sandbox.limit_person([])
    assert code_of(ask(cloud, JAMMY)) == (403, "AuthorizationFailed")
