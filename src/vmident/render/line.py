"""Lines for people, each with a tone; and an error, which any command may have to draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from vmident.render.text import escape_control_characters

if TYPE_CHECKING:
    from vmident.errors import VmidentError


class Tone(Enum):
    """What a line is about, for whoever colours it."""

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


def error_lines(error: VmidentError, doing: str, names: str | None = None) -> Iterator[Line]:
    """Draw an error in three lines: what failed, why, what to do; with `names`, one more for whom it is about."""
    status = f", status {error.status}" if error.status else ""
    yield Line(f"error: {doing}: {error.code}{status}", Tone.ERROR)
    if names:
        yield Line(f"  {names}")
    request_id = f" (request id {error.request_id})" if error.request_id else ""
    for text in f"{error.message}{request_id}".split("\n"):
        yield Line(f"  {text}")
    yield Line(f"  {error.hint or 'Run the command again with --debug to see every request.'}", Tone.FAINT)
