"""Text from Azure that means harm: it is shown and does nothing."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from tests.cli.conftest import Typing
from tests.program import (
    GROUP,
    NO_TERMINAL,
    TERMINAL,
    Program,
    answering,
    answering_with,
    vm_id,
)

pytestmark = pytest.mark.usefixtures("at_a_terminal")

HOSTILE = "west\x1b[31m\x07\r\x08\x9b2J\u202egnp\u2066\u200b\ufeff[bold]us[/bold]"


def is_harmless(text: str) -> bool:
    return not [one for one in text if one != "\n" and unicodedata.category(one) in {"Cc", "Cf"}]


def hostile_vm(program: Program, name: str = "webVM") -> Any:
    document = program.colleague("GET", vm_id(name)).json()
    document["location"] = HOSTILE
    document["identity"]["principalId"] = HOSTILE
    return document


@pytest.mark.parametrize("output", ["human", "table", "tsv", "json", "yaml"])
@pytest.mark.parametrize("terminal", [replace(TERMINAL, width_columns=400), NO_TERMINAL], ids=["terminal", "pipe"])
def test_hostile_text_in_a_vm_is_shown_and_does_nothing(program: Program, terminal: Any, output: str) -> None:
    program.terminal = terminal
    program.when("GET", "virtualMachines/webVM", answering_with(200, hostile_vm(program)))

    outcome = program(f"show webVM -g {GROUP} -o {output}")

    assert outcome.code == 0
    assert is_harmless(outcome.out.replace("\t", " ") if output == "tsv" else outcome.out)
    assert "[bold]us[/bold]" in outcome.out


@pytest.mark.parametrize("output", ["human", "table", "tsv"])
def test_hostile_text_in_a_list_makes_neither_rows_nor_commands(program: Program, output: str) -> None:
    program.terminal = replace(TERMINAL, width_columns=600)
    page = {"value": [hostile_vm(program), program.colleague("GET", vm_id("myVM")).json()]}
    page["value"][0]["location"] = f"{HOSTILE}\nnosuchVM\tx"
    program.when("GET", "/virtualMachines?", answering_with(200, page))

    outcome = program(f"list -o {output}")

    assert outcome.code == 0
    assert is_harmless(outcome.out.replace("\t", " ") if output == "tsv" else outcome.out)
    assert "[bold]us[/bold]" in outcome.out
    rows = [line for line in outcome.out.splitlines() if line != "2 VMs"]
    assert [line.split()[0] for line in rows][-2:] == ["webVM", "myVM"]


@pytest.mark.parametrize("words", [f"show webVM -g {GROUP}", f"enable-system webVM -g {GROUP}", f"list -g {GROUP}"])
@pytest.mark.parametrize("terminal", [TERMINAL, NO_TERMINAL], ids=["terminal", "pipe"])
def test_hostile_text_in_an_error_is_shown_and_does_nothing(program: Program, terminal: Any, words: str) -> None:
    program.terminal = terminal
    program.when("GET", "virtualMachines", answering(403, f"Code{HOSTILE}", f"Message {HOSTILE}"))

    outcome = program(words)

    assert outcome.code == 4
    assert is_harmless(outcome.err)
    assert is_harmless(outcome.out)
    assert "[bold]us[/bold]" in outcome.err


def test_hostile_text_in_the_question_is_shown_and_does_nothing(program: Program, typing: Typing) -> None:
    program.when("GET", "virtualMachines/webVM", answering_with(200, hostile_vm(program)))
    typing("n\n")

    outcome = program(f"disable-system webVM -g {GROUP}")

    assert (outcome.code, program.patches) == (1, [])
    assert is_harmless(outcome.err)
    assert "[bold]us[/bold]" in outcome.err
