"""`runs list|show|resume`: what is on record of a change, and how a run that was cut short goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from tests.program import (
    GROUP,
    Program,
    answering,
    answering_with,
    identity_id,
    interrupting,
    letting_in,
    losing_the_answer,
    losing_the_request,
    vm_id,
)
from vmident.cli.main import main

USER = "myUserAssignedIdentity"


def shown(program: Program, run: str = "") -> Any:
    return program(f"runs show {run}").json


def test_a_change_is_a_run_that_says_who_did_what_and_how_it_ended(program: Program) -> None:
    changed = program(f"add-user myVM -g {GROUP} --identity {USER}").json

    (listed,) = program("runs list").json
    assert listed["command"] == f"vmident add-user myVM -g {GROUP} --identity {USER}"
    assert (listed["status"], listed["counts"], listed["undoes"]) == ("done", {"done": 1}, None)
    assert (listed["cloud"], listed["caller"]) == ("sandbox", "sandbox-user@sandbox.invalid")
    assert listed["began"] == "2027-01-15T08:00:00Z"
    whole = shown(program, listed["run"])
    (vm,) = whole["vms"]
    assert {key: vm[key] for key in ("id", "status", "before", "after", "request", "error")} == {
        "id": vm_id("myVM"),
        "status": "done",
        "before": changed["before"],
        "after": changed["after"],
        "request": changed["request"],
        "error": None,
    }
    assert whole["ended"] > whole["began"]


@pytest.mark.parametrize(
    "words",
    [
        "enable-system myVM --dry-run",
        "enable-system noSuchVM myVM --dry-run",
        "enable-system webVM",
        "enable-system noSuchVM",
        "disable-system webVM",
        "show myVM",
        "runs resume",
        "runs undo",
    ],
)
def test_what_sends_nothing_is_no_run(program: Program, words: str) -> None:
    program(words)

    assert program("runs list").json == []


def test_no_runs_is_said_so(program: Program) -> None:
    assert program("runs list -o human").out == "No runs.\n"
    outcome = program("runs show")
    assert (outcome.code, outcome.error["code"]) == (3, "run-not-found")


def test_people_read_runs_one_a_line_and_one_run_vm_by_vm(program: Program) -> None:
    program(f"enable-system myVM dbVM -g {GROUP} --role Reader --scope group")
    program.when("PATCH", "webVM", answering(403, "AuthorizationFailed"))
    program(f"disable-system webVM -g {GROUP} --yes")

    heading, _rule, newest, oldest = program("runs list -o human").out.splitlines()
    assert heading.split() == ["run", "started", "status", "vms", "command"]
    assert "failed   1     vmident disable-system webVM" in newest
    assert "done     2     vmident enable-system myVM dbVM" in oldest
    text = program(f"runs show {oldest.split()[0]} -o human").out
    assert "myVM (myResourceGroup): done\n  + system-assigned identity  principal " in text
    assert "  + role 'Reader' on " in text
    text = program("runs show -o human").out
    assert "webVM (myResourceGroup): failed\n" in text
    assert "  ! AuthorizationFailed: " in text
    assert program("runs show -o tsv").out.split("\t")[:3] == ["webVM", GROUP, "failed"]
    assert program("runs list -o table").code == 0


def interrupted_at(program: Program, vm: str) -> None:
    program.when("PATCH", f"virtualMachines/{vm}", interrupting)


def test_a_run_that_was_interrupted_goes_on_where_it_was(program: Program) -> None:
    interrupted_at(program, "dbVM")
    assert program(f"enable-system myVM dbVM -g {GROUP}").code == 130
    assert [vm["status"] for vm in shown(program)["vms"]] == ["done", "unknown"]
    assert "sent, outcome unknown" in program("runs show -o human").out
    assert "To resume: vmident runs resume " in program("runs show -o human").out

    resumed = program("runs resume")

    assert resumed.code == 0
    assert [(one["name"], one["status"]) for one in resumed.json] == [("dbVM", "changed")]
    assert [one.method for one in program.sent][:2] == ["GET", "PATCH"]
    assert shown(program)["status"] == "done"
    assert len(program("runs list").json) == 1


def test_going_on_with_a_run_that_is_done_does_nothing_and_says_so(program: Program) -> None:
    program("enable-system myVM")

    assert (program("runs resume").code, program("runs resume").out, program.sent) == (0, "[]\n", [])
    assert program("runs resume -o human").out == "No changes.\n"


def test_what_was_sent_and_done_is_not_sent_again(program: Program) -> None:
    program.when("PATCH", "myVM", losing_the_answer)
    program.when("GET", "virtualMachines/myVM", losing_the_request, times=99, skip=1)
    assert program(f"enable-system myVM -g {GROUP}").code == 1
    assert shown(program)["vms"][0]["status"] == "unknown"
    program.rules.clear()
    program.time.sleep(60)

    resumed = program("runs resume")

    assert (resumed.code, resumed.json[0]["status"], program.shape) == (0, "changed", ["GET"])
    vm = shown(program)["vms"][0]
    assert (vm["status"], vm["before"]["type"], vm["after"]["type"]) == ("done", "None", "SystemAssigned")


def test_a_change_that_was_not_waited_for_is_read_back_by_resume(program: Program) -> None:
    program(f"enable-system myVM -g {GROUP} --no-wait")
    assert shown(program)["status"] == "accepted"
    assert "accepted, result not read" in program("runs show -o human").out

    assert program("runs resume --dry-run").json[0]["status"] == "unchanged"
    assert shown(program)["status"] == "accepted"
    assert program("runs resume").json[0]["status"] == "changed"
    assert program.patches == []
    assert shown(program)["status"] == "done"


def test_a_vm_that_is_gone_when_the_run_goes_on_has_failed(program: Program) -> None:
    interrupted_at(program, "myVM")
    program(f"enable-system myVM -g {GROUP}")
    program.when("GET", "virtualMachines/myVM", answering(404, "ResourceNotFound"))

    assert program("runs resume").code == 3
    vm = shown(program)["vms"][0]
    assert (vm["status"], vm["error"]["code"]) == ("failed", "ResourceNotFound")


def test_going_on_asks_only_where_more_would_be_lost_than_was_agreed_to(program: Program) -> None:
    interrupted_at(program, "appVM")
    program(f"remove-user appVM dbVM -g {GROUP} --all-identities --yes")
    body = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity_id("otherIdentity"): {}}}}
    program.colleague("PATCH", vm_id("dbVM"), body)
    program.time.sleep(60)

    assert program("runs resume").error["code"] == "confirmation-needed"
    assert program.patches == []
    assert program("runs resume --yes").code == 0

    interrupted_at(program, "webVM")
    program(f"disable-system webVM -g {GROUP} --yes")
    assert program("runs resume").code == 0


def test_a_run_is_gone_on_with_in_its_own_cloud_alone(program: Program) -> None:
    program("enable-system myVM")
    (run,) = (one["run"] for one in program("runs list").json)

    outcome = program(f"runs undo {run} --cloud AzureUSGovernment --yes")

    assert (outcome.code, outcome.error["code"], program.sent) == (2, "usage", [])
    assert "ran in sandbox" in outcome.error["message"]


def journal_failing_at(
    monkeypatch: pytest.MonkeyPatch, statement: str, failure: BaseException, *, skip: int = 0
) -> None:
    """Have the journal's file fail at a statement that begins so, after `skip` of them."""
    left = [skip]

    class Connection(sqlite3.Connection):
        def execute(self, text: str, *values: Any) -> sqlite3.Cursor:
            if text.startswith(statement):
                left[0] -= 1
                if left[0] < 0:
                    raise failure
            return super().execute(text, *values)

    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    monkeypatch.setattr(
        sqlite3,
        "connect",
        lambda file, **options: connect(
            file, **options, **({"factory": Connection} if str(file).endswith("runs.sqlite3") else {})
        ),
    )


def test_a_change_that_cannot_be_put_on_record_is_not_sent(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    journal_failing_at(monkeypatch, "INSERT", sqlite3.OperationalError("disk is full"))

    outcome = program("enable-system myVM")

    assert (outcome.code, outcome.error["code"], program.patches) == (1, "journal-unusable", [])
    assert "disk is full" in outcome.error["message"]
    assert "VMIDENT_STATE_DIR" in outcome.error["hint"]


@pytest.mark.parametrize(
    "words", [f"enable-system myVM dbVM -g {GROUP}", "enable-system webVM myVM --role Reader --scope group"]
)
def test_a_step_that_cannot_be_put_on_record_is_not_taken(
    program: Program, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    journal_failing_at(monkeypatch, "UPDATE entries", sqlite3.OperationalError("disk is full"))

    outcome = program(words)

    assert (outcome.code, [one["status"] for one in outcome.json]) == (1, ["failed", "skipped"])
    assert outcome.json[0]["error"]["code"] == "journal-unusable"
    assert [one.method for one in program.sent if one.method in {"PATCH", "PUT"}] == []


def test_an_outcome_that_cannot_be_put_on_record_is_told_all_the_same(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal_failing_at(monkeypatch, "UPDATE", sqlite3.OperationalError("disk is full"), skip=1)

    outcome = program("enable-system myVM")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert "not-recorded" in [warning["code"] for warning in outcome.json["warnings"]]


def test_ctrl_c_between_two_steps_says_that_the_record_has_it(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal_failing_at(monkeypatch, "UPDATE entries", KeyboardInterrupt(), skip=1)

    outcome = program(f"enable-system myVM dbVM -g {GROUP}")

    assert (outcome.code, [one["status"] for one in outcome.json]) == (130, ["unknown", "failed"])
    assert outcome.json[0]["error"]["hint"] == "To resume, run 'vmident runs resume'."
    monkeypatch.undo()
    assert [one["status"] for one in program("runs resume").json] == ["changed", "changed"]


def beside(program: Program, words: str) -> Callable[[], object]:
    """Run a command as another process would: its own transport to the same Azure, its own journal."""

    def act() -> None:
        other = Program(program.folder, program.capture, time=program.time)
        main(words.split(), other.runtime())
        other.sandbox.close()

    return act


def test_two_processes_at_once_are_two_runs(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", letting_in(beside(program, f"enable-system dbVM -g {GROUP}")))

    assert program(f"enable-system myVM -g {GROUP}").code == 0

    runs = program("runs list").json
    assert [(run["status"], run["command"].split()[2]) for run in runs] == [("done", "dbVM"), ("done", "myVM")]


def test_a_process_whose_run_another_has_taken_over_sends_nothing_more(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", letting_in(beside(program, "runs resume -o none")))

    outcome = program(f"enable-system myVM dbVM -g {GROUP}")

    assert outcome.code == 5
    assert [warning["code"] for warning in outcome.json[0]["warnings"]] == ["not-recorded"]
    assert outcome.json[1]["error"]["code"] == "taken-over"
    assert [one.path.rsplit("/", 1)[-1] for one in program.sent if one.method == "PATCH"].count("dbVM") == 0
    assert shown(program)["status"] == "done"
    assert program.identity_of("dbVM")["type"] == "SystemAssigned, UserAssigned"
    assert program.identity_of("myVM")["type"] == "SystemAssigned"


def test_a_failed_operation_is_read_back_when_the_run_goes_on(program: Program) -> None:
    program.when("GET", "/operations/", answering_with(200, {"status": "Failed", "error": {"code": "Oops"}}))
    assert program(f"enable-system myVM -g {GROUP}").code == 1
    assert shown(program)["vms"][0]["status"] == "unknown"
    program.time.sleep(60)

    assert program("runs resume").code == 0
    assert shown(program)["status"] == "done"


def test_an_interrupted_change_of_one_vm_says_how_to_go_on(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", interrupting)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert outcome.code == 130
    run = program("runs list").json[0]["run"]
    assert outcome.err.endswith(f"To resume it: vmident runs resume {run}\n")


def test_a_run_that_ran_out_of_time_goes_on_with_the_vms_that_it_did_not_come_to(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", letting_in(lambda: program.time.sleep(200)))
    program.operation_seconds = 200.0

    outcome = program(f"enable-system myVM dbVM -g {GROUP} --timeout 150")

    assert outcome.code == 7
    run = program("runs list").json[0]["run"]
    assert outcome.err.endswith(f"The run was interrupted. To resume it: vmident runs resume {run}\n")
    assert [vm["status"] for vm in shown(program)["vms"]] == ["unknown", "planned"]
    assert "not started" in program("runs show -o human").out
    assert program("runs resume").code == 0
    assert shown(program)["status"] == "done"


def test_a_run_that_could_not_read_all_its_vms_is_no_run(program: Program) -> None:
    program.when("GET", "virtualMachines/dbVM", interrupting)

    outcome = program(f"disable-system webVM dbVM appVM -g {GROUP} --yes")

    assert (outcome.code, program.patches) == (130, [])
    assert [one["status"] for one in outcome.json] == ["skipped", "failed", "skipped"]
    assert "runs resume" not in outcome.err
    assert program("runs list").json == []


def test_a_vm_that_cannot_be_read_when_a_run_goes_on_stays_open(program: Program) -> None:
    interrupted_at(program, "myVM")
    assert program(f"enable-system myVM dbVM -g {GROUP}").code == 130
    program.when("GET", "virtualMachines/", answering(403, "AuthorizationFailed"), times=2)

    assert program("runs resume").code == 4

    assert [vm["status"] for vm in shown(program)["vms"]] == ["unknown", "planned"]
    assert program("runs resume").code == 0
    assert shown(program)["status"] == "done"


def test_a_run_whose_sign_in_ends_on_the_way_stops_and_goes_on_after_the_next(program: Program) -> None:
    names = [f"vm{number}" for number in range(6)]
    for name in names:
        program.sandbox.add_vm(GROUP, name)
    program.when("PATCH", "virtualMachines/", answering(401, "ExpiredAuthenticationToken"), skip=2, times=-1)

    outcome = program(f"enable-system {' '.join(names)} -g {GROUP}")

    assert outcome.code == 5
    assert [one["status"] for one in outcome.json] == ["changed"] * 2 + ["failed"] + ["skipped"] * 3
    assert "vmident login" in outcome.err
    assert "vmident runs resume" in outcome.err
    program.rules.clear()
    assert [one["status"] for one in program("runs resume").json] == ["changed"] * 4
