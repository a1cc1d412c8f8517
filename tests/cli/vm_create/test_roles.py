"""Roles that come with a new VM: in its deployment where that reaches, afterwards elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.vm_create.scenario import CREATE, IN_GROUP, deployments_sent, give_key, resources_sent, writes
from tests.program import GROUP, Program, answering, identity_id, losing_the_answer, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"


@pytest.fixture(autouse=True)
def _with_a_key(program: Program) -> None:
    give_key(program)


def assignments_of(program: Program, principal: str) -> list[tuple[str, str]]:
    """The (role GUID, scope) pairs that Azure holds for a principal, sorted."""
    url = f"{IN_SUBSCRIPTION}/{ASSIGNMENTS}"
    listed = program.colleague("GET", url, version=f"2022-04-01&$filter=principalId eq '{principal}'").json()
    held = [one["properties"] for one in listed["value"]]
    return sorted((one["roleDefinitionId"].rsplit("/", 1)[-1], one["scope"]) for one in held)


def roles_in(document: Any) -> list[tuple[str, str, str]]:
    return [(one["role"], one["scope"], one["status"]) for one in document["roleAssignments"]]


def test_a_role_on_the_group_is_part_of_the_one_deployment(program: Program) -> None:
    outcome = program(f"{CREATE} --system --role reader --scope group")

    assert (outcome.code, outcome.err) == (0, "")
    assert roles_in(outcome.json) == [("Reader", IN_GROUP, "granted")]
    principal = outcome.json["identity"]["principalId"]
    assert outcome.json["roleAssignments"][0]["principalId"] == principal
    assert assignments_of(program, principal) == [(READER, IN_GROUP)]
    assert len(writes(program)) == 1
    made = program.colleague("GET", outcome.json["roleAssignments"][0]["id"], version="2022-04-01").json()
    assert made["properties"]["principalId"] == principal


def test_a_role_on_a_resource_of_the_group_is_part_of_it_too(program: Program) -> None:
    outcome = program(f"{CREATE} --system --role Reader --scope {vm_id('myVM')}")
    assert assignments_of(program, outcome.json["identity"]["principalId"]) == [(READER, vm_id("myVM"))]
    assert len(writes(program)) == 1
    assert resources_sent(program)["roleAssignments"]["scope"] == vm_id("myVM")


def test_a_role_beyond_the_group_is_granted_when_the_vm_is_there(program: Program) -> None:
    outcome = program(f"{CREATE} --system --role Reader --scope subscription --scope group")
    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert sorted(roles_in(outcome.json)) == [
        ("Reader", IN_SUBSCRIPTION, "granted"),
        ("Reader", IN_GROUP, "granted"),
    ]
    principal = outcome.json["identity"]["principalId"]
    assert assignments_of(program, principal) == [(READER, IN_SUBSCRIPTION), (READER, IN_GROUP)]
    assert len(writes(program)) == 2


def test_without_a_system_assigned_identity_the_named_ones_get_the_role(program: Program) -> None:
    outcome = program(f"{CREATE} --identity otherIdentity --role Reader --scope group")
    principal = outcome.json["identity"]["userAssignedIdentities"][identity_id("otherIdentity")]["principalId"]
    assert assignments_of(program, principal) == [(READER, IN_GROUP)]
    assert roles_in(outcome.json) == [("Reader", IN_GROUP, "granted")]


def test_beside_a_system_assigned_identity_they_do_not(program: Program) -> None:
    outcome = program(f"{CREATE} --system --identity otherIdentity --role Reader --scope group")
    user = outcome.json["identity"]["userAssignedIdentities"][identity_id("otherIdentity")]["principalId"]
    assert assignments_of(program, user) == []
    assert assignments_of(program, outcome.json["identity"]["principalId"]) == [(READER, IN_GROUP)]


def test_a_role_that_is_not_granted_fails_the_command_and_says_how_to_finish(program: Program) -> None:
    program.when("PUT", f"/{ASSIGNMENTS}/", answering(400, "RoleDefinitionDoesNotExist"), times=9)
    outcome = program(f"{CREATE} --system --role Reader --scope subscription")

    assert (outcome.code, outcome.json["status"]) == (1, "failed")
    assert outcome.json["identity"]["type"] == "SystemAssigned"
    assert outcome.json["error"]["message"].startswith("VM 'newVM' was changed, but these roles were not granted: ")
    command = outcome.json["error"]["hint"].partition("To complete the change: vmident ")[2]
    program.rules.clear()
    assert program(command).code == 0
    assert assignments_of(program, outcome.json["identity"]["principalId"]) == [(READER, IN_SUBSCRIPTION)]


def test_a_role_that_fails_in_the_deployment_leaves_the_vm_and_says_how_to_finish(program: Program) -> None:
    role = f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    program.when("PUT", "/deployments/", naming_another_role(role))
    outcome = program(f"{CREATE} --system --role Reader --scope group")

    assert (outcome.code, outcome.json["status"]) == (1, "failed")
    message = outcome.json["error"]["message"]
    assert message.startswith("VM 'newVM' was created, but other resources failed: Microsoft.Authorization/")
    command = outcome.json["error"]["hint"].partition("To complete the change: vmident ")[2]
    assert program(command).code == 0
    principal = program.identity_of("newVM")["principalId"]
    assert assignments_of(program, principal) == [(READER, IN_GROUP)]


def naming_another_role(role: str) -> Any:
    """Have the deployment name a role that is not there."""

    def act(request: Any, onward: Any) -> Any:
        body = request.body if isinstance(request.body, bytes) else request.body.encode()
        request.prepare_body(body.replace(role.encode(), role.replace("acdd72a7", "00000000").encode()), None)
        return onward()

    return act


def test_a_lost_answer_does_not_double_the_roles(program: Program) -> None:
    program.when("PUT", "/deployments/", losing_the_answer)
    outcome = program(f"{CREATE} --system --role Reader --scope group")
    assert len(deployments_sent(program)) == 1
    assert assignments_of(program, outcome.json["identity"]["principalId"]) == [(READER, IN_GROUP)]


def test_a_dry_run_plans_the_roles(program: Program) -> None:
    outcome = program(f"{CREATE} --system --role Reader --scope group --scope subscription --dry-run")
    assert roles_in(outcome.json) == [("Reader", IN_GROUP, "planned"), ("Reader", IN_SUBSCRIPTION, "planned")]
    assert writes(program) == []
    kinds = [one["type"] for one in outcome.json["template"]["resources"]]
    assert kinds.count("Microsoft.Authorization/roleAssignments") == 1


def test_roles_that_follow_do_not_go_with_no_wait(program: Program) -> None:
    outcome = program(f"{CREATE} --system --role Reader --scope subscription --no-wait")
    assert (outcome.code, outcome.error["code"], writes(program)) == (2, "usage", [])
    internal = program(f"{CREATE} --system --role Reader --scope group --no-wait")
    assert (internal.code, internal.json["status"]) == (0, "accepted")


def test_a_role_that_nobody_knows_is_said_before_anything_is_sent(program: Program) -> None:
    outcome = program(f"{CREATE} --system --role Raeder --scope group")
    assert (outcome.code, outcome.error["code"], writes(program)) == (3, "role-not-found", [])


def test_a_person_who_may_not_grant_is_told_so_before_anything_is_sent(program: Program) -> None:
    program.sandbox.limit_person([("Contributor", f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}")])
    outcome = program(f"{CREATE} --system --role Reader --scope group")
    assert (outcome.code, outcome.error["code"], writes(program)) == (4, "not-allowed", [])


def test_a_person_who_may_not_assign_an_identity_is_told_so(program: Program) -> None:
    program.sandbox.limit_person([("Virtual Machine Contributor", IN_GROUP), ("Network Contributor", IN_GROUP)])
    outcome = program(f"{CREATE} --identity otherIdentity")
    assert outcome.code == 4
