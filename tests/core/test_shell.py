"""Command lines in hints: a shell reads back the very words."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmident.core.shell import command_line, with_typed_words

HOSTILE = [
    "$(touch x)",
    "a b",
    "`id`",
    "it's",
    'say "hi"',
    "a;b",
    "!x",
    "%PATH%",
    "(prod)",
    "~",
    "*",
    "",
    "a\\b",
    "ä ö",
    "=sh",
]


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_a_shell_reads_back_the_words(words: list[str]) -> None:
    assert shlex.split(command_line(*words)) == words


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_real_shell_reads_back_hostile_words() -> None:
    printed = subprocess.run(
        ["sh", "-c", command_line("printf", "%s\\n", *HOSTILE)], capture_output=True, text=True, check=True
    )

    assert printed.stdout.splitlines() == HOSTILE


@pytest.mark.parametrize("word", ["=sh", "='sh", "=s h"])
def test_a_word_that_zsh_would_expand_is_quoted(word: str) -> None:
    assert command_line(word)[0] in "'\""


def test_words_without_need_are_not_quoted_and_spaces_take_double_quotes() -> None:
    assert command_line("az", "--role", "Key Vault Reader", "--scope", "/a/b") == (
        'az --role "Key Vault Reader" --scope /a/b'
    )


VM = "/subscriptions/s/resourceGroups/team(a)/providers/Microsoft.Compute/virtualMachines/web01"
USER = "/subscriptions/s/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"
USER_OF_B = USER.replace("/ids/", "/b/")


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        (f"See: {command_line('vmident', 'show', VM)}", 'See: vmident show web01 -g "team(a)"'),
        (
            f"Run: {command_line('vmident', 'add-user', VM.upper(), '--identity', USER, '--scope', VM)}",
            f'Run: vmident add-user web01 -g "team(a)" --identity app --scope "{VM}"',
        ),
        (
            f"Run: {command_line('vmident', 'add-user', 'x', '--identity', USER, '--identity', USER_OF_B)}",
            f"Run: vmident add-user x --identity {USER} --identity {USER_OF_B}",
        ),
        (f"On {VM} no role helps.", f"On {VM} no role helps."),
        (command_line("az", "vm", "start", "--ids", VM), command_line("az", "vm", "start", "--ids", VM)),
    ],
)
def test_commands_name_resources_as_they_were_typed(hint: str, shown: str) -> None:
    assert with_typed_words(hint, VM, ["web01", "-g", "team(a)"], ["app"]) == shown
