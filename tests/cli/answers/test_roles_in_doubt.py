"""Role assignments and identities after an answer that is neither a success nor a refusal: they are read back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.answers.test_answers_in_doubt import STRANGE, _after_it_was_done
from tests.cli.vm_create.scenario import CREATE, IN_GROUP, give_key
from tests.program import (
    GROUP,
    TERMINAL,
    Misbehaviour,
    Program,
    answering,
    answering_with,
    identity_id,
    losing_the_answer,
    losing_the_request,
)
from vmident.core.rbac.scope import Scope
from vmident.sandbox.sandbox import SUBSCRIPTION

ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
OTHER = "otherIdentity"
# An empty answer to a DELETE is what Azure itself sends.
OF_A_DELETE = {name: act for name, act in STRANGE.items() if name != "nothing at all"} | {"lost": losing_the_answer}
OF_A_PUT = STRANGE | {
    "lost": losing_the_answer,
    "another assignment": answering_with(201, {"id": f"/x/{ASSIGNMENTS}/1", "properties": {"principalId": "p"}}),
}


def assignments(program: Program) -> list[str]:
    path = f"/subscriptions/{SUBSCRIPTION}/{ASSIGNMENTS}"
    listed = program.colleague("GET", path, version="2022-04-01").json()["value"]
    return [one["id"] for one in listed if one["properties"]["scope"].endswith(GROUP)]


def sent(program: Program, method: str) -> int:
    return sum(one.method == method for one in program.sent)


@pytest.mark.parametrize("was_done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("act", OF_A_PUT.values(), ids=OF_A_PUT)
def test_a_role_whose_answer_is_strange_is_looked_up_before_it_is_granted_again(
    program: Program, act: Misbehaviour, was_done: bool
) -> None:
    program.when("PUT", ASSIGNMENTS, _after_it_was_done(act) if was_done else act)

    outcome = program(f"enable-system webVM -g {GROUP} --role Reader --scope group")

    assert (outcome.code, [one["status"] for one in outcome.json["roleAssignments"]]) == (0, ["granted"])
    assert [one["id"] for one in outcome.json["roleAssignments"]] == assignments(program)
    assert sent(program, "PUT") == (1 if was_done or act is losing_the_answer else 2)


@pytest.mark.parametrize("act", OF_A_PUT.values(), ids=OF_A_PUT)
def test_a_role_that_only_strange_answers_are_given_about_is_unknown_and_never_granted(
    program: Program, act: Misbehaviour
) -> None:
    if act is losing_the_answer:
        return
    program.when("PUT", ASSIGNMENTS, act, times=99)

    outcome = program(f"enable-system webVM -g {GROUP} --role Reader --scope group")

    assert (outcome.code, outcome.json["status"], assignments(program)) == (1, "unknown", [])
    assert [one["status"] for one in outcome.json["roleAssignments"]] == ["unknown"]
    assert "vmident runs resume" in outcome.err
    program.rules.clear()
    assert program("runs resume").code == 0
    assert len(assignments(program)) == 1


@pytest.mark.parametrize("was_done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("act", OF_A_DELETE.values(), ids=OF_A_DELETE)
def test_a_role_is_said_to_be_removed_only_where_it_is_gone(
    program: Program, act: Misbehaviour, was_done: bool
) -> None:
    assert program(f"enable-system webVM -g {GROUP} --role Reader --scope group").code == 0
    program.when("DELETE", ASSIGNMENTS, _after_it_was_done(act) if was_done else act)

    outcome = program(f"disable-system webVM -g {GROUP} --remove-roles --yes")

    assert (outcome.code, [one["status"] for one in outcome.json["roleAssignments"]]) == (0, ["removed"])
    assert assignments(program) == []


@pytest.mark.parametrize("was_done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("act", OF_A_DELETE.values(), ids=OF_A_DELETE)
def test_an_identity_is_said_to_be_deleted_only_where_it_is_gone(
    program: Program, act: Misbehaviour, was_done: bool
) -> None:
    program.when("DELETE", OTHER, _after_it_was_done(act) if was_done else act)

    outcome: Any = program(f"identity delete {OTHER} -g {GROUP} --yes")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert program.colleague("GET", identity_id(OTHER)).status == 404


def test_a_role_that_cannot_be_removed_for_lost_answers_is_resumed(program: Program) -> None:
    assert program(f"enable-system webVM -g {GROUP} --role Reader --scope group").code == 0
    program.when("DELETE", ASSIGNMENTS, STRANGE["a page"], times=99)

    outcome = program(f"disable-system webVM -g {GROUP} --remove-roles --yes")

    assert (outcome.code, outcome.json["status"], len(assignments(program))) == (1, "unknown", 1)
    program.rules.clear()
    assert (program("runs resume").code, assignments(program)) == (0, [])


def test_a_refused_role_is_failed_and_not_unknown(program: Program) -> None:
    program.when("PUT", ASSIGNMENTS, answering(403, "AuthorizationFailed"))

    outcome = program(f"enable-system webVM -g {GROUP} --role Reader --scope group")

    assert (outcome.json["status"], [one["status"] for one in outcome.json["roleAssignments"]]) == (
        "failed",
        ["failed"],
    )
    assert program("runs show").json["status"] == "failed"


@pytest.mark.parametrize(
    ("command", "exists"),
    [
        (
            f"identity create myId -g {GROUP} --role Reader --scope group",
            "exists, but the outcome of some roles is unknown",
        ),
        (f"{CREATE} --system --role Reader --scope subscription", "created, but the outcome of some roles is unknown"),
    ],
)
def test_a_new_resource_whose_role_is_in_doubt_is_unknown_and_not_failed(
    program: Program, command: str, exists: str
) -> None:
    give_key(program)
    program.when("PUT", f"/{ASSIGNMENTS}/", losing_the_request, times=99)

    outcome = program(f"{command} -o json")

    assert (outcome.code, outcome.json["status"]) == (1, "unknown")
    assert [one["status"] for one in outcome.json["roleAssignments"]] == ["unknown"]
    program.terminal = TERMINAL
    shown = program(command.replace("myId", "otherId").replace("newVM", "otherVM"))
    assert exists in shown.out


@pytest.mark.parametrize(
    ("command", "who"),
    [
        (f"enable-system webVM -g {GROUP} --role Reader --scope group", IN_GROUP),
        (f"identity create myId -g {GROUP} --role Reader --scope group", IN_GROUP),
    ],
)
def test_a_role_that_may_not_be_granted_names_the_roles_that_may_and_the_next_command(
    program: Program, command: str, who: str
) -> None:
    message = (
        "The client 'me' with object id '1' does not have authorization to perform action "
        f"'Microsoft.Authorization/roleAssignments/write' over scope '{who}/{ASSIGNMENTS}/0' or the scope is invalid."
    )
    program.when("PUT", f"/{ASSIGNMENTS}/", answering(403, "AuthorizationFailed", message))

    outcome = program(command)

    assert (outcome.code, outcome.json["status"]) == (4, "failed")
    hint = outcome.json["error"]["hint"]
    assert hint.startswith(
        "Ask for the role 'Role Based Access Control Administrator' or 'User Access Administrator' on "
        f"{Scope.parse(who).title}.\n"
    )
    program.rules.clear()
    assert hint.splitlines()[2].startswith("To complete the change: vmident ")
    assert program(hint.partition("To complete the change: vmident ")[2]).code == 0


def test_a_look_that_is_refused_after_a_lost_answer_leaves_the_outcome_unknown(program: Program) -> None:
    program.when("PUT", ASSIGNMENTS, losing_the_answer)
    program.when("GET", f"{ASSIGNMENTS}/", answering(403, "AuthorizationFailed"))

    outcome = program(f"enable-system webVM -g {GROUP} --role Reader --scope group")

    assert (outcome.code, outcome.json["status"]) == (4, "unknown")
    assert (program("runs resume").code, len(assignments(program))) == (0, 1)


@pytest.mark.parametrize("trouble", [STRANGE["a page"], losing_the_request], ids=["page", "lost"])
def test_a_deletion_that_nothing_is_known_of_is_unknown_and_resumed(program: Program, trouble: Misbehaviour) -> None:
    program.when("DELETE", OTHER, trouble, times=99)

    outcome = program(f"identity delete {OTHER} -g {GROUP} --yes")

    assert (outcome.code, outcome.json["status"]) == (1, "unknown")
    assert program("runs list").json[0]["status"] == "unfinished"
    program.rules.clear()
    resumed = program("runs resume")
    assert (resumed.code, resumed.json[0]["status"]) == (0, "changed")
    assert program.colleague("GET", identity_id(OTHER)).status == 404


@pytest.mark.parametrize("act", OF_A_PUT.values(), ids=OF_A_PUT)
def test_in_a_fleet_a_strange_answer_about_one_role_leaves_every_vm_with_its_role(
    program: Program, act: Misbehaviour
) -> None:
    program.sandbox.add_vms(12)
    names = " ".join(f"vm-{number:05}" for number in range(1, 13))
    program.when("PUT", ASSIGNMENTS, act, skip=5)

    outcome = program(f"enable-system {names} -g {GROUP} --role Reader --scope group")

    assert (outcome.code, {one["status"] for one in outcome.json}) == (0, {"changed"})
    assert len(assignments(program)) == 12
