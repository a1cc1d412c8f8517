"""Text without the tokens that it may hold: nothing that a VM prints is shown or written before this."""

from __future__ import annotations

import re

# A JSON web token begins with the base64 of `{"`; other text of that length and these characters is not a word.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_+/=-]*)*|[A-Za-z0-9_+=-]{100,}(?:\.[A-Za-z0-9_+=-]+)*")
MASK = "***"


def masked(text: str) -> str:
    """Return text with `***` for every token, whole or cut, and for everything that looks like one."""
    return _TOKEN.sub(MASK, text)
