"""The help of every command as a user sees it, 80 columns wide; run as a module, it rewrites the goldens."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vmident.cli.app import program
from vmident.cli.main import main
from vmident.cli.runtime import runtime_of_process

FOLDER = Path(__file__).resolve().parents[1] / "goldens" / "help"


def command_words() -> list[tuple[str, ...]]:
    """Every command's words: `()` for the program itself, `("sandbox", "reset")` for one of a group."""
    return list(_words_below((), program()))


def _words_below(words: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:
    yield words
    for name, below in getattr(command, "commands", {}).items():
        yield from _words_below((*words, name), below)


def golden_of(words: tuple[str, ...]) -> Path:
    return FOLDER / f"{'-'.join(words) or 'vmident'}.txt"


def help_of(words: tuple[str, ...]) -> str:
    """What `vmident <words> --help` prints; the caller has set COLUMNS to 80."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main([*words, "--help"], runtime_of_process(contextlib.nullcontext))
    assert code == 0, words
    return printed.getvalue()


def rewrite() -> None:
    os.environ["COLUMNS"] = "80"
    os.environ["NO_COLOR"] = "1"
    FOLDER.mkdir(parents=True, exist_ok=True)
    for stale in FOLDER.glob("*.txt"):
        stale.unlink()
    for words in command_words():
        golden_of(words).write_text(help_of(words), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(command_words())} help texts are in tests/goldens/help.\n")


if __name__ == "__main__":
    rewrite()
