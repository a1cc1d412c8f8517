"""What the README of every export has: Markdown, and the parts of the file that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vmident.core.export.unsupported import Unsupported
from vmident.core.shell import command_line
from vmident.render.text import escape_control_characters


def plain(text: str) -> str:
    """Return text from a desired-state file as it stands within a Markdown paragraph or table cell, on one line."""
    escaped = escape_control_characters(text)
    return "".join(f"\\{one}" if one in "\\`*_{}[]<>()#!|~&" else one for one in escaped)


def missing_section(unsupported: Sequence[Unsupported]) -> list[str]:
    """Return the lines about what was not exported; none where everything was."""
    if not unsupported:
        return []
    listed = [f"* Line {one.line}: {plain(one.what)}. {plain(one.reason)}" for one in unsupported]
    return ["## Not exported", "", "These parts of the desired-state file are not in this folder:", "", *listed, ""]


def shell_block(command: str) -> str:
    """Return a command line as a block of code, which no text in it can end."""
    return f"```sh\n{escape_control_characters(command)}\n```"


def plan_command(file: str, *words: str) -> str:
    """Return the command that shows what is left to do for a desired-state file, `-` for standard input."""
    return command_line("vmident", "plan", "-f", file, *words)


def document(lines: Iterable[str]) -> str:
    """Return lines as a file that ends in one line feed."""
    return "\n".join(lines).rstrip("\n") + "\n"
