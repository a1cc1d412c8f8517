from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.cloud import IDENTITIES, MINE, MSI, OTHER, VMS, Cloud, code_of

NEWEST = "2026-05-31"


def patch(cloud: Cloud, body: Any, version: str = MSI) -> Any:
    return cloud.send("PATCH", f"{OTHER}?api-version={version}", body)


def test_a_patch_replaces_the_tags_and_nothing_else(cloud: Cloud) -> None:
    before = cloud.send("GET", f"{OTHER}?api-version={MSI}").json()
    assert patch(cloud, {"tags": {"a": "1"}}).json() == before | {"tags": {"a": "1"}}
    assert patch(cloud, {"tags": {"b": "2"}}).json()["tags"] == {"b": "2"}
    assert patch(cloud, {}).json()["tags"] == {"b": "2"}
    assert patch(cloud, before).json() == before
    assert code_of(patch(cloud, {"location": "eastus"})) == (409, "InvalidResourceLocation")
    cloud.delete_identity(OTHER)
    assert code_of(patch(cloud, {"tags": {}})) == (404, "ResourceNotFound")


def test_the_isolation_scope_is_kept_and_shown_by_versions_that_know_it(cloud: Cloud) -> None:
    body = {"location": "westus", "properties": {"isolationScope": "Regional"}}
    made = cloud.send("PUT", f"{IDENTITIES}/apart?api-version=2024-11-30", body).json()
    assert made["properties"]["isolationScope"] == "Regional"
    read = cloud.send("GET", f"{IDENTITIES}/apart?api-version={NEWEST}").json()["properties"]
    assert (read["isolationScope"], read["assignmentRestrictions"]) == ("Regional", {"providers": []})
    other = cloud.send("GET", f"{OTHER}?api-version={NEWEST}").json()["properties"]
    assert other["isolationScope"] == "None"
    assert "isolationScope" not in cloud.send("GET", f"{IDENTITIES}/apart?api-version={MSI}").json()["properties"]


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"isolationScope": "Galactic"}, "BadRequest"),
        ({"assignmentRestrictions": {"providers": ["Microsoft.Compute"]}}, "NotSupportedBySandbox"),
        ({"color": "red"}, "InvalidRequestContent"),
        ([1], "InvalidRequestContent"),
    ],
)
def test_other_properties_are_refused(cloud: Cloud, properties: Any, code: str) -> None:
    body = {"location": "westus", "properties": properties}
    assert code_of(cloud.send("PUT", f"{IDENTITIES}/apart?api-version={NEWEST}", body)) == (400, code)


def associated(cloud: Cloud, query: str = "") -> Any:
    url = f"{MINE}/listAssociatedResources?api-version=2022-01-31-preview{query}"
    answer = cloud.send("POST", url)
    assert answer.status == 200, answer.body
    return answer.json()


def test_the_resources_that_have_an_identity_are_listed_in_pages(cloud: Cloud) -> None:
    every = associated(cloud)
    assert (every["totalCount"], [one["name"] for one in every["value"]]) == (2, ["appVM", "dbVM"])
    first = associated(cloud, "&$top=1")
    assert [one["name"] for one in first["value"]] == ["appVM"]
    rest = cloud.send("POST", first["nextLink"]).json()
    assert [one["name"] for one in rest["value"]] == ["dbVM"]
    assert "nextLink" not in rest
    refused = cloud.send("POST", f"{MINE}/listAssociatedResources?api-version=2022-01-31-preview&$top=x")
    assert code_of(refused) == (400, "BadRequest")


def test_a_system_assigned_identity_is_read_by_its_resource(cloud: Cloud) -> None:
    url = f"/providers/Microsoft.ManagedIdentity/identities/default?api-version={MSI}"
    answer = cloud.send("GET", f"{VMS}/webVM{url}").json()
    assert answer["properties"]["principalId"] == cloud.vm("webVM")["identity"]["principalId"]
    assert answer == cloud.send("GET", f"{VMS}/webVM{url}").json()
    assert code_of(cloud.send("GET", f"{VMS}/dbVM{url}")) == (404, "NotFound")
