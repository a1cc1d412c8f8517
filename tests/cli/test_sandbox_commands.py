"""`vmident sandbox …`, and what a user meets when the sandbox's folder is not usable."""

from __future__ import annotations

from tests.program import TERMINAL, Program, vm_id
from vmident.sandbox.sandbox import FILE_NAME, SUBSCRIPTION


def test_status_says_what_there_is_and_where(program: Program) -> None:
    program.environ = {"VMIDENT_SANDBOX_DIR": str(program.folder / "sandbox")}

    outcome = program("sandbox status")

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.json["folder"] == str(program.folder / "sandbox")
    assert outcome.json["subscriptionId"] == SUBSCRIPTION
    assert (outcome.json["groups"], outcome.json["vms"], outcome.json["identities"]) == (1, 4, 2)


def test_status_is_a_column_of_facts_on_a_terminal(program: Program) -> None:
    program.terminal = TERMINAL

    outcome = program("sandbox status")

    assert f"subscriptionId      {SUBSCRIPTION}\n" in outcome.out


def test_reset_takes_every_change_back(program: Program) -> None:
    program("set appVM --type none --yes")

    assert program("sandbox reset").code == 0

    assert program("show appVM").json["identity"]["type"] == "SystemAssigned, UserAssigned"


def test_the_sandbox_is_kept_between_commands_in_the_state_folder(program: Program) -> None:
    program("enable-system myVM")

    assert (program.folder / "sandbox" / FILE_NAME).is_file()
    assert program("show myVM").json["id"] == vm_id("myVM")
    assert program("show myVM").json["identity"]["type"] == "SystemAssigned"


def test_a_file_that_is_no_sandbox_is_an_error_that_reset_mends(program: Program) -> None:
    file = program.folder / "sandbox" / FILE_NAME
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"this is no database " * 100)

    broken = program("show myVM")
    assert (broken.code, broken.out) == (1, "")
    assert broken.error["code"] == "sandbox-unusable"
    assert "vmident sandbox reset" in broken.error["hint"]

    assert program("sandbox reset").code == 0
    assert program("show myVM").code == 0


def test_a_folder_that_cannot_be_made_names_the_variable_that_moves_it(program: Program) -> None:
    (program.folder / "occupied").write_text("a file")
    program.environ = {"VMIDENT_SANDBOX_DIR": str(program.folder / "occupied" / "sandbox")}

    outcome = program("sandbox status")

    assert outcome.code == 1
    assert "VMIDENT_SANDBOX_DIR" in outcome.error["hint"]
