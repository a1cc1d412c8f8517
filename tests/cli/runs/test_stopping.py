"""`--canary` and `--max-failures`: a run of many that stops by itself, says why, and can be gone on with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program import GROUP, Program, answering, vm_id

RULES = """\
version: 1
rules:
- vms: {names: [vm-*]}
  system: true
  roles: [{role: Reader, scope: group}]
"""


@pytest.fixture
def program(program: Program) -> Program:
    """Ten VMs more, `vm-00001` and so on."""
    program.sandbox.add_vms(10)
    return program


def ten(first: int = 1) -> str:
    return " ".join(f"vm-{number:05}" for number in range(first, 11))


def refused(program: Program, *numbers: int, status: int = 403, code: str = "AuthorizationFailed") -> None:
    for number in numbers:
        program.when("PATCH", f"virtualMachines/vm-{number:05}", answering(status, code))


def statuses(results: Any) -> list[str]:
    return [one["status"] for one in results]


def changed_by(program: Program) -> list[str]:
    return [one.path.rsplit("/", 1)[-1] for one in program.sent if one.method == "PATCH"]


def test_a_canary_that_is_well_is_followed_by_the_others(program: Program) -> None:
    outcome = program(f"enable-system {ten()} -g {GROUP} --canary 2")

    assert (outcome.code, set(statuses(outcome.json)), outcome.err) == (0, {"changed"}, "")
    polls = [one.is_poll for one in program.sent]
    third = next(place for place, one in enumerate(program.sent) if one.method == "PATCH" and "00003" in one.path)
    assert any(polls[:third]), "the first two were waited for"


def test_a_canary_that_is_not_well_leaves_the_others_untouched_and_says_how_to_go_on(program: Program) -> None:
    refused(program, 2)

    outcome = program(f"enable-system {ten()} -g {GROUP} --canary 2")

    assert outcome.code == 5
    assert statuses(outcome.json) == ["changed", "failed"] + ["skipped"] * 8
    assert changed_by(program) == ["vm-00001", "vm-00002"]
    run = program("runs list").json[0]["run"]
    assert outcome.err.splitlines()[-3:] == [
        "error: 1 of 2 canary VMs failed; the remaining 8 VMs were not changed.",
        "  Check the failures before you resume the run.",
        f"The run stopped. After you fix the cause, resume it: vmident runs resume {run}",
    ]
    resumed = program("runs resume --canary 3 --max-failures 10%")
    assert (resumed.code, statuses(resumed.json)) == (0, ["changed"] * 8)


def test_a_canary_of_one_that_fails_gives_the_code_of_its_failure(program: Program) -> None:
    refused(program, 1)

    outcome = program(f"enable-system {ten()} -g {GROUP} --canary 1")

    assert (outcome.code, statuses(outcome.json)) == (4, ["failed"] + ["skipped"] * 9)
    assert "The canary VM failed; the remaining 9 VMs were not changed." in outcome.err


@pytest.mark.parametrize(
    ("limit", "is_stopped"), [("0", True), ("1", True), ("2", False), ("10%", True), ("19%", True), ("20%", False)]
)
def test_a_run_stops_when_more_vms_have_failed_than_were_allowed(
    program: Program, limit: str, is_stopped: bool
) -> None:
    refused(program, 1, 2)

    outcome = program(f"enable-system {ten()} -g {GROUP} --max-failures {limit}")

    assert outcome.code == (5 if "changed" in statuses(outcome.json) else 4)
    assert ("skipped" in statuses(outcome.json), "the remaining VMs were not changed" in outcome.err) == (
        is_stopped,
        is_stopped,
    )
    assert (f"More than {limit} of 10 VMs failed; the remaining VMs" in outcome.err) == is_stopped


def test_vms_that_cannot_be_read_count_and_nothing_is_sent_where_they_are_too_many(program: Program) -> None:
    outcome = program(f"enable-system noSuchVM {ten()} -g {GROUP} --max-failures 0")

    assert (outcome.code, statuses(outcome.json)) == (3, ["failed"] + ["skipped"] * 10)
    assert program.patches == []
    assert "More than 0 of 11 VMs failed" in outcome.err
    assert program("runs resume").code == 0
    assert program.identity_of("vm-00010")["type"] == "SystemAssigned"


def test_one_vm_beside_one_that_cannot_be_read_is_held_back_too(program: Program) -> None:
    assert statuses(program(f"enable-system noSuchVM myVM -g {GROUP} --max-failures 0").json) == ["failed", "skipped"]
    assert statuses(program(f"enable-system noSuchVM myVM -g {GROUP} --max-failures 50%").json) == ["failed", "changed"]


def test_vms_with_nothing_to_do_are_no_part_of_a_percentage(program: Program) -> None:
    program(f"enable-system {ten(first=3)} -g {GROUP}")
    refused(program, 1)

    outcome = program(f"enable-system {ten()} -g {GROUP} --max-failures 40%")

    assert statuses(outcome.json) == ["failed", "skipped"] + ["unchanged"] * 8
    assert "More than 40% of 2 VMs failed" in outcome.err


def test_a_write_that_has_to_be_sent_again_when_the_run_stops_is_left_to_resume(program: Program) -> None:
    refused(program, 1, status=412, code="PreconditionFailed")
    refused(program, 2)

    outcome = program(f"enable-system {ten()} -g {GROUP} --max-failures 0")

    assert (outcome.code, statuses(outcome.json)[:2]) == (1, ["failed", "failed"])
    assert outcome.json[0]["error"]["code"] == "stopped-early"
    assert program.identity_of("vm-00001") is None
    assert program("runs resume").code == 0
    assert program.identity_of("vm-00001")["type"] == "SystemAssigned"


def test_undo_stops_too(program: Program) -> None:
    program(f"enable-system {ten()} -g {GROUP}")
    refused(program, 1)

    outcome = program("runs undo --yes --canary 1")

    assert (outcome.code, statuses(outcome.json)) == (4, ["failed"] + ["skipped"] * 9)


def desired_file(program: Program) -> str:
    (program.folder / "identities.yaml").write_text(RULES, encoding="utf-8")
    return f"apply -f {program.folder / 'identities.yaml'} --yes"


def test_apply_stops_too_and_grants_no_roles_to_vms_that_it_did_not_come_to(program: Program) -> None:
    program(f"enable-system {ten(first=6)} -g {GROUP}")
    refused(program, 1)

    outcome = program(f"{desired_file(program)} --canary 1")

    assert (outcome.code, statuses(outcome.json)) == (4, ["failed"] + ["skipped"] * 9)
    assert [one for one in program.sent if one.method == "PUT"] == []


def test_apply_counts_vms_without_their_roles(program: Program) -> None:
    program(f"enable-system {ten()} -g {GROUP}")
    program.when("PUT", "roleAssignments", answering(400, "Oops"), times=99)

    outcome = program(f"{desired_file(program)} --max-failures 1")

    assert (outcome.code, statuses(outcome.json)) == (1, ["failed"] * 2 + ["skipped"] * 8)
    assert [one["error"]["code"] for one in outcome.json[:2]] == ["Oops"] * 2
    assert sum(one.method == "PUT" for one in program.sent) == 2, "no role is asked for after the second failure"
    assert "More than 1 of 10 VMs failed" in outcome.err


@pytest.mark.parametrize("word", ["-1", "abc", "120%", "", "%", "5.5%", "1e3", "5 %"])
@pytest.mark.parametrize("command", ["enable-system myVM", "apply nosuch.plan", "runs resume", "runs undo"])
def test_a_limit_that_is_none_is_wrong_usage(program: Program, word: str, command: str) -> None:
    outcome = program(f"{command} --max-failures '{word}'")

    assert (outcome.code, outcome.error["code"], program.sent) == (2, "usage", [])
    assert f"'{word}' is not a valid value" in outcome.error["message"]


@pytest.mark.parametrize("word", ["0", "-1", "abc", "5%"])
def test_a_canary_of_none_is_wrong_usage(program: Program, word: str) -> None:
    outcome = program(f"enable-system myVM --canary {word}")

    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    assert "--canary" in outcome.err


@pytest.mark.parametrize("command", ["enable-system myVM", "apply nosuch.plan"])
def test_a_canary_is_waited_for(program: Program, command: str) -> None:
    outcome = program(f"{command} --canary 1 --no-wait")

    assert (outcome.code, outcome.error["code"], program.sent) == (2, "usage", [])


@pytest.mark.parametrize(
    "command",
    [
        "disable-system webVM appVM --yes",
        "add-user myVM webVM --identity otherIdentity",
        "remove-user dbVM appVM --all-identities --yes",
        "set myVM webVM --type system",
    ],
)
def test_every_change_takes_both(program: Program, command: str) -> None:
    outcome = program(f"{command} -g {GROUP} --canary 1 --max-failures 100%")

    assert (outcome.code, "changed" in statuses(outcome.json)) == (0, True)


def test_a_preview_is_stopped_by_nothing(program: Program) -> None:
    outcome = program(f"enable-system noSuchVM myVM -g {GROUP} --dry-run --max-failures 0")

    assert statuses(outcome.json) == ["failed", "planned"]
    assert program.identity_of("myVM") is None


def test_a_run_of_one_has_no_others_to_leave(program: Program) -> None:
    refused(program, 1)

    outcome = program(f"enable-system vm-00001 -g {GROUP} --canary 1 --max-failures 0")

    assert (outcome.code, outcome.json["status"], "stopped-early" in outcome.err) == (4, "failed", False)
    assert outcome.json["id"] == vm_id("vm-00001")


def test_a_sign_in_that_is_refused_is_reported_once_and_skips_the_other_vms(program: Program) -> None:
    program.when("GET", "virtualMachines", answering(401, "ExpiredAuthenticationToken"), times=99)

    outcome = program(f"enable-system {ten()} -g {GROUP}")

    assert (outcome.code, statuses(outcome.json)) == (4, ["failed"] + ["skipped"] * 9)
    assert len(program.sent) < 10
