"""Lines for people, each with a tone; and an error, which any command may have to draw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from vmident.render.text import escape_control_characters

if TYPE_CHECKING:
    from vmident.errors import VmidentError


_SPACED_WORD = re.compile(r"\s*\S+")
# A label and its ID, set off by two spaces, are one word where a line holds both.
_PAIR_OR_WORD = re.compile(r"  (?:client|principal) \S+|\s*\S+")
_PAIR_COLUMNS = 52
_GAP = re.compile(r"\S {2,}")
_COMMAND = re.compile(r": ((?:(?:vmident|az|uv|pipx|ssh-keygen) |\S.* -m pip ).+)$")
_COMMAND_ALONE = re.compile(r"\s+(?:vmident|az|export) ")

ONE_BY_ONE_AT_MOST = 20
"""VMs of a run that are drawn one by one; those of a larger run are grouped: see `render.many`."""


class Tone(Enum):
    """The meaning of a line, which its color shows."""

    PLAIN = "plain"
    HEADING = "heading"
    ADDED = "added"
    REMOVED = "removed"
    FAINT = "faint"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Line:
    """One line of text without its end, harmless for a terminal."""

    text: str
    tone: Tone = Tone.PLAIN

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", escape_control_characters(self.text))


def wrapped(line: Line, width_columns: int) -> Iterator[Line]:
    """Wrap prose at words to a terminal's width.

    Continuation lines begin below the last column of the line, which two spaces set off, where that leaves half of the
    width, else two columns further in. A word longer than the width, such as a resource ID, is never broken. A command
    at the end of a hint goes on a line of its own, whole, so that it can be copied; one that has a line of its own
    already is not wrapped.
    """
    if len(line.text) <= width_columns or not line.text.strip() or _COMMAND_ALONE.match(line.text):
        yield line
        return
    indent = line.text[: len(line.text) - len(line.text.lstrip())]
    found = _COMMAND.search(line.text)
    word_pattern = _PAIR_OR_WORD if width_columns >= _PAIR_COLUMNS else _SPACED_WORD
    text, *words = word_pattern.findall(line.text[: found.start(1)] if found else line.text)
    column = max((gap.end() for gap in _GAP.finditer(line.text)), default=0)
    hang = " " * (column if len(indent) < column <= width_columns // 2 else len(indent) + 2)
    for word in words:
        is_pair = " " in word.strip()
        belongs = len(text) <= len(indent) + 1 or (word.startswith("  ") and not is_pair)  # to what is before it
        if belongs or len(text) + len(word) <= width_columns:
            text += word
        else:
            yield Line(text, line.tone)
            text = hang + word.lstrip()
    yield Line(text, line.tone)
    if found:
        yield Line(f"{indent}  {found[1]}", line.tone)


def error_lines(error: VmidentError, about: str | None = None, names: str | None = None) -> Iterator[Line]:
    """Draw an error: what failed and why in the first line, then details, then what to do.

    `about` is the VM or the number of VMs that failed, left out where the message names it; `names` lists those VMs.
    Azure's own error code stands in brackets; vmident's codes are for the JSON.
    """
    first, *rest = error.message.split("\n")
    subject = "" if about is None or f"'{about}'" in first else f"{about}: "
    code = f" [{error.code}]" if error.code[:1].isupper() else ""
    yield Line(f"error: {subject}{first}{code}", Tone.ERROR)
    for text in [names, *rest]:
        if text:
            yield Line(f"  {text}")
    if error.request_id:
        yield Line(f"  Request ID: {error.request_id}", Tone.FAINT)
    hint = error.hint or "Run the command again with --debug to see every request."
    for text in hint.split("\n"):
        yield Line(f"  {text}", Tone.FAINT)
