"""Command lines to copy into a shell. Knows nothing of any command."""

from __future__ import annotations

import re
import shlex

# Text that a POSIX shell, PowerShell and cmd.exe all read back from between double quotes as it stands.
_FIT_FOR_DOUBLE_QUOTES = re.compile(r"[\w @+=:,./()-]+", re.ASCII)


def command_line(*words: object) -> str:
    """Return the command line that a POSIX shell splits into exactly these words, such as `vmident show web01`.

    Each word is quoted where it needs to be. Every command in a hint is made here, so that a name from Azure or from a
    file can neither break the command that is pasted nor run another one.
    """
    return " ".join(_quoted(str(word)) for word in words)


def _quoted(word: str) -> str:
    quoted = shlex.quote(word)
    return f'"{word}"' if quoted != word and _FIT_FOR_DOUBLE_QUOTES.fullmatch(word) else quoted
