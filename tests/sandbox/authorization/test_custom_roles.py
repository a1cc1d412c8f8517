from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.cloud import (
    COMPUTE,
    IN_GROUP,
    IN_SUBSCRIPTION,
    READER,
    ROLES,
    VMS,
    Cloud,
    assignment_url,
    code_of,
    role_body,
    role_id,
)
from vmident.sandbox.http_messages import Response
from vmident.sandbox.sandbox import PERSON_ID

MINE = "11111111-1111-4111-8111-111111111111"
ACTIONS = ["Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/write"]


def definition(title: str = "VM Editor", **more: Any) -> dict[str, Any]:
    permissions = {"actions": ACTIONS, "notActions": [], "dataActions": [], "notDataActions": []}
    return {
        "properties": {
            "roleName": title,
            "type": "CustomRole",
            "description": "Edits VMs",
            "assignableScopes": [IN_SUBSCRIPTION],
            "permissions": [permissions],
            **more,
        }
    }


def put(cloud: Cloud, body: Any, name: str = MINE) -> Response:
    return cloud.send("PUT", f"{role_id(name)}?api-version={ROLES}", body)


def test_one_is_created_read_changed_and_deleted(cloud: Cloud) -> None:
    made = put(cloud, definition())
    assert made.status == 201
    assert cloud.send("GET", f"{role_id(MINE)}?api-version={ROLES}").json() == made.json()
    assert made.json()["properties"] | {"createdOn": "", "updatedOn": ""} == definition()["properties"] | {
        "createdOn": "",
        "updatedOn": "",
        "createdBy": None,
        "updatedBy": None,
    }

    assert put(cloud, definition(description="Other")).json()["properties"]["description"] == "Other"

    gone = cloud.send("DELETE", f"{role_id(MINE)}?api-version={ROLES}")
    assert gone.status == 200
    assert cloud.send("DELETE", f"{role_id(MINE)}?api-version={ROLES}").status == 204
    assert code_of(cloud.send("GET", f"{role_id(MINE)}?api-version={ROLES}")) == (404, "RoleDefinitionDoesNotExist")


def test_it_allows_what_it_says_and_no_more(cloud: Cloud) -> None:
    put(cloud, definition())
    cloud.sandbox.limit_person([(MINE, "subscription")])
    assert cloud.send("GET", f"{VMS}/myVM?api-version={COMPUTE}").status == 200
    assert code_of(put(cloud, definition("Another"))) == (403, "AuthorizationFailed")
    assert code_of(cloud.send("DELETE", f"{role_id(MINE)}?api-version={ROLES}")) == (403, "AuthorizationFailed")


def test_one_that_is_assigned_stays(cloud: Cloud) -> None:
    put(cloud, definition())
    body = role_body(PERSON_ID, MINE)
    assert cloud.send("PUT", assignment_url(IN_GROUP), body).status == 201
    refused = cloud.send("DELETE", f"{role_id(MINE)}?api-version={ROLES}")
    assert code_of(refused) == (400, "RoleDefinitionHasAssignments")


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("mine", definition(), 400, "InvalidRoleDefinitionId"),
        (READER, definition(), 403, "BuiltInRoleUpdateNotAllowed"),
        (MINE, {}, 400, "InvalidRequestContent"),
        (MINE, definition("reader"), 409, "RoleDefinitionWithSameNameExists"),
        (MINE, definition(""), 400, "InvalidRoleDefinition"),
        (MINE, definition(assignableScopes=[]), 400, "InvalidRoleDefinition"),
        (MINE, definition(assignableScopes=["/subscriptions/other"]), 400, "InvalidRoleDefinition"),
        (MINE, definition(permissions=[]), 400, "InvalidRoleDefinition"),
        (MINE, definition(permissions=[{"actions": "*"}]), 400, "InvalidRequestContent"),
        (MINE, definition(permissions=[{"actions": [], "condition": "x"}]), 400, "NotSupportedBySandbox"),
        (MINE, definition(color="red"), 400, "InvalidRequestContent"),
    ],
)
def test_what_is_no_custom_role_is_refused(cloud: Cloud, name: str, body: Any, status: int, code: str) -> None:
    assert code_of(put(cloud, body, name)) == (status, code)


def test_a_built_in_role_cannot_be_deleted(cloud: Cloud) -> None:
    answer = cloud.send("DELETE", f"{role_id(READER)}?api-version={ROLES}")
    assert code_of(answer) == (403, "BuiltInRoleUpdateNotAllowed")
