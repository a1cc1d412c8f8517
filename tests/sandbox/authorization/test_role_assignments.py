from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import (
    COMPUTE,
    IDENTITIES,
    IN_GROUP,
    IN_SUBSCRIPTION,
    MINE,
    MSI,
    OTHER,
    READER,
    ROLES,
    VM_CONTRIBUTOR,
    VMS,
    Cloud,
    assignment_id,
    assignment_url,
    code_of,
    message_of,
    role_body,
    role_id,
)
from vmident.sandbox.sandbox import PERSON_ID, TENANT

if TYPE_CHECKING:
    from pathlib import Path

    from vmident.sandbox.http_messages import Response

WEB_VM = f"{VMS}/webVM"
NOBODY = "11111111-2222-3333-4444-555555555555"


def principal_of(cloud: Cloud, identity_id: str = OTHER) -> str:
    return str(cloud.send("GET", f"{identity_id}?api-version={MSI}").json()["properties"]["principalId"])


def put(cloud: Cloud, scope: str, body: Any, number: int = 1, version: str = ROLES) -> Response:
    return cloud.send("PUT", assignment_url(scope, number, version), body)


def listed(cloud: Cloud, scope: str, condition: str = "", version: str = ROLES) -> list[str]:
    url = f"{scope}/providers/Microsoft.Authorization/roleAssignments?$filter={condition}&api-version={version}"
    answer = cloud.send("GET", url)
    assert answer.status == 200, answer.body
    return [one["properties"]["scope"] for one in answer.json()["value"]]


@pytest.mark.parametrize("scope", [IN_SUBSCRIPTION, IN_GROUP, WEB_VM, f"{WEB_VM}/extensions/more", MINE])
def test_a_role_is_given_read_and_taken_away_at_any_scope(cloud: Cloud, scope: str) -> None:
    principal = principal_of(cloud)
    made = put(cloud, scope, role_body(principal, description="why"))

    assert made.status == 201
    assert made.json() == {
        "id": assignment_id(scope),
        "name": assignment_id(scope).rpartition("/")[2],
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": role_id(READER),
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "scope": scope,
            "condition": None,
            "conditionVersion": None,
            "createdOn": "2020-09-13T12:26:40.0000000Z",
            "updatedOn": "2020-09-13T12:26:40.0000000Z",
            "createdBy": None,
            "updatedBy": PERSON_ID,
            "delegatedManagedIdentityResourceId": None,
            "description": "why",
        },
    }
    read = cloud.send("GET", assignment_url(scope)).json()
    assert read == made.json() | {"properties": made.json()["properties"] | {"createdBy": PERSON_ID}}
    gone = cloud.send("DELETE", assignment_url(scope))
    assert (gone.status, gone.json()) == (200, read)
    assert cloud.send("DELETE", assignment_url(scope)).status == 204
    missing = cloud.send("GET", assignment_url(scope))
    assert code_of(missing) == (404, "RoleAssignmentNotFound")


def test_two_slashes_where_a_parent_would_stand_are_one(cloud: Cloud) -> None:
    doubled = WEB_VM.replace("Microsoft.Compute/", "Microsoft.Compute//")
    assert put(cloud, doubled, role_body(principal_of(cloud))).json()["id"] == assignment_id(WEB_VM)


def test_an_assignment_is_read_at_its_own_scope_alone(cloud: Cloud) -> None:
    put(cloud, IN_GROUP, role_body(principal_of(cloud)))
    assert code_of(cloud.send("GET", assignment_url(IN_SUBSCRIPTION))) == (404, "RoleAssignmentNotFound")
    assert cloud.send("DELETE", assignment_url(WEB_VM)).status == 204
    assert cloud.send("GET", assignment_url(IN_GROUP.upper())).status == 200


class TestTheOldestVersion:
    def test_it_knows_no_principal_types(self, cloud: Cloud) -> None:
        made = put(cloud, IN_GROUP, role_body(principal_of(cloud), principalType="User"), version="2015-07-01")
        assert made.status == 201
        assert "principalType" not in made.json()["properties"]

    def test_the_scope_may_stand_in_the_body_and_must_be_the_paths(self, cloud: Cloud) -> None:
        body = role_body(principal_of(cloud), scope=IN_GROUP)
        assert put(cloud, IN_GROUP, body, version="2015-07-01").status == 201
        assert message_of(put(cloud, IN_SUBSCRIPTION, body, 2, "2015-07-01")) == (
            f"The request to create role assignment '{assignment_id('', 2).rpartition('/')[2]}' is not valid. Role "
            f"assignment scope '{IN_GROUP}' must match the scope specified on the URI '{IN_SUBSCRIPTION}'."
        )

    def test_the_same_again_exists_already(self, cloud: Cloud) -> None:
        body = role_body(principal_of(cloud))
        answers = [put(cloud, IN_GROUP, body, version="2015-07-01") for _ in range(2)]
        assert [answer.status for answer in answers] == [201, 409]
        assert message_of(answers[1]) == "The role assignment already exists."


@pytest.mark.parametrize("version", ["2018-09-01-preview", "2020-04-01-preview", "2022-04-01"])
def test_the_same_again_under_the_same_name_is_taken(cloud: Cloud, version: str) -> None:
    body = role_body(principal_of(cloud))
    first, again = (put(cloud, IN_GROUP, body, version=version) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.json() == again.json()


def test_the_same_again_replaces_description_and_condition(cloud: Cloud) -> None:
    principal = principal_of(cloud)
    put(cloud, IN_GROUP, role_body(principal, description="why"))
    cloud.now += 60
    more = {"condition": "((@Resource[a] StringEquals 'b'))", "conditionVersion": "2.0"}
    put(cloud, IN_GROUP, role_body(principal, **more))
    read = cloud.send("GET", assignment_url(IN_GROUP)).json()["properties"]
    assert {name: read[name] for name in ("description", *more)} == {"description": None, **more}
    assert read["createdOn"] < read["updatedOn"]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("2020-04-01-preview", "The role assignment already exists."),
        (
            "2022-04-01",
            (
                "The role assignment already exists. The ID of the existing role assignment is "
                "00000000000040009000000000000001."
            ),
        ),
    ],
)
def test_the_same_under_another_name_exists_already(cloud: Cloud, version: str, message: str) -> None:
    body = role_body(principal_of(cloud))
    put(cloud, IN_GROUP, body)
    answer = put(cloud, IN_GROUP, body, 2, version)
    assert code_of(answer) == (409, "RoleAssignmentExists")
    assert message_of(answer) == message


def test_a_name_is_not_given_to_something_else(cloud: Cloud) -> None:
    mine, other = principal_of(cloud, MINE), principal_of(cloud)
    put(cloud, IN_GROUP, role_body(mine))
    for scope, body in (
        (IN_GROUP, role_body(other)),
        (IN_GROUP, role_body(mine, VM_CONTRIBUTOR)),
        (IN_SUBSCRIPTION, role_body(mine)),
    ):
        assert code_of(put(cloud, scope, body)) == (400, "RoleAssignmentUpdateNotPermitted")
    assert put(cloud, IN_GROUP, role_body(mine, VM_CONTRIBUTOR), 2).status == 201


@pytest.mark.parametrize(
    ("scope", "status", "code"),
    [
        (f"{IN_SUBSCRIPTION}/resourceGroups/no", 404, "ResourceGroupNotFound"),
        (f"{VMS}/no", 404, "ResourceNotFound"),
        (f"{IN_GROUP}/providers/Microsoft.Storage/storageAccounts/no", 404, "ResourceNotFound"),
        (VMS, 404, "NotFound"),
        ("", 403, "AuthorizationFailed"),
    ],
)
def test_there_is_no_role_at_a_scope_that_is_not_there(cloud: Cloud, scope: str, status: int, code: str) -> None:
    assert code_of(put(cloud, scope, role_body(principal_of(cloud)))) == (status, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "InvalidRequestContent"),
        ({"properties": []}, "InvalidRequestContent"),
        ({"properties": {}, "kind": "x"}, "InvalidRequestContent"),
        ({"properties": {"principalId": NOBODY}}, "InvalidRequestContent"),
        ({"properties": {"roleDefinitionId": role_id(READER)}}, "InvalidRequestContent"),
        (role_body(NOBODY, more=1), "InvalidRequestContent"),
        (role_body(NOBODY, principalType="Robot"), "InvalidRequestContent"),
        (role_body(NOBODY, principalType=1), "InvalidRequestContent"),
        (role_body(NOBODY, description=1), "InvalidRequestContent"),
        (role_body(NOBODY, condition="x"), "InvalidConditionVersion"),
        (role_body(NOBODY, condition="x", conditionVersion="1.0"), "InvalidConditionVersion"),
        (role_body(NOBODY, condition=1, conditionVersion="2.0"), "InvalidRequestContent"),
        (role_body(NOBODY, delegatedManagedIdentityResourceId=IN_GROUP), "NotSupportedBySandbox"),
        (role_body(NOBODY, condition=None, principalType=""), "PrincipalNotFound"),
        (role_body("myVM"), "InvalidPrincipalId"),
        (role_body(NOBODY, "Reader"), "InvalidRoleDefinitionId"),
        (
            role_body(NOBODY) | {"properties": {"roleDefinitionId": READER, "principalId": NOBODY}},
            "InvalidRoleDefinitionId",
        ),
        (role_body(NOBODY, NOBODY), "RoleDefinitionDoesNotExist"),
        (role_body(NOBODY, scope="/"), "InvalidCreateRoleAssignmentRequest"),
    ],
)
def test_a_wrong_body_is_refused(cloud: Cloud, body: Any, code: str) -> None:
    assert code_of(put(cloud, IN_GROUP, body)) == (400, code)


def test_a_name_must_be_a_guid(cloud: Cloud) -> None:
    answer = cloud.send(
        "PUT",
        f"{IN_GROUP}/providers/Microsoft.Authorization/roleAssignments/mine?api-version={ROLES}",
        role_body(principal_of(cloud)),
    )
    assert code_of(answer) == (400, "InvalidRoleAssignmentId")


class TestTheDirectory:
    def test_it_knows_a_new_identity_some_seconds_late(self, cloud: Cloud) -> None:
        cloud.create_identity_resource(f"{IDENTITIES}/new")
        principal = principal_of(cloud, f"{IDENTITIES}/new")
        cloud.now += 5.9
        early = put(cloud, IN_GROUP, role_body(principal))
        assert code_of(early) == (400, "PrincipalNotFound")
        assert message_of(early).startswith(
            f"Principal {principal.replace('-', '')} does not exist in the directory {TENANT}."
        )
        cloud.now += 0.2
        assert put(cloud, IN_GROUP, role_body(principal)).status == 201

    def test_it_knows_a_new_system_assigned_identity_late(self, cloud: Cloud) -> None:
        principal = cloud.identify("myVM", "SystemAssigned").json()["identity"]["principalId"]
        assert code_of(put(cloud, IN_GROUP, role_body(principal))) == (400, "PrincipalNotFound")
        cloud.finish()
        assert put(cloud, IN_GROUP, role_body(principal)).status == 201

    @pytest.mark.parametrize("kind", ["ServicePrincipal", "serviceprincipal", "User", "Group"])
    def test_it_is_not_asked_where_the_type_is_said(self, cloud: Cloud, kind: str) -> None:
        made = put(cloud, IN_GROUP, role_body(NOBODY, principalType=kind))
        assert made.status == 201
        assert made.json()["properties"]["principalType"].lower() == kind.lower()

    def test_it_can_be_told_to_be_asked_always(self, tmp_path: Path) -> None:
        cloud = Cloud(tmp_path, strict_directory=True, directory_lag_seconds=20)
        cloud.create_identity_resource(f"{IDENTITIES}/new")
        body = role_body(principal_of(cloud, f"{IDENTITIES}/new"), principalType="ServicePrincipal")
        assert code_of(put(cloud, IN_GROUP, body)) == (400, "PrincipalNotFound")
        cloud.now += 20
        assert put(cloud, IN_GROUP, body).status == 201
        cloud.sandbox.close()

    def test_it_contradicts_who_says_the_wrong_type(self, cloud: Cloud) -> None:
        principal = principal_of(cloud)
        answer = put(cloud, IN_GROUP, role_body(principal, principalType="User"))
        assert code_of(answer) == (400, "UnmatchedPrincipalType")
        assert f"'{principal.replace('-', '')}' has type 'ServicePrincipal'" in message_of(answer)
        assert put(cloud, IN_GROUP, role_body(PERSON_ID)).json()["properties"]["principalType"] == "User"

    def test_an_assignment_outlives_its_principal(self, cloud: Cloud) -> None:
        principal = principal_of(cloud)
        put(cloud, IN_GROUP, role_body(principal))
        cloud.delete_identity(OTHER)
        assert listed(cloud, IN_GROUP, f"principalId eq '{principal}'") == [IN_GROUP]
        assert code_of(put(cloud, IN_SUBSCRIPTION, role_body(principal), 2)) == (400, "PrincipalNotFound")

    def test_a_system_assigned_identity_enabled_again_is_somebody_else(self, cloud: Cloud) -> None:
        before = cloud.vm("webVM")["identity"]["principalId"]
        put(cloud, IN_GROUP, role_body(before))
        cloud.identify("webVM", "None")
        cloud.finish()
        after = cloud.identify("webVM", "SystemAssigned").json()["identity"]["principalId"]
        assert listed(cloud, IN_GROUP, f"principalId eq '{before}'") == [IN_GROUP]
        assert listed(cloud, IN_GROUP, f"principalId eq '{after}'") == []
        assert code_of(put(cloud, IN_SUBSCRIPTION, role_body(before), 2)) == (400, "PrincipalNotFound")


class TestLists:
    @pytest.fixture
    def mine(self, cloud: Cloud) -> str:
        """A principal with a role at each level, beside another with one at the group."""
        mine = principal_of(cloud, MINE)
        for number, scope in enumerate((IN_SUBSCRIPTION, IN_GROUP, WEB_VM), 1):
            put(cloud, scope, role_body(mine), number)
        put(cloud, IN_GROUP, role_body(principal_of(cloud)), 9)
        return mine

    def test_a_list_shows_what_is_at_above_and_below_its_scope(self, cloud: Cloud, mine: str) -> None:
        condition = f"principalId eq '{mine}'"
        assert listed(cloud, IN_SUBSCRIPTION, condition) == [IN_SUBSCRIPTION, IN_GROUP, WEB_VM]
        assert listed(cloud, IN_GROUP, condition) == [IN_SUBSCRIPTION, IN_GROUP, WEB_VM]
        assert listed(cloud, WEB_VM, condition) == [IN_SUBSCRIPTION, IN_GROUP, WEB_VM]
        assert listed(cloud, f"{VMS}/myVM", condition) == [IN_SUBSCRIPTION, IN_GROUP]

    def test_at_scope_leaves_out_what_is_below(self, cloud: Cloud, mine: str) -> None:
        assert listed(cloud, IN_GROUP, f"atScope() and principalId eq '{mine}'") == [IN_SUBSCRIPTION, IN_GROUP]
        assert listed(cloud, IN_SUBSCRIPTION, f"assignedTo('{mine.upper()}') and atScope()") == [IN_SUBSCRIPTION]

    def test_without_a_filter_everybodys_are_shown(self, cloud: Cloud, mine: str) -> None:
        everybodys = [IN_SUBSCRIPTION, IN_SUBSCRIPTION, IN_GROUP, IN_GROUP, WEB_VM]
        assert sorted(listed(cloud, IN_GROUP)) == sorted(everybodys)
        assert sorted(listed(cloud, IN_GROUP, "atScope()", "2015-07-01")) == sorted(everybodys[:-1])

    @pytest.mark.parametrize("condition", ["roleName eq 'x'", "principalId()", "assignedTo eq 'x'", "atScope('x')"])
    def test_any_other_filter_is_refused(self, cloud: Cloud, condition: str) -> None:
        url = f"{IN_GROUP}/providers/Microsoft.Authorization/roleAssignments?$filter={condition}&api-version={ROLES}"
        assert code_of(cloud.send("GET", url)) == (400, "NotSupportedBySandbox")

    def test_there_is_none_at_a_vm_that_is_not_there(self, cloud: Cloud) -> None:
        url = f"{VMS}/no/providers/Microsoft.Authorization/roleAssignments?api-version={ROLES}"
        assert code_of(cloud.send("GET", url)) == (404, "ResourceNotFound")


def test_a_hundred_are_written_in_a_minute(cloud: Cloud) -> None:
    url = assignment_url(IN_GROUP)
    answers = [cloud.send("DELETE", url) for _ in range(101)]
    assert {answer.status for answer in answers[:-1]} == {204}
    assert code_of(answers[-1]) == (429, "ResourceRequestsThrottled")
    assert answers[-1].headers["retry-after"] == "1"
    cloud.now += 1
    assert cloud.send("DELETE", url).status == 204


def test_a_vm_may_be_named_by_an_id_in_any_case(cloud: Cloud) -> None:
    assert put(cloud, WEB_VM.lower(), role_body(principal_of(cloud))).status == 201
    assert cloud.send("GET", f"{WEB_VM}?api-version={COMPUTE}").status == 200
