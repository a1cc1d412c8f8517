"""Prose wraps at words; what is copied is not broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmident.render.line import Line, Tone, wrapped

ID = "/subscriptions/sub/resourceGroups/group/providers/Microsoft.Compute/virtualMachines/vm-of-a-long-name"


def texts(text: str, width: int) -> list[str]:
    return [line.text for line in wrapped(Line(text, Tone.WARNING), width)]


def test_a_line_that_fits_is_left_alone() -> None:
    assert texts("  error: all  is well", 40) == ["  error: all  is well"]


def test_prose_wraps_at_words_and_keeps_its_indentation() -> None:
    assert texts("  one two three four five", 12) == ["  one two", "    three", "    four", "    five"]


def test_a_line_in_columns_wraps_below_its_last_column() -> None:
    line = "ok  clock   This machine's clock is right."
    assert texts(line, 30) == ["ok  clock   This machine's", "            clock is right."]
    assert texts(line, 20) == ["ok  clock   This", "  machine's clock is", "  right."]
    assert texts(" " * 30, 20) == [" " * 30]


def test_an_id_is_never_broken_and_stays_beside_its_marker() -> None:
    assert f"  {ID}" in texts(f"warning: VM {ID} has changed since the plan was made", 40)
    assert texts(f"  - {ID}", 40) == [f"  - {ID}"]
    assert texts(f"  id      {ID}", 40) == [f"  id      {ID}"]


def test_a_label_and_its_id_stay_together() -> None:
    line = f"  + a-user-assigned-identity (group)  client {'0' * 36}"
    assert texts(line, 60) == ["  + a-user-assigned-identity (group)", f"    client {'0' * 36}"]
    assert texts(line, 45) == ["  + a-user-assigned-identity (group)  client", f"    {'0' * 36}"]


@pytest.mark.parametrize(
    "command",
    [
        f"vmident remove-user {ID} --identity {ID}",
        "uv pip install --python /home/me/.venv/bin/python 'httptools>=0.6'",
        "/home/me/the environment/bin/python -m pip install 'httptools>=0.6'",
        "pipx inject vmident 'httptools>=0.6' 'trustme>=1.2' 'uvicorn>=0.34'",
        "ssh-keygen -y -f /home/me/.ssh/a-key-with-a-name > /home/me/.ssh/a-key-with-a-name.pub",
    ],
)
def test_a_command_at_the_end_stays_whole_on_a_line_of_its_own(command: str) -> None:
    assert texts(f"  To detach it first: {command}", 60) == ["  To detach it first:", f"    {command}"]
    alone = "  export VMIDENT_ARM_ENDPOINT=https://127.0.0.1:10443 AZURE_AUTHORITY_HOST=https://127.0.0.1:10443"
    assert texts(alone, 60) == [alone]


@given(st.lists(st.sampled_from(["a", "word", "of", ID, "vm-1"]), max_size=30), st.integers(10, 120))
def test_wrapping_loses_no_word(words: list[str], width: int) -> None:
    lines = texts(" ".join(words), width)
    assert " ".join(lines).split() == words
    assert all(len(line) <= width or ID in line or len(line) <= 12 for line in lines)
