from __future__ import annotations

import pytest

from vmident.core.vm_creation.images import ALIASES, OsType, image_named
from vmident.errors import UsageError

IMAGES = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.Compute"


@pytest.mark.parametrize("alias", ALIASES)
def test_every_alias_means_a_marketplace_image_of_a_known_system_in_any_case(alias: str) -> None:
    image = image_named(alias)
    assert image == image_named(f" {alias.upper()} ")
    assert image.os is (OsType.WINDOWS if alias.startswith("Win") else OsType.LINUX)
    assert image.reference.keys() == {"publisher", "offer", "sku", "version"}


def test_an_alias_is_the_azure_clis() -> None:
    assert dict(image_named("ubuntu2204").reference) == {
        "publisher": "Canonical",
        "offer": "0001-com-ubuntu-server-jammy",
        "sku": "22_04-lts-gen2",
        "version": "latest",
    }


@pytest.mark.parametrize(
    ("urn", "os"),
    [
        ("Canonical:UbuntuServer:18.04-LTS:latest", OsType.LINUX),
        ("MicrosoftWindowsDesktop:windows-11:win11-23h2-pro:22631.1.2", OsType.WINDOWS),
        ("somebody:something:1_0:1.0.0", None),
    ],
)
def test_a_urn_tells_its_parts_and_where_its_publisher_has_but_one_its_system(urn: str, os: OsType | None) -> None:
    image = image_named(urn)
    assert (":".join(image.reference.values()), image.os) == (urn, os)


@pytest.mark.parametrize("end", ["images/mine", "galleries/g/images/i", "galleries/g/images/i/versions/1.0.0"])
def test_an_image_of_ones_own_goes_by_its_id(end: str) -> None:
    image = image_named(f"{IMAGES}/{end}")
    assert (dict(image.reference), image.os) == ({"id": f"{IMAGES}/{end}"}, None)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "Ubuntu",
        "a:b:c",
        "a:b:c:d:e",
        "a::c:d",
        "a:b c:d:e",
        f"{IMAGES}/disks/mine",
        f"{IMAGES}/galleries/g",
        "/x/y",
    ],
)
def test_what_is_no_image_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        image_named(word)


def test_a_mistyped_alias_brings_near_ones() -> None:
    with pytest.raises(UsageError, match="Did you mean 'Ubuntu2204'") as refused:
        image_named("Ubunto2204")
    assert "Win2019Datacenter" in str(refused.value.hint)
