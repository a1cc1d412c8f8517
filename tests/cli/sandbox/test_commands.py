"""`vmident sandbox …`, and what a user meets when the sandbox's folder is not usable."""

from __future__ import annotations

import pytest

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


def test_reset_puts_more_vms_there_where_that_is_asked_for(program: Program) -> None:
    assert program("sandbox reset --vms 3").json["vms"] == 15
    assert program("sandbox reset").json["vms"] == 12


def test_reset_takes_every_change_back(program: Program) -> None:
    program("set appVM --type none --yes")

    assert program("sandbox reset").code == 0

    assert program("show appVM").json["identity"]["type"] == "SystemAssigned, UserAssigned"


class TestTheSignedInPerson:
    def test_status_says_who_is_signed_in_with_which_roles(self, program: Program) -> None:
        facts = program("sandbox status").json
        assert facts["user"] == "sandbox-user@sandbox.invalid"
        assert facts["roles"] == [f"Owner on /subscriptions/{SUBSCRIPTION}"]
        assert f"Owner on /subscriptions/{SUBSCRIPTION}\t" in program("sandbox status -o tsv").out

    def test_reset_limits_the_person_to_the_roles_named(self, program: Program) -> None:
        outcome = program('sandbox reset --role reader --role "virtual machine contributor" --scope Group')
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup"
        assert sorted(outcome.json["roles"]) == [f"Reader on {group}", f"Virtual Machine Contributor on {group}"]
        assert program("enable-system myVM").code == 0
        assert program("add-user myVM --identity otherIdentity").code == 4

    def test_a_role_holds_at_every_scope_that_is_named(self, program: Program) -> None:
        outcome = program(
            f"sandbox reset --role Reader --scope {vm_id('myVM')} --scope {vm_id('webVM')} --scope {vm_id('myVM')}"
        )
        assert sorted(outcome.json["roles"]) == [f"Reader on {vm_id('myVM')}", f"Reader on {vm_id('webVM')}"]
        assert [vm["name"] for vm in program("list").json] == ["myVM", "webVM"]

    def test_reset_without_a_role_makes_the_person_owner_again(self, program: Program) -> None:
        program("sandbox reset --role Reader")
        refused = program("enable-system myVM")
        assert (refused.code, refused.json["error"]["code"]) == (4, "AuthorizationFailed")
        assert program("sandbox reset").json["roles"] == [f"Owner on /subscriptions/{SUBSCRIPTION}"]

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("--role Redaer", "no role 'Redaer'"),
            ("--role Reader --scope /subscriptions/other", "'/subscriptions/other'"),
            ("--role Reader --scope myVM", "'myVM'"),
            ("--scope group", "--scope requires --role."),
        ],
    )
    def test_wrong_words_are_said_before_anything_is_lost(self, program: Program, words: str, found: str) -> None:
        program("enable-system myVM")
        outcome = program(f"sandbox reset {words}")
        assert (outcome.code, outcome.out) == (2, "")
        assert found in outcome.error["message"]
        assert outcome.error["hint"]
        assert program("show myVM").json["identity"]["type"] == "SystemAssigned"


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
