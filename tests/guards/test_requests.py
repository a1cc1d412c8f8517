"""How many requests each command sends: a change of these numbers is a change that users wait for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import GROUP, Program, identity_id, vm_id

# Operations end at once here, so that each change is polled once.
COUNTED = {
    "show webVM -g {group}": ["GET"],
    "show webVM": ["GET", "GET"],
    "list": ["GET"],
    "enable-system myVM -g {group}": ["GET", "PATCH", "POLL"],
    "enable-system webVM -g {group}": ["GET"],
    "enable-system myVM -g {group} --dry-run": ["GET"],
    "enable-system myVM -g {group} --no-wait": ["GET", "PATCH"],
    "disable-system webVM -g {group} --yes": ["GET", "GET", "PATCH", "POLL"],
    "add-user myVM -g {group} --identity {identity}": ["GET", "PATCH", "POLL", "GET"],
    "add-user myVM -g {group} --identity otherIdentity": ["GET", "GET", "PATCH", "POLL", "GET"],
    "add-user dbVM -g {group} --identity myUserAssignedIdentity": ["GET"],
    "remove-user dbVM -g {group} --identity myUserAssignedIdentity --yes": ["GET", "PATCH", "POLL"],
    "remove-user appVM -g {group} --all-identities --yes": ["GET", "PATCH", "POLL"],
    "set dbVM -g {group} --type none --yes": ["GET", "PATCH", "POLL"],
    # The role's definition, what one may do there, the assignment itself.
    "enable-system myVM -g {group} --role Reader --scope group": ["GET", "GET", "GET", "PATCH", "POLL", "PUT"],
    "group show {group}": ["GET"],
    "group create {group} -l westus": ["GET"],
    "group create newGroup -l westus": ["GET", "PUT"],
    "identity show otherIdentity -g {group}": ["GET"],
    "identity create newId -g {group} -l westus": ["GET", "PUT"],
    "sandbox status": [],
}


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys, operation_seconds=0.0)
    yield made
    made.sandbox.close()


@pytest.mark.parametrize("words", COUNTED)
def test_a_command_sends_what_it_needs_and_no_more(program: Program, words: str) -> None:
    outcome = program(words.format(group=GROUP, identity=identity_id("otherIdentity"), vm=vm_id("myVM")))
    assert outcome.code == 0, outcome
    assert program.shape == COUNTED[words]
