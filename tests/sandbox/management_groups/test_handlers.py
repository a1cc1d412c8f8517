from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.cloud import (
    COMPUTE,
    IN_GROUP,
    IN_SUBSCRIPTION,
    ROLES,
    VMS,
    Cloud,
    assignment_url,
    code_of,
    role_body,
)
from vmident.sandbox.tenant import MANAGEMENT_GROUPS, PERSON_ID, SCOPES_ABOVE, SUBSCRIPTION, TENANT

VERSION = "2023-04-01"
LOWEST, ROOT = SCOPES_ABOVE


def get(cloud: Cloud, url: str) -> Any:
    answer = cloud.send("GET", f"{url}{'&' if '?' in url else '?'}api-version={VERSION}")
    assert answer.status == 200, answer.body
    return answer.json()


def test_the_groups_lead_from_the_root_to_the_subscription(cloud: Cloud) -> None:
    assert [one["id"] for one in get(cloud, MANAGEMENT_GROUPS)["value"]] == [LOWEST, ROOT]
    root = get(cloud, f"{ROOT}?$expand=children&$recurse=true")["properties"]
    assert root["details"]["parent"] is None
    assert root["children"][0]["id"] == LOWEST
    assert root["children"][0]["children"][0]["id"] == f"/subscriptions/{SUBSCRIPTION}"
    assert get(cloud, LOWEST.upper())["properties"]["details"]["parent"]["name"] == TENANT
    assert "children" not in get(cloud, LOWEST)["properties"]
    entities = cloud.send("POST", f"/providers/Microsoft.Management/getEntities?api-version={VERSION}").json()
    assert [len(one["properties"]["parentNameChain"]) for one in entities["value"]] == [2, 1, 0]


def test_another_group_is_not_there(cloud: Cloud) -> None:
    assert code_of(cloud.send("GET", f"{MANAGEMENT_GROUPS}/no?api-version={VERSION}")) == (404, "NotFound")


@pytest.mark.parametrize("scope", SCOPES_ABOVE)
def test_a_role_above_the_subscription_holds_in_it(cloud: Cloud, scope: str) -> None:
    cloud.sandbox.limit_person([("Owner", scope)])
    assert cloud.send("GET", f"{VMS}/myVM?api-version={COMPUTE}").status == 200
    made = cloud.send("PUT", assignment_url(scope), role_body(PERSON_ID))
    assert made.status == 201, made.body
    url = f"{IN_GROUP}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()&api-version={ROLES}"
    assert {one["properties"]["scope"] for one in cloud.send("GET", url).json()["value"]} == {scope}


def test_a_role_in_the_subscription_does_not_hold_above_it(cloud: Cloud) -> None:
    refused = cloud.send("PUT", assignment_url(LOWEST), role_body(PERSON_ID))
    assert code_of(refused) == (403, "AuthorizationFailed")


def test_a_role_at_the_lowest_group_does_not_hold_at_the_root(cloud: Cloud) -> None:
    cloud.sandbox.limit_person([("Owner", LOWEST)])
    assert code_of(cloud.send("PUT", assignment_url(ROOT), role_body(PERSON_ID))) == (403, "AuthorizationFailed")


def test_a_group_that_is_not_there_takes_no_assignment(cloud: Cloud) -> None:
    cloud.sandbox.limit_person([("Owner", "/")])
    refused = cloud.send("PUT", assignment_url(f"{MANAGEMENT_GROUPS}/no"), role_body(PERSON_ID))
    assert code_of(refused) == (404, "NotFound")
    url = f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()&api-version={ROLES}"
    assert [one["properties"]["scope"] for one in cloud.send("GET", url).json()["value"]] == ["/"]
