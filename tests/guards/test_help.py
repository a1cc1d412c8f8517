"""The help of every command is the one that was reviewed, and promises no command that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.guards.help_texts import FOLDER, command_words, golden_of, help_of
from vmident.cli.app import program
from vmident.cli.lazy_group import LazyGroup


@pytest.mark.parametrize("words", command_words(), ids=" ".join)
def test_the_help_is_the_golden(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    golden = golden_of(words)
    assert golden.exists(), "run `nox -s goldens` and review what it writes"
    assert help_of(words) == golden.read_text(encoding="utf-8"), "run `nox -s goldens` and review the difference"


def test_help_shows_no_types_and_braces_of_the_parser() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert [name for name, text in texts.items() if "range>" in text or "{" in text.splitlines()[0]] == []


def _groups(command: Any) -> Iterator[LazyGroup]:
    if isinstance(command, LazyGroup):
        yield command
        for below in command.commands.values():
            yield from _groups(below)


def test_a_group_says_of_each_command_what_the_command_says_of_itself_first() -> None:
    for group in _groups(program()):
        for name, entry in group.commands.entries.items():
            assert entry.about == group.commands[name].help.splitlines()[0], name


def test_there_is_no_golden_of_a_command_that_is_gone() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {golden_of(words).name for words in command_words()}
