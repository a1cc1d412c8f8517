"""ARM's own lists with filters: every resource, and groups by tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.cloud import GROUP, IN_SUBSCRIPTION, RESOURCES, Cloud, code_of

if TYPE_CHECKING:
    from pathlib import Path

URL = f"{IN_SUBSCRIPTION}/resources?api-version={RESOURCES}"
GROUPS = f"{IN_SUBSCRIPTION}/resourcegroups?api-version={RESOURCES}"


def names(cloud: Cloud, url: str) -> list[str]:
    answer = cloud.send("GET", url)
    assert answer.status == 200, answer.body
    return [one["name"] for one in answer.json()["value"]]


LISTED = ("Microsoft.Compute/virtualMachines", "Microsoft.ManagedIdentity/userAssignedIdentities")


@pytest.fixture
def tagged(cloud: Cloud) -> Cloud:
    cloud.sandbox.add_vm(GROUP, "tagged", tags={"Team": "web", "stage": "test"})
    cloud.sandbox.add_identity(GROUP, "taggedIdentity", tags={"team": "web"})
    cloud.sandbox.add_group("taggedGroup", tags={"team": "db's"})
    cloud.sandbox.add_vm("taggedGroup", "far")
    return cloud


def test_everything_is_listed_with_what_it_is(cloud: Cloud) -> None:
    every = cloud.send("GET", URL).json()["value"]
    assert {one["type"] for one in every} >= {"Microsoft.Compute/disks", "Microsoft.Network/networkInterfaces"}
    listed = [one for one in every if one["type"] in LISTED]
    assert [one["name"] for one in listed] == [
        "appVM",
        "dbVM",
        "myVM",
        "webVM",
        "myUserAssignedIdentity",
        "otherIdentity",
    ]
    app, mine = listed[0], listed[4]
    assert (app["type"], mine["type"]) == (
        "Microsoft.Compute/virtualMachines",
        "Microsoft.ManagedIdentity/userAssignedIdentities",
    )
    assert app["identity"] == cloud.vm("appVM")["identity"]
    assert set(mine) == {"id", "name", "type", "location"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("tagName eq 'team' and tagValue eq 'web'", ["tagged", "taggedIdentity"]),
        ("tagName eq 'stage'", ["tagged"]),
        ("tagName eq 'team' and tagValue eq 'WEB'", []),
        ("resourceType eq 'microsoft.managedidentity/userassignedidentities'", 3),
        ("resourceGroup eq 'TAGGEDgroup'", 3),
        ("location eq 'WESTUS' and name eq 'myVM'", ["myVM"]),
        ("resourceType eq 'Microsoft.Compute/virtualMachines' and name eq 'FAR'", ["far"]),
    ],
)
def test_what_a_filter_leaves(tagged: Cloud, condition: str, expected: list[str] | int) -> None:
    found = names(tagged, f"{URL}&$filter={condition}")
    assert (len(found) if isinstance(expected, int) else found) == expected


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("tagValue eq 'x'", "InvalidFilterInQueryString"),
        ("tagName eq 'x' and resourceType eq 'y'", "InvalidFilterInQueryString"),
        ("tagName eq 'x' and tagName eq 'y'", "InvalidFilterInQueryString"),
        ("identity eq 'westus'", "NotSupportedBySandbox"),
        ("name('x')", "NotSupportedBySandbox"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(cloud: Cloud, condition: str, code: str) -> None:
    assert code_of(cloud.send("GET", f"{URL}&$filter={condition}")) == (400, code)


def test_groups_are_found_by_a_tag(tagged: Cloud) -> None:
    assert names(tagged, f"{GROUPS}&$filter=tagName eq 'Team' and tagValue eq 'db''s'") == ["taggedGroup"]
    assert names(tagged, f"{GROUPS}&$filter=tagName eq 'other'") == []
    assert names(tagged, GROUPS) == [GROUP, "taggedGroup"]
    assert code_of(tagged.send("GET", f"{GROUPS}&$filter=name eq 'x'")) == (400, "NotSupportedBySandbox")


def test_pages_follow_one_another_with_their_filter(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, page_size=2)
    kind = "resourceType eq 'Microsoft.Compute/virtualMachines'"
    first = cloud.send("GET", f"{URL}&$filter={kind}").json()
    second = cloud.send("GET", first["nextLink"]).json()
    assert [one["name"] for page in (first, second) for one in page["value"]] == ["appVM", "dbVM", "myVM", "webVM"]
    assert "nextLink" not in second
    token = first["nextLink"].rpartition("&")[2]
    assert code_of(cloud.send("GET", f"{URL}&{token}")) == (400, "InvalidSkipToken")
    assert code_of(cloud.send("GET", f"{URL}&$skiptoken=x")) == (400, "InvalidSkipToken")
    cloud.sandbox.close()
