"""Roles that come with an identity, and roles that an identity leaves behind."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import requests

from tests.program import (
    GROUP,
    WIDE_TERMINAL,
    Program,
    answering,
    answering_with,
    identity_id,
    interrupting,
    losing_the_answer,
    losing_the_request,
    vm_id,
)
from vmident.sandbox.sandbox import SUBSCRIPTION
from vmident.sandbox.tenant import PERSON_ID

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
WRITES = {"PUT", "PATCH", "DELETE"}
NOT_REPLICATED = answering(400, "PrincipalNotFound", "Principal 0123 does not exist in the directory 4567.")


def assignments_of(program: Program, principal: str) -> list[tuple[str, str]]:
    """The (role GUID, scope) pairs that Azure holds for a principal, sorted."""
    url = f"{IN_SUBSCRIPTION}/{ASSIGNMENTS}"
    listed = program.colleague("GET", url, version=f"2022-04-01&$filter=principalId eq '{principal}'").json()
    held = [one["properties"] for one in listed["value"]]
    return sorted((one["roleDefinitionId"].rsplit("/", 1)[-1], one["scope"]) for one in held)


def give(program: Program, principal: str, role: str, scope: str) -> str:
    """Have a colleague grant a role; gives the assignment's id."""
    assignment_id = f"{scope}/{ASSIGNMENTS}/{uuid.uuid4()}"
    properties = {
        "roleDefinitionId": f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        "principalId": principal,
        "principalType": "ServicePrincipal",
    }
    made = program.colleague("PUT", assignment_id, {"properties": properties}, version="2022-04-01")
    assert made.status == 201, made.body
    return assignment_id


def principal_of(program: Program, vm: str) -> str:
    return str(program.identity_of(vm)["principalId"])


def roles_in(document: Any) -> list[tuple[str, str, str]]:
    return [(one["role"], one["scope"], one["status"]) for one in document["roleAssignments"]]


# --- with an identity


def test_enabling_grants_every_role_at_every_scope(program: Program) -> None:
    outcome = program("enable-system myVM --role reader --role Contributor --scope group --scope subscription")

    assert (outcome.code, outcome.err) == (0, "")
    assert sorted(roles_in(outcome.json)) == sorted(
        [
            ("Reader", IN_GROUP, "granted"),
            ("Contributor", IN_GROUP, "granted"),
            ("Reader", IN_SUBSCRIPTION, "granted"),
            ("Contributor", IN_SUBSCRIPTION, "granted"),
        ]
    )
    principal = outcome.json["after"]["principalId"]
    assert {one["principalId"] for one in outcome.json["roleAssignments"]} == {principal}
    assert assignments_of(program, principal) == sorted(
        (role, scope) for role in (READER, CONTRIBUTOR) for scope in (IN_GROUP, IN_SUBSCRIPTION)
    )


def test_a_second_time_changes_nothing_and_writes_nothing(program: Program) -> None:
    first = program(f"enable-system myVM --role {READER} --scope group")
    second = program("enable-system myVM --role Reader --scope GROUP")

    assert second.code == 0
    assert (second.json["status"], roles_in(second.json)) == ("unchanged", [("Reader", IN_GROUP, "existing")])
    assert not WRITES & {one.method for one in program.sent}
    assert len(assignments_of(program, first.json["after"]["principalId"])) == 1


def test_a_role_can_be_granted_to_an_identity_that_was_there_before(program: Program) -> None:
    outcome = program("enable-system webVM --role Reader --scope group")

    assert (outcome.code, outcome.json["status"], outcome.json["request"]) == (0, "changed", None)
    assert assignments_of(program, principal_of(program, "webVM")) == [(READER, IN_GROUP)]


def test_user_assigned_identities_that_are_named_get_the_role_and_the_others_do_not(program: Program) -> None:
    outcome = program("add-user appVM --identity otherIdentity --role Reader --scope group")

    users = outcome.json["after"]["userAssignedIdentities"]
    other, mine = (users[identity_id(name)]["principalId"] for name in ("otherIdentity", "myUserAssignedIdentity"))
    assert outcome.code == 0
    assert assignments_of(program, other) == [(READER, IN_GROUP)]
    assert assignments_of(program, mine) == []
    assert assignments_of(program, principal_of(program, "appVM")) == []


def test_a_preview_names_the_roles_and_grants_none(program: Program) -> None:
    outcome = program("enable-system myVM --role Reader --scope group --dry-run")

    assert (outcome.code, outcome.json["status"]) == (0, "planned")
    assert roles_in(outcome.json) == [("Reader", IN_GROUP, "planned")]
    assert outcome.json["roleAssignments"][0]["principalId"] is None
    assert not WRITES & {one.method for one in program.sent}


def test_a_role_for_an_identity_that_is_there_makes_a_preview_planned(program: Program) -> None:
    outcome = program("enable-system webVM --role Reader --scope group --dry-run")
    assert (outcome.json["status"], outcome.json["request"]) == ("planned", None)


@pytest.mark.parametrize(
    ("words", "lacking"), [("--role Reader", "--scope"), ("--scope group", "--role")], ids=["no scope", "no role"]
)
def test_a_role_without_a_scope_or_a_scope_without_a_role_is_shown_an_example(
    program: Program, words: str, lacking: str
) -> None:
    outcome = program(f"enable-system myVM {words}")

    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    assert lacking in outcome.error["message"]
    assert "vmident enable-system myVM --role Reader --scope group" in outcome.error["hint"]


@pytest.mark.parametrize("scope", ["groups", "/subscriptions", f"{IN_GROUP}/providers/Microsoft.Compute"])
def test_what_is_no_scope_is_refused_before_anything_is_sent(program: Program, scope: str) -> None:
    outcome = program(f"enable-system myVM --role Reader --scope {scope}")
    assert (outcome.code, program.sent) == (2, [])


def test_a_role_that_is_not_there_is_said_before_anything_is_written(program: Program) -> None:
    outcome = program("enable-system myVM --role Raeder --scope group")

    assert (outcome.code, program.patches) == (3, [])
    assert "'Reader'" in outcome.json["error"]["message"]
    assert outcome.json["error"]["code"] == "role-not-found"


def test_roles_are_not_granted_without_waiting(program: Program) -> None:
    outcome = program("enable-system myVM --role Reader --scope group --no-wait")
    assert (outcome.code, program.sent) == (2, [])


# --- trouble on the way


def test_a_principal_that_the_directory_does_not_know_for_20_seconds_is_waited_out(program: Program) -> None:
    began = program.time.now

    def not_yet(request: requests.PreparedRequest, onward: Any) -> requests.Response:
        return NOT_REPLICATED(request, onward) if program.time.now < began + 20 else onward()

    program.when("PUT", "roleAssignments", not_yet, times=1000)
    outcome = program("enable-system myVM --role Reader --scope group")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert 20 <= program.time.now - began < 40
    assert assignments_of(program, outcome.json["after"]["principalId"]) == [(READER, IN_GROUP)]


def test_a_principal_that_the_directory_never_knows_fails_loudly_and_a_second_run_finishes(program: Program) -> None:
    program.when("PUT", "roleAssignments", NOT_REPLICATED, times=1000)
    outcome = program("enable-system myVM --role Reader --scope group")
    program.rules.clear()

    assert (outcome.code, outcome.json["status"]) == (1, "failed")
    error = outcome.json["error"]
    assert error["code"] == "PrincipalNotFound"
    assert "these roles were not granted: 'Reader'" in error["message"]
    assert error["hint"] == (
        f"To complete the change: vmident enable-system myVM -g {GROUP} --role Reader --scope {IN_GROUP}"
    )
    assert outcome.json["after"]["type"] == "SystemAssigned"
    assert roles_in(outcome.json) == [("Reader", IN_GROUP, "failed")]

    again = program(error["hint"].removeprefix("To complete the change: vmident "))
    assert (again.code, again.json["status"], again.json["before"]) == (0, "changed", outcome.json["after"])
    assert assignments_of(program, principal_of(program, "myVM")) == [(READER, IN_GROUP)]


@pytest.mark.parametrize("trouble", [losing_the_answer, losing_the_request, answering(503), answering(429)])
def test_a_grant_whose_answer_is_lost_is_made_once(program: Program, trouble: Any) -> None:
    program.when("PUT", "roleAssignments", trouble)
    outcome = program("enable-system myVM --role Reader --scope group")

    assert (outcome.code, roles_in(outcome.json)) == (0, [("Reader", IN_GROUP, "granted")])
    assert assignments_of(program, outcome.json["after"]["principalId"]) == [(READER, IN_GROUP)]


def test_killed_between_identity_and_role_the_same_command_finishes_and_doubles_nothing(program: Program) -> None:
    program.when("PUT", "roleAssignments", interrupting)
    killed = program("enable-system myVM --role Reader --scope group")
    assert killed.code == 130
    assert "was changed, but these roles were not granted:" in killed.json["error"]["message"]
    principal = principal_of(program, "myVM")

    again = program("enable-system myVM --role Reader --scope group")
    assert (again.code, again.json["status"], program.patches) == (0, "changed", [])
    assert principal_of(program, "myVM") == principal
    assert assignments_of(program, principal) == [(READER, IN_GROUP)]


def test_an_assignment_that_somebody_else_made_is_success(program: Program) -> None:
    give(program, principal_of(program, "webVM"), READER, IN_GROUP)
    # As if it had been made after it was looked for.
    program.when("GET", "roleAssignments?", answering_with(200, {"value": []}))
    outcome = program("enable-system webVM --role Reader --scope group")

    assert (outcome.code, roles_in(outcome.json)) == (0, [("Reader", IN_GROUP, "existing")])
    assert len(assignments_of(program, principal_of(program, "webVM"))) == 1


def test_somebody_who_may_not_grant_roles_changes_nothing(program: Program) -> None:
    program.sandbox.limit_person([("Contributor", IN_SUBSCRIPTION)])
    outcome = program("enable-system myVM --role Reader --scope group")

    assert (outcome.code, program.patches) == (4, [])
    assert "roleAssignments/write" in outcome.json["error"]["message"]
    assert "Role Based Access Control Administrator" in outcome.json["error"]["hint"]
    assert program.identity_of("myVM") is None


def test_somebody_who_may_not_assign_the_identity_changes_nothing_and_is_told_the_role(program: Program) -> None:
    program.sandbox.limit_person([("Virtual Machine Contributor", IN_SUBSCRIPTION), ("Reader", IN_SUBSCRIPTION)])
    outcome = program("add-user myVM --identity otherIdentity")

    error = outcome.json["error"]
    assert (outcome.code, error["code"], error["status"]) == (4, "LinkedAuthorizationFailed", 403)
    assert "assign/action" in error["message"]
    assert "'Managed Identity Operator'" in error["hint"]
    assert f"az role assignment create --assignee {PERSON_ID}" in error["hint"]
    assert identity_id("otherIdentity") in error["hint"]
    assert program.identity_of("myVM") is None


def test_whoever_may_grant_roles_on_the_group_alone_can_grant_one_there(program: Program) -> None:
    program.sandbox.limit_person(
        [
            ("Virtual Machine Contributor", IN_SUBSCRIPTION),
            ("Reader", IN_GROUP),
            ("Role Based Access Control Administrator", IN_GROUP),
        ]
    )
    outcome = program("enable-system webVM --role Reader --scope group")
    assert (outcome.code, roles_in(outcome.json)) == (0, [("Reader", IN_GROUP, "granted")])


# --- what an identity leaves behind


def two_roles(program: Program, vm: str = "webVM") -> str:
    principal = principal_of(program, vm)
    give(program, principal, READER, IN_GROUP)
    give(program, principal, CONTRIBUTOR, vm_id("myVM"))
    return principal


@pytest.mark.parametrize("words", ["disable-system webVM", "set webVM --type none"])
def test_off_a_terminal_roles_that_will_point_at_nobody_are_listed_and_left(program: Program, words: str) -> None:
    principal = two_roles(program)
    outcome = program(f"{words} --yes")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    listed = [("Contributor", vm_id("myVM"), "orphaned"), ("Reader", IN_GROUP, "orphaned")]
    assert sorted(roles_in(outcome.json)) == listed
    warnings = [one["message"] for one in outcome.json["warnings"] if one["code"] == "roles-orphaned"]
    assert len(warnings) == 2
    assert all("--remove-roles" in message for message in warnings)
    assert len(assignments_of(program, principal)) == 2


@pytest.mark.parametrize("words", ["disable-system webVM", "set webVM --type none"])
def test_with_remove_roles_they_are_gone(program: Program, words: str) -> None:
    principal = two_roles(program)
    others = principal_of(program, "appVM")
    give(program, others, READER, IN_GROUP)
    outcome = program(f"{words} --yes --remove-roles")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert {status for _, _, status in roles_in(outcome.json)} == {"removed"}
    assert assignments_of(program, principal) == []
    assert assignments_of(program, others) == [(READER, IN_GROUP)]


def test_on_a_terminal_they_are_named_and_asked_about(program: Program, typing: Any) -> None:
    principal = two_roles(program)
    program.terminal = WIDE_TERMINAL
    typing("y\ny\n")
    outcome = program("disable-system webVM")

    assert outcome.code == 0
    assert "! Role assignment 'Reader' on resource group 'myResourceGroup' will be orphaned." in outcome.err
    assert "Delete the 2 role assignments that would be orphaned? [y/N]" in outcome.err
    assert "- role 'Reader' on resource group 'myResourceGroup'" in outcome.out
    assert assignments_of(program, principal) == []


def test_no_to_the_second_question_leaves_them(program: Program, typing: Any) -> None:
    principal = two_roles(program)
    program.terminal = WIDE_TERMINAL
    typing("y\nn\n")
    outcome = program("disable-system webVM")

    assert outcome.code == 0
    assert len(assignments_of(program, principal)) == 2


def test_detaching_an_identity_leaves_its_roles_alone(program: Program) -> None:
    principal = program.colleague("GET", identity_id("myUserAssignedIdentity")).json()["properties"]["principalId"]
    give(program, principal, READER, IN_GROUP)
    assert program("remove-user dbVM --all-identities --yes --remove-roles").code == 2
    outcome = program("remove-user dbVM --all-identities --yes")

    assert (outcome.code, "roleAssignments" in outcome.json) == (0, False)
    assert assignments_of(program, principal) == [(READER, IN_GROUP)]


def test_a_role_that_cannot_be_deleted_is_said_with_the_command_that_does_it(program: Program) -> None:
    two_roles(program)
    program.when("DELETE", "roleAssignments", answering(403, "AuthorizationFailed", "No."), times=1)
    outcome = program("disable-system webVM --yes --remove-roles")

    assert (outcome.code, outcome.json["status"]) == (4, "failed")
    assert sorted(status for _, _, status in roles_in(outcome.json)) == ["failed", "removed"]
    assert "az role assignment delete --ids" in outcome.json["error"]["hint"]
    assert program.identity_of("webVM") is None


def test_roles_that_cannot_be_read_are_a_warning_and_no_obstacle(program: Program) -> None:
    program.when("GET", "roleAssignments", answering(403, "AuthorizationFailed", "No."))
    outcome = program("disable-system webVM --yes")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert "roles-unknown" in [one["code"] for one in outcome.json["warnings"]]


def test_a_list_that_goes_on_elsewhere_is_not_followed(program: Program) -> None:
    page = {"value": [], "nextLink": "https://evil.example/next?api-version=2022-04-01"}
    program.when("GET", "roleAssignments", answering_with(200, page))
    outcome = program("disable-system webVM --yes --remove-roles")

    assert (outcome.code, program.patches) == (1, [])
    assert "links to another host" in outcome.json["error"]["message"]
    assert not [one for one in program.sent if "evil.example" in one.url]


# --- with an identity that is made


def test_an_identity_is_made_with_its_roles_and_a_second_run_finds_nothing_to_do(program: Program) -> None:
    words = f"identity create newId -g {GROUP} --role Reader --scope group"
    first, second = program(words), program(words)

    assert (first.code, first.json["status"], roles_in(first.json)) == (0, "changed", [("Reader", IN_GROUP, "granted")])
    assert assignments_of(program, first.json["principalId"]) == [(READER, IN_GROUP)]
    assert (second.code, second.json["status"]) == (0, "unchanged")
    assert roles_in(second.json) == [("Reader", IN_GROUP, "existing")]
    assert not WRITES & {one.method for one in program.sent}


def test_an_identity_without_its_role_is_failed_and_the_hint_finishes(program: Program) -> None:
    program.when("PUT", "roleAssignments", NOT_REPLICATED, times=1000)
    outcome = program(f"identity create newId -g {GROUP} --role Reader --scope group")
    program.rules.clear()

    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (1, "failed", "PrincipalNotFound")
    hint = outcome.json["error"]["hint"]
    assert hint == f"To complete the change: vmident identity create newId -g {GROUP} --role Reader --scope {IN_GROUP}"
    again = program(hint.removeprefix("To complete the change: vmident "))
    assert (again.code, roles_in(again.json)) == (0, [("Reader", IN_GROUP, "granted")])


def test_a_preview_of_an_identity_with_roles_makes_neither(program: Program) -> None:
    outcome = program(f"identity create newId -g {GROUP} --role Reader --scope group --dry-run")
    assert (outcome.json["status"], roles_in(outcome.json)) == ("planned", [("Reader", IN_GROUP, "planned")])
    assert not WRITES & {one.method for one in program.sent}


def test_whoever_may_not_grant_the_role_makes_no_identity(program: Program) -> None:
    program.sandbox.limit_person([("Contributor", IN_SUBSCRIPTION)])
    outcome = program(f"identity create newId -g {GROUP} --role Reader --scope group")
    assert outcome.code == 4
    assert not WRITES & {one.method for one in program.sent}
