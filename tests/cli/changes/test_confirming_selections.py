"""A change of VMs that were selected and not named is confirmed with their number, and only where something changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Typing
from tests.program import GROUP, TERMINAL, Program, identity_id, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION

OTHER = "otherIdentity"
ENABLE = "Enable the system-assigned identity on"
QUESTIONS = {
    f"enable-system --all -g {GROUP}": f"{ENABLE} 2 VMs in resource group '{GROUP}'? [y/N]",
    "enable-system --all": f"{ENABLE} 2 VMs in subscription {SUBSCRIPTION}? [y/N]",
    "enable-system --all --subscription all": f"{ENABLE} 2 VMs in all subscriptions? [y/N]",
    f"enable-system --where \"name =~ 'myVM'\" -g {GROUP}": (
        f"{ENABLE} 1 VM where name =~ 'myVM' in resource group '{GROUP}'? [y/N]"
    ),
    f"add-user --all -g {GROUP} --identity {OTHER}": f"Attach identity '{OTHER}' to 4 VMs in",
    f"add-user --all -g {GROUP} --identity {identity_id(OTHER)}": f"Attach identity '{OTHER}' to 4 VMs in",
    f"set --all -g {GROUP} --type both --identity myUserAssignedIdentity": "Set the identity type to 'both' on 3 VMs",
}


@pytest.mark.parametrize("words", QUESTIONS)
def test_a_selection_is_confirmed_with_what_happens_to_how_many_vms(
    program: Program, typing: Typing, words: str
) -> None:
    program.terminal = TERMINAL
    typing("n\n")
    declined = program(words)
    assert (declined.code, program.patches) == (1, [])
    assert QUESTIONS[words] in " ".join(declined.err.split()), "wrapped at words"
    assert "myVM" in declined.err
    typing("y\n")
    assert (program(words).code, len(program.patches) > 0) == (0, True)


@pytest.mark.parametrize("width", range(40, 110, 7))
def test_a_question_is_never_broken_within_its_answers(program: Program, typing: Typing, width: int) -> None:
    program.terminal = replace(TERMINAL, width_columns=width)
    typing("n\n")
    question = program("enable-system --all").err.partition("Enable")[2].partition("Nothing")[0]
    assert question.endswith("[y/N]: "), "the terminal's own echo follows"
    assert max(map(len, f"Enable{question}".splitlines())) < width


@pytest.mark.parametrize("words", QUESTIONS)
def test_off_a_terminal_a_selection_needs_yes(program: Program, words: str) -> None:
    refused = program(words)
    assert (refused.code, refused.out, program.patches) == (2, "", [])
    assert refused.error["code"] == "confirmation-needed"
    assert QUESTIONS[words].removesuffix("? [y/N]")[1:] in refused.error["message"]
    assert "--yes" in refused.error["hint"]
    assert (program(f"{words} --yes").code, len(program.patches) > 0) == (0, True)


@pytest.mark.parametrize("words", QUESTIONS)
def test_a_dry_run_and_a_selection_with_no_changes_ask_nothing(program: Program, words: str) -> None:
    assert program(f"{words} --dry-run").code == 0
    assert program.patches == []
    program(f"{words} --yes")
    again = program(words)
    assert (again.code, program.patches) == (0, [])


def test_where_all_selected_vms_lose_something_there_is_one_question(program: Program, typing: Typing) -> None:
    program.terminal = TERMINAL
    typing("y\n")
    outcome = program(f"disable-system --all -g {GROUP}")
    assert (outcome.code, outcome.err.count("[y/N]"), len(program.patches)) == (0, 1, 2)


def test_where_some_selected_vms_lose_something_both_are_asked(program: Program, typing: Typing) -> None:
    program.terminal = TERMINAL
    typing("y\nn\n")
    outcome = program(f"set --all -g {GROUP} --type user --identity {OTHER}")
    assert (outcome.code, outcome.err.count("[y/N]"), program.patches) == (1, 2, [])
    assert "Set the identity type to 'user' on 4 VMs" in outcome.err


@pytest.mark.parametrize(
    "command", ["enable-system", "disable-system", f"add-user --identity {OTHER}", "remove-user --all-identities"]
)
def test_a_group_alone_selects_nothing_on_a_change(program: Program, command: str) -> None:
    refused = program(f"{command} -g {GROUP} --yes")
    assert (refused.code, program.sent) == (2, [])
    assert f"-g alone does not select the VMs of resource group '{GROUP}'" in refused.error["message"]
    assert "--all" in refused.error["hint"]


def test_all_is_narrowed_by_a_group(program: Program) -> None:
    assert len(program(f"list --all -g {GROUP}").json) == 4
    assert program("list --all -g elsewhere").code == 3


def test_vms_of_standard_input_count_as_named(program: Program) -> None:
    program.standard_input = f"{vm_id('myVM')}\n{vm_id('dbVM')}\n"
    assert program("enable-system --ids -").code == 0
    assert len(program.patches) == 2


def test_apply_asks_and_a_saved_plan_does_not(program: Program, typing: Typing, tmp_path: Path) -> None:
    file, plan = tmp_path / "identities.yaml", tmp_path / "friday.plan"
    file.write_text("version: 1\nrules:\n- vms: {names: ['*']}\n  system: true\n")
    refused = program(f"apply -f {file}")
    assert (refused.code, program.patches) == (2, [])
    assert "apply the desired state to 2 VMs" in refused.error["message"]
    program.terminal = TERMINAL
    typing("n\n")
    declined = program(f"apply -f {file}")
    assert (declined.code, program.patches) == (1, [])
    assert "Apply the desired state to 2 VMs? [y/N]" in declined.err
    program(f"plan -f {file} --save {plan}")
    assert (program(f"apply {plan}").code, len(program.patches)) == (0, 2)


@pytest.mark.parametrize(
    "text",
    [
        f"{vm_id('myVM')}\r\n{vm_id('dbVM')}\r\n".encode(),
        f"{vm_id('myVM')}\n{vm_id('dbVM')}/\n".encode("utf-8-sig"),
        f"{vm_id('myVM')}\r\n{vm_id('dbVM')}\r\n".encode("utf-16"),
        f"{vm_id('myVM')}\r\n{vm_id('dbVM')}\r\n".encode("utf-16-le"),
        f"{vm_id('myVM')}\n{vm_id('dbVM')}\n".encode("utf-16-be"),
        f'\ufeff["{vm_id("myVM")}",\r\n "{vm_id("dbVM")}"]\r\n'.encode(),
    ],
)
def test_ids_come_in_the_encodings_that_shells_write(program: Program, text: bytes) -> None:
    program.standard_input = text
    assert [one["name"] for one in program("show --ids -").json] == ["myVM", "dbVM"]


def test_bytes_that_are_no_text_are_wrong_usage(program: Program) -> None:
    program.standard_input = b"\xff\xff\xff"
    refused = program("show --ids -")
    assert (refused.code, program.sent) == (2, [])
    assert "UTF-8 or UTF-16" in refused.error["message"]


@pytest.mark.parametrize("command", ["enable-system", "disable-system", "show", "doctor"])
@pytest.mark.parametrize("text", ["", "\r\n \n", "[]", "\ufeff"])
def test_an_empty_selection_on_standard_input_is_no_vms(program: Program, command: str, text: str) -> None:
    program.standard_input = text
    outcome = program(f"{command} --ids -")
    assert (outcome.code, outcome.err, program.patches) == (0, "No VMs on standard input.\n", [])
    assert command == "doctor" or outcome.json == []
