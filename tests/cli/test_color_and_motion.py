"""Color, spinners and bars: for a terminal that has them."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import pytest

from tests.program import (
    TERMINAL,
    Program,
)
from vmident.cli.runtime import runtime_of_process

pytestmark = pytest.mark.usefixtures("at_a_terminal")


@pytest.mark.parametrize(
    ("words", "uncoloured"), [("show webVM", False), ("enable-system myVM", False), ("show webVM -o json", True)]
)
def test_colour_is_for_a_terminal_that_has_it(
    program: Program, monkeypatch: pytest.MonkeyPatch, words: str, uncoloured: bool
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    without = program(f"{words} --dry-run" if words.startswith("enable") else words).out
    program.terminal = replace(TERMINAL, colour=True)

    coloured = program(f"{words} --dry-run" if words.startswith("enable") else words).out

    assert "\x1b" not in without
    assert (coloured == without) is uncoloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == without


@pytest.fixture
def drawn(program: Program, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], list[str]]:
    """Run a command on a terminal of some width; return the lines that it draws on standard error, codes removed."""

    def draw(words: str, width: int) -> list[str]:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(width))
        shown = program(words).err
        assert shown.count("\x1b[?25h") == shown.count("\x1b[?25l") > 0
        return [line for line in re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)) if line.strip()]

    return draw


def test_one_change_shows_a_spinner_and_the_seconds_on_one_line(drawn: Callable[[str, int], list[str]]) -> None:
    lines = drawn("enable-system myVM", 20)
    assert (lines[0][2:], lines[-1][2:]) == ("myVM: waiti… (0 s)", "myVM: waiti… (2 s)")


@pytest.mark.parametrize("width", [100, 80, 40])
def test_many_changes_show_a_bar_that_fits(
    program: Program, drawn: Callable[[str, int], list[str]], width: int
) -> None:
    program.sandbox.add_vms(25)
    lines = drawn("enable-system --all --yes -o none", width)
    progress = [line for line in lines if not line.startswith(("warning:", "  "))]
    assert max(map(len, progress)) <= width
    bars = [line for line in progress if "━" in line]
    assert re.match(r"0 of 27 done ━+ 0%$", bars[0])
    assert any(re.search(r"\d+ in flight", line) for line in progress)
    assert any(re.search(r"\d:\d\d elapsed", line) for line in progress)


@pytest.mark.parametrize("command", ["enable-system myVM dbVM --no-wait", "enable-system myVM"])
def test_a_plain_terminal_shows_lines_and_nothing_that_moves(
    program: Program, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    program.terminal = replace(TERMINAL, motion=False)
    shown = program(command).err
    assert "\x1b" not in shown
    assert shown.count("myVM: waiting for the operation to complete\n") == ("--no-wait" not in command)


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "xterm")])
def test_a_plain_terminal_is_one_without_color(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    terminal = runtime_of_process(nullcontext).terminal
    assert terminal.colour is terminal.motion is (value == "xterm")


def test_jsonc_is_json_in_colour(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    document = program("show appVM -o json").out
    assert program("show appVM -o jsonc").out == document
    program.terminal = replace(TERMINAL, colour=True)

    coloured = program("show appVM -o jsonc").out

    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == document


def test_errors_have_colour_of_their_own(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    program.terminal = replace(TERMINAL, colour=True, input=False)

    coloured = program("show nosuchVM").err

    assert coloured.startswith("\x1b[")
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).startswith("error: VM 'nosuchVM' not found")
