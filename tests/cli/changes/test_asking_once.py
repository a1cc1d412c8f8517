"""Commands about several VMs: what is the same for all of them is asked for once, and what may have changed is not."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.program import GROUP, Program, answering, answering_with, identity_id, letting_in, losing_the_answer, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION

NAMES = [f"vm-{number:05}" for number in range(1, 9)]
VMS = f"{' '.join(NAMES)} -g {GROUP}"
IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}"
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


@pytest.fixture
def several(program: Program) -> Program:
    program.operation_seconds = 0.0
    program.sandbox.add_vms(len(NAMES))
    return program


def overrides(program: Program, part: str) -> int:
    return sum(one.method in {"GET", "POST"} and part.lower() in one.url.lower() for one in program.sent)


def give(program: Program, principal: str, scope: str = IN_GROUP, role: str = READER) -> str:
    """Have a colleague grant a role; gives the assignment's id."""
    assignment_id = f"{scope}/{ASSIGNMENTS}/{uuid.uuid4()}"
    definition = f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal"}
    assert program.colleague("PUT", assignment_id, {"properties": properties}, version="2022-04-01").status == 201
    return assignment_id


def assignments(program: Program, principal: str) -> list[str]:
    url = f"{IN_SUBSCRIPTION}/{ASSIGNMENTS}"
    listed = program.colleague("GET", url, version=f"2022-04-01&$filter=principalId eq '{principal}'").json()
    return [one["id"] for one in listed["value"]]


def test_an_identity_in_the_group_of_the_vms_is_looked_up_once(several: Program) -> None:
    assert several(f"add-user {VMS} --identity otherIdentity --identity OTHERidentity").code == 0
    assert overrides(several, "userAssignedIdentities") == 1


def test_an_identity_elsewhere_is_looked_up_once(several: Program) -> None:
    several.sandbox.add_group("otherGroup")
    several.sandbox.add_identity("otherGroup", "farIdentity")
    several.time.sleep(60)
    assert several(f"add-user {VMS} --identity farIdentity").code == 0
    assert (overrides(several, "userAssignedIdentities"), overrides(several, "ResourceGraph")) == (2, 0)


def test_a_mistyped_identity_is_looked_for_once(several: Program) -> None:
    outcome = several(f"add-user {VMS} --identity otherIdentiti")
    assert (outcome.code, several.patches) == (3, [])
    assert all("'otherIdentity'" in one["error"]["message"] for one in outcome.json)
    # By its id, in the list, and in that of names like it.
    assert (overrides(several, "userAssignedIdentities"), overrides(several, "ResourceGraph")) == (3, 0)


def test_a_role_and_what_an_identity_holds_are_looked_up_once(several: Program) -> None:
    several(f"add-user {VMS} --identity otherIdentity")
    words = f"add-user {VMS} --identity {identity_id('otherIdentity')} --role Reader --scope group"
    outcome = several(f"{words} --dry-run")
    assert {one["status"] for one in outcome.json} == {"planned"}
    assert [overrides(several, part) for part in ("roleDefinitions", "roleAssignments", "permissions")] == [1, 1, 1]
    assert several(words).code == 0


def test_a_mistyped_role_is_looked_for_once(several: Program) -> None:
    outcome = several(f"enable-system {VMS} --role Raeder --scope group")
    assert (outcome.code, {one["error"]["code"] for one in outcome.json}) == (3, {"role-not-found"})
    assert overrides(several, "roleDefinitions") == 2


MANY = [f"vm-{number:05}" for number in range(1, 41)]
ALL = f"{' '.join(MANY)} -g {GROUP}"


@pytest.fixture
def many(program: Program) -> Program:
    """Forty VMs with principals of their own, of which the last holds a role on the group and one at the VM itself."""
    program.operation_seconds = 0.0
    program.sandbox.add_vms(len(MANY))
    assert program(f"enable-system {ALL}").code == 0
    principal = program.identity_of(MANY[-1])["principalId"]
    give(program, principal)
    give(program, principal, scope=vm_id(MANY[-1]))
    return program


@pytest.mark.parametrize("words", ["disable-system", "set --type none"])
def test_what_many_principals_hold_is_looked_up_in_one_list(many: Program, words: str) -> None:
    alone = many(f"{words} {MANY[-1]} -g {GROUP} --dry-run").json
    outcome = many(f"{words} {ALL} --dry-run")
    assert outcome.json[-1] == alone
    assert len(alone["roleAssignments"]) == 2
    assert not any("roleAssignments" in one for one in outcome.json[:-1])
    assert overrides(many, "roleAssignments") == 11


def test_roles_that_the_list_names_are_removed(many: Program) -> None:
    principal = many.identity_of(MANY[-1])["principalId"]
    others = many.colleague("GET", identity_id("otherIdentity")).json()["properties"]["principalId"]
    kept = give(many, others)
    outcome = many(f"disable-system {ALL} --remove-roles --yes")
    assert (outcome.code, {one["status"] for one in outcome.json}) == (0, {"changed"})
    assert [one["status"] for one in outcome.json[-1]["roleAssignments"]] == ["removed", "removed"]
    assert (assignments(many, principal), assignments(many, others)) == ([], [kept])


def unfiltered() -> str:
    return "roleAssignments?api-version"


@pytest.mark.parametrize("trouble", [answering(403, "AuthorizationFailed"), answering_with(200, {"value": [{}]})])
def test_where_assignments_cannot_be_listed_each_principal_is_asked_for(many: Program, trouble: Any) -> None:
    listed = many(f"disable-system {ALL} --dry-run").json
    many.when("GET", unfiltered(), trouble)
    assert many(f"disable-system {ALL} --dry-run").json == listed
    assert overrides(many, "roleAssignments") == 41


def test_where_nobody_is_signed_in_any_more_the_list_says_so(many: Program) -> None:
    many.when("GET", unfiltered(), answering(401, "InvalidAuthenticationToken"))
    outcome = many(f"disable-system {ALL} --dry-run")
    assert [one["error"]["code"] for one in outcome.json if one["error"]] == ["InvalidAuthenticationToken"]


def test_roles_for_many_that_have_their_identity_are_looked_up_in_one_list(many: Program) -> None:
    outcome = many(f"enable-system {ALL} --role Reader --scope group --dry-run")
    statuses = [one["roleAssignments"][0]["status"] for one in outcome.json]
    assert statuses == ["planned"] * 39 + ["existing"]
    assert overrides(many, "roleAssignments") == 11


def test_what_is_granted_while_a_change_is_worked_out_again_is_seen(several: Program) -> None:
    several(f"enable-system {VMS}")
    principal = several.identity_of(NAMES[0])["principalId"]
    given: list[str] = []

    def colleague() -> None:
        given.append(give(several, principal))
        several.colleague("PATCH", vm_id(NAMES[0]), {"tags": {"a": "b"}})

    several.when("PATCH", NAMES[0], letting_in(colleague))
    outcome = several(f"disable-system {VMS} --yes --remove-roles")

    assert outcome.code == 0
    assert [(one["id"], one["status"]) for one in outcome.json[0]["roleAssignments"]] == [(given[0], "removed")]
    assert assignments(several, principal) == []


def test_a_grant_whose_answer_is_lost_is_looked_for(several: Program) -> None:
    several.when("PUT", "roleAssignments", losing_the_answer)
    outcome = several(f"enable-system {VMS} --role Reader --scope group")
    assert (outcome.code, [one["roleAssignments"][0]["status"] for one in outcome.json]) == (0, ["granted"] * 8)
    assert sum(one.method == "PUT" for one in several.sent) == 8
