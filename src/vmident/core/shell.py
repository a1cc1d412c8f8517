"""Command lines to copy into a shell. Knows nothing of any command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence

# Text that a POSIX shell, PowerShell and cmd.exe all read back from between double quotes as it stands.
_FIT_FOR_DOUBLE_QUOTES = re.compile(r"[\w @+=:,./()-]+", re.ASCII)


def command_line(*words: object) -> str:
    """Return the command line that a POSIX shell splits into exactly these words, such as `vmident show web01`.

    Each word is quoted where it needs to be. Every command in a hint is made here, so that a name from Azure or from a
    file can neither break the command that is pasted nor run another one.
    """
    return " ".join(_quoted(str(word)) for word in words)


def with_typed_words(hint: str, vm: str, vm_words: Sequence[str], identities: Iterable[str]) -> str:
    """Return a hint whose vmident commands name resources as the user did, instead of by ID.

    `vm` is the ID of a VM, `vm_words` what stands for it, such as `web01 -g prod`. `identities` are names; where just
    one identity of that name is in a command, its ID is replaced. IDs that are a scope, and those in commands of the
    Azure CLI, stay.
    """
    before, command, text = hint.partition("vmident ")
    if not command:
        return hint
    words = command_line(*vm_words)
    text = re.sub(rf'(?<!--scope )("?){re.escape(vm)}\1(?=\s|$)', lambda _id: words, text, flags=re.IGNORECASE)
    for name in identities:
        pattern = re.compile(rf'(?<=--identity )("?)(/[^\s"]+/{re.escape(name)})\1(?=\s|$)', re.IGNORECASE)
        if len({found[2].lower() for found in pattern.finditer(text)}) == 1:
            text = pattern.sub(command_line(name), text)
    return f"{before}{command}{text}"


def _quoted(word: str) -> str:
    # zsh reads `=ls` as the path of `ls`.
    quoted = f"'{word}'" if word.startswith("=") and "'" not in word else shlex.quote(word)
    return f'"{word}"' if quoted != word and _FIT_FOR_DOUBLE_QUOTES.fullmatch(word) else quoted
