"""`vmident identity delete`: the role assignments that the identity holds, and the questions about both."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Typing
from tests.cli.identities.test_deleting_identities import give_role, is_there, writes
from tests.program import (
    GROUP,
    WIDE_TERMINAL,
    Program,
    answering,
)
from vmident.sandbox.sandbox import SUBSCRIPTION

USER = "myUserAssignedIdentity"

OTHER = "otherIdentity"

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"

ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"

WRITES = {"PUT", "PATCH", "DELETE"}


def is_granted(program: Program, assignment_id: str) -> bool:
    return program.colleague("GET", assignment_id, version="2022-04-01").status == 200


def test_roles_are_listed_and_left_off_a_terminal(program: Program) -> None:
    assignment = give_role(program, OTHER)

    outcome = program(f"identity delete {OTHER} --yes")

    assert (outcome.code, [one["status"] for one in outcome.json["roleAssignments"]]) == (0, ["orphaned"])
    assert [one["code"] for one in outcome.json["warnings"]] == ["roles-orphaned"]
    assert (is_there(program, OTHER), is_granted(program, assignment)) == (False, True)


def test_with_remove_roles_they_are_gone_and_nobody_elses(program: Program) -> None:
    mine = [give_role(program, OTHER), give_role(program, OTHER, f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}")]
    others = give_role(program, USER)

    outcome = program(f"identity delete {OTHER} --remove-roles --yes")

    assert (outcome.code, [one["status"] for one in outcome.json["roleAssignments"]]) == (0, ["removed", "removed"])
    assert (outcome.err, writes(program)) == ("", ["DELETE"] * 3)
    assert [is_granted(program, one) for one in (*mine, others)] == [False, False, True]


def test_roles_that_cannot_be_deleted_are_said_with_the_command_that_does_it(program: Program) -> None:
    assignment = give_role(program, OTHER)
    program.when("DELETE", "/roleAssignments/", answering(403, "AuthorizationFailed", "No."))

    outcome = program(f"identity delete {OTHER} --remove-roles --yes")

    assert (outcome.code, outcome.json["status"]) == (4, "failed")
    error = outcome.json["error"]
    assert error["message"].startswith(f"Identity '{OTHER}' is deleted, but these role assignments remain: ")
    assert f"az role assignment delete --ids {assignment}".lower() in error["hint"].lower()


def test_roles_that_clearly_may_not_be_deleted_stop_it_before_anything_is_written(program: Program) -> None:
    give_role(program, OTHER)
    program.sandbox.limit_person([("Contributor", "subscription")])

    outcome = program(f"identity delete {OTHER} --remove-roles --yes")

    assert (outcome.code, writes(program), is_there(program, OTHER)) == (4, [], True)


def test_roles_that_cannot_be_read_are_a_warning_and_no_obstacle(program: Program) -> None:
    program.when("GET", "/roleAssignments", answering(403, "AuthorizationFailed", "No."))

    outcome = program(f"identity delete {OTHER} --yes")

    assert (outcome.code, [one["code"] for one in outcome.json["warnings"]]) == (0, ["roles-unknown"])


def test_a_person_is_told_what_goes_and_what_it_breaks_and_is_asked_once(program: Program, typing: Typing) -> None:
    program.terminal = WIDE_TERMINAL
    typing("y\n")

    outcome = program(f"identity delete {USER} --detach")

    assert outcome.code == 0
    assert outcome.err.startswith(f"{USER} ({GROUP}) will be deleted\n")
    assert f"appVM ({GROUP}) will lose:\n  - {USER}" in outcome.err
    assert outcome.err.count("Programs in the VM") == outcome.err.count("[y/N]") == 1
    assert outcome.out == f"{USER} ({GROUP}): deleted\n  - VM appVM ({GROUP})\n  - VM dbVM ({GROUP})\n"


def test_what_the_question_has_not_said_is_a_warning_all_the_same(program: Program, typing: Typing) -> None:
    program.terminal = WIDE_TERMINAL
    program.when("POST", "ResourceGraph", answering(403, "AuthorizationFailed", "No."), times=1000)
    typing("y\n")

    outcome = program(f"identity delete {OTHER} {USER}")

    assert (outcome.code, outcome.err.count("[y/N]")) == (5, 1)
    assert re.findall("(  !|warning: .*:) Resource Graph is not available", outcome.err) == ["  !", f"warning: {USER}:"]


def test_no_leaves_everything(program: Program, typing: Typing) -> None:
    program.terminal = WIDE_TERMINAL
    typing("n\n")

    outcome = program(f"identity delete {USER} --force")

    assert (outcome.code, outcome.out, writes(program)) == (1, "", [])
    assert f"  ! The deleted identity stays attached to VM 'dbVM' ({GROUP})." in outcome.err
    assert outcome.err.endswith("Nothing was changed.\n")


@pytest.mark.parametrize(("answer", "is_left"), [("y\ny\n", False), ("y\nn\n", True)])
def test_roles_are_asked_about_after_that(program: Program, typing: Typing, answer: str, is_left: bool) -> None:
    program.terminal = WIDE_TERMINAL
    assignment = give_role(program, OTHER)
    typing(answer)

    outcome = program(f"identity delete {OTHER}")

    assert (outcome.code, is_granted(program, assignment)) == (0, is_left)
    assert f"  ! Role assignment 'Reader' on subscription {SUBSCRIPTION} will be orphaned" in outcome.err
    mark = "! role 'Reader' on {}: orphaned" if is_left else "- role 'Reader' on {}"
    assert outcome.out == f"{OTHER} ({GROUP}): deleted\n  {mark.format(f'subscription {SUBSCRIPTION}')}\n"


def test_roles_that_go_anyway_are_named_in_the_question(program: Program, typing: Typing) -> None:
    program.terminal = WIDE_TERMINAL
    give_role(program, OTHER)
    typing("y\n")

    outcome = program(f"identity delete {OTHER} {USER} --remove-roles --force")

    assert (outcome.code, outcome.err.count("[y/N]")) == (0, 1)
    assert f"  - role 'Reader' on subscription {SUBSCRIPTION}\n" in outcome.err
