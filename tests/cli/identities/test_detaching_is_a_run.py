"""`identity delete --detach` is a run: paced, with a canary and a limit of failures, on record, resumed and undone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program import (
    GROUP,
    Program,
    answering,
    identity_id,
    interrupting,
    losing_the_answer,
    losing_the_request,
)

OTHER, USER = "otherIdentity", "myUserAssignedIdentity"
NAMES = [f"vm-{number:05}" for number in range(1, 5)]
VMS = " ".join(NAMES)
DELETE = f"identity delete {OTHER} -g {GROUP} --detach --yes"


@pytest.fixture
def program(program: Program) -> Program:
    """Four VMs more that have `otherIdentity`, attached by a run of its own."""
    program.sandbox.add_vms(len(NAMES))
    assert program(f"add-user {VMS} -g {GROUP} --identity {OTHER}").code == 0
    return program


def having(program: Program, identity: str = OTHER) -> list[str]:
    """The VMs of the four that have the identity."""
    wanted = identity_id(identity).lower()
    states = {name: program.identity_of(name) or {} for name in NAMES}
    return [
        name
        for name, state in states.items()
        if wanted in {one.lower() for one in state.get("userAssignedIdentities") or {}}
    ]


def is_there(program: Program, identity: str = OTHER) -> bool:
    return program.colleague("GET", identity_id(identity)).status == 200


def fates(document: Any) -> list[str]:
    return [one["status"] for one in document["virtualMachines"]]


def writes(program: Program) -> list[str]:
    return [one.method for one in program.sent if one.method in {"PATCH", "DELETE"}]


def refuse(program: Program, *numbers: int) -> None:
    for number in numbers:
        program.when("PATCH", f"vm-{number:05}", answering(403, "AuthorizationFailed"))


def test_it_is_on_record_with_the_vms_and_the_identity(program: Program) -> None:
    assert program(DELETE).code == 0

    listed = program("runs list").json[0]
    assert (listed["status"], listed["counts"]) == ("done", {"done": 4})
    assert "identity delete" in listed["command"]
    shown = program("runs show").json
    assert [(one["name"], one["status"]) for one in shown["vms"]] == [(name, "done") for name in NAMES]
    assert [(one["id"], one["status"]) for one in shown["identities"]] == [(identity_id(OTHER), "done")]
    assert f"identity {OTHER} ({GROUP}): deleted" in program("runs show -o human").out


def test_a_canary_that_fails_leaves_the_identity_on_the_other_vms(program: Program) -> None:
    refuse(program, 1)

    outcome = program(f"{DELETE} --canary 1 --max-failures 9")

    assert (outcome.code, fates(outcome.json)) == (4, ["failed", "skipped", "skipped", "skipped"])
    assert (writes(program), is_there(program), having(program)) == (["PATCH"], True, NAMES)


@pytest.mark.parametrize(("limit", "changed"), [("", 0), ("--max-failures 0", 0), ("--max-failures 1", 3)])
def test_a_vm_that_cannot_lose_it_stops_the_run_unless_failures_are_allowed(
    program: Program, limit: str, changed: int
) -> None:
    refuse(program, 1)

    outcome = program(f"{DELETE} {limit}")

    assert outcome.code == 4
    assert fates(outcome.json).count("changed") == changed
    assert (is_there(program), writes(program).count("DELETE")) == (True, 0)
    assert "was not deleted, because it could not be detached from VM 'vm-00001'" in outcome.json["error"]["message"]


@pytest.mark.parametrize("words", ["--canary 1", "--max-failures 0"])
def test_a_canary_without_vms_to_detach_is_wrong_usage(program: Program, words: str) -> None:
    assert program(f"identity delete {OTHER} -g {GROUP} --yes {words}").code == 2
    assert program.sent == []


def test_undo_attaches_the_identity_again_where_its_deletion_was_refused(program: Program) -> None:
    program.when("DELETE", f"/{OTHER}", answering(409, "ScopeLocked", "The scope is locked."))
    outcome = program(DELETE)
    assert (outcome.code, having(program), is_there(program)) == (1, [], True)

    undone = program("runs undo")

    assert (undone.code, having(program)) == (0, NAMES)


def test_undo_after_the_deletion_says_that_the_identity_is_gone(program: Program) -> None:
    assert program(DELETE).code == 0

    undone = program("runs undo")

    assert (undone.code, {one["error"]["code"] for one in undone.json}) == (3, {"identity-not-found"})
    assert "'otherIdentity' has been deleted, and a deleted identity cannot be restored" in undone.err
    assert writes(program) == []


def test_undo_of_a_deletion_that_took_it_from_no_vm_says_so_too(program: Program) -> None:
    program(f"remove-user {VMS} -g {GROUP} --identity {OTHER} --yes")
    assert program(f"identity delete {OTHER} -g {GROUP} --yes").code == 0

    undone = program("runs undo --yes")

    assert (undone.code, undone.error["code"], writes(program)) == (3, "identity-not-found", [])


def test_of_two_identities_a_vm_loses_both_with_one_patch(program: Program) -> None:
    program(f"add-user {NAMES[0]} -g {GROUP} --identity {USER}")

    outcome = program(f"identity delete {OTHER} {USER} -g {GROUP} --detach --yes")

    assert outcome.code == 0
    assert sum(one.method == "PATCH" and NAMES[0] in one.path for one in program.sent) == 1
    assert (is_there(program), is_there(program, USER)) == (False, False)


def test_an_identity_that_was_refused_comes_back_where_another_one_was_deleted(program: Program) -> None:
    program.when("DELETE", f"/{OTHER}", answering(403, "AuthorizationFailed"))
    outcome = program(f"identity delete {OTHER} {USER} -g {GROUP} --detach --yes")
    assert (outcome.code, is_there(program), is_there(program, USER)) == (5, True, False)

    undone = program("runs undo")

    assert (undone.code, having(program)) == (5, NAMES)
    failed = [one["name"] for one in undone.json if one["status"] == "failed"]
    assert failed == ["appVM", "dbVM"]


@pytest.mark.parametrize(
    ("method", "part"),
    [("PATCH", "vm-00001"), ("PATCH", "vm-00003"), ("DELETE", OTHER)],
)
def test_an_interrupted_deletion_is_resumed_to_its_end(program: Program, method: str, part: str) -> None:
    program.when(method, part, interrupting)

    stopped = program(DELETE)
    assert (stopped.code, is_there(program)) == (130, True)
    assert "vmident runs resume" in stopped.err

    resumed = program("runs resume")

    assert (resumed.code, having(program), is_there(program)) == (0, [], False)
    assert resumed.json[-1]["id"] == identity_id(OTHER)
    assert resumed.json[-1]["status"] == "changed"
    assert program("runs show").json["status"] == "done"
    assert program("runs resume").json == []


def test_a_dry_resume_shows_the_deletion_that_is_left(program: Program) -> None:
    program.when("DELETE", OTHER, interrupting)
    program(DELETE)

    outcome = program("runs resume --dry-run")

    assert [(one["name"], one["status"]) for one in outcome.json] == [(OTHER, "planned")]
    assert is_there(program)
    assert f"{OTHER} ({GROUP}): would be deleted" in program("runs resume --dry-run -o human").out


def test_resume_leaves_an_identity_that_a_colleague_has_attached_since(program: Program) -> None:
    program.when("DELETE", OTHER, interrupting)
    program(DELETE)
    program(f"add-user myVM -g {GROUP} --identity {OTHER}")
    run = program("runs list").json[1]["run"]

    outcome = program(f"runs resume {run}")

    assert (outcome.code, outcome.json[0]["error"]["code"]) == (1, "still-attached")
    assert "'myVM' (myResourceGroup)" in outcome.json[0]["error"]["message"]
    assert (is_there(program), writes(program)) == (True, [])
    assert program(f"runs show {run}").json["status"] == "failed"


def test_resume_leaves_an_identity_of_that_name_that_was_created_since(program: Program) -> None:
    program.when("DELETE", OTHER, interrupting)
    program(DELETE)
    program.colleague("DELETE", identity_id(OTHER))
    assert program.colleague("PUT", identity_id(OTHER), {"location": "westus"}).status == 201

    outcome = program("runs resume")

    assert (outcome.code, is_there(program)) == (0, True)
    assert program("runs show").json["status"] == "done"


@pytest.mark.parametrize("trouble", [losing_the_answer, losing_the_request])
def test_a_deletion_whose_answers_are_lost_for_good_is_resumed(program: Program, trouble: Any) -> None:
    program.when("DELETE", OTHER, trouble, times=99)

    outcome = program(f"{DELETE} --timeout 60")

    if trouble is losing_the_answer:
        assert (outcome.code, is_there(program)) == (0, False)
        return
    assert outcome.code in {1, 7}
    program.rules.clear()
    assert (program("runs resume").code, is_there(program)) == (0, False)


def test_a_run_that_was_stopped_on_its_way_deletes_no_other_identity(program: Program) -> None:
    refuse(program, 2)

    outcome = program(f"identity delete {OTHER} {USER} -g {GROUP} --detach --yes")

    assert [(one["name"], one["status"]) for one in outcome.json] == [(OTHER, "failed"), (USER, "skipped")]
    assert is_there(program, USER)
