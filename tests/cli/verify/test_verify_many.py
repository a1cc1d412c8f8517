"""`vmident verify` for many VMs."""

from __future__ import annotations

from tests.cli.conftest import Typing
from tests.cli.verify.test_verify import scripts_in, stop
from tests.program import GROUP, WIDE_TERMINAL, Program, answering, vm_id


def statuses(documents: list[dict[str, str]]) -> dict[str, str]:
    return {one["name"]: one["status"] for one in documents}


def test_each_vm_of_a_selection_ends_by_itself(program: Program) -> None:
    stop(program, "dbVM")
    assert program.colleague("DELETE", "/".join((vm_id("x").split("/providers")[0], "x"))).status >= 400
    outcome = program("verify --all --yes")
    assert outcome.code == 5
    assert statuses(outcome.json) == {"myVM": "skipped", "webVM": "verified", "dbVM": "skipped", "appVM": "verified"}


def test_one_failed_check_makes_the_exit_code_1(program: Program) -> None:
    program.when("POST", "webVM/runCommand", answering(403, "AuthorizationFailed", "No."))
    assert program("verify webVM appVM nope --yes").code == 5
    assert statuses(program("verify webVM appVM webVM --yes").json) == {"webVM": "verified", "appVM": "verified"}


def test_a_sample_is_verified_and_the_others_are_left_alone(program: Program) -> None:
    for number in range(20):
        program.sandbox.add_vm(GROUP, f"vm{number:02}", system=True)
    outcome = program("verify --all --sample 5 --yes")
    assert (len(outcome.json), len(scripts_in(program))) == (
        5,
        sum(one["status"] == "verified" for one in outcome.json),
    )
    assert len(program("verify --all --sample 25% --yes").json) == 6


def test_many_are_told_by_what_is_amiss_and_how_many_there_are(program: Program, typing: Typing) -> None:
    for number in range(20):
        program.sandbox.add_vm(GROUP, f"vm{number:02}", system=True)
    program.terminal = WIDE_TERMINAL
    typing("y\n")
    outcome = program("verify --all")
    assert outcome.out.splitlines() == ["myVM (myResourceGroup): skipped", "24 VMs: 23 verified, 1 skipped"]
    assert "Run the script in 24 VMs? [y/N]" in outcome.err


def test_a_selection_of_nothing_is_nothing_to_do(program: Program) -> None:
    outcome = program("verify --tag no=such --yes")
    assert (outcome.code, outcome.json) == (0, [])


def test_rows_are_one_a_check(program: Program) -> None:
    outcome = program("verify appVM myVM -o tsv --yes")
    rows = [line.split("\t") for line in outcome.out.splitlines()]
    assert [row[:2] for row in rows] == [["appVM", "verified"]] * 3 + [["myVM", "skipped"]]
    assert [row[2] for row in rows][:2] == ["default", "system"]
