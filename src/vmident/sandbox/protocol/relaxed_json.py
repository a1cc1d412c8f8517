"""JSON as ARM reads it in deployment bodies: rewritten as strict JSON, then parsed by the standard library.

    {properties: {template: {'resources': [], /* none yet */}, }}

ARM's parser takes unquoted member names, single quotes, comments, trailing commas and line breaks in strings. The
Azure CLI relies on it: it sends `template` as an unquoted name, followed by the template file as it is. Source:
Microsoft's page 'Understand the structure and syntax of ARM templates', and requests of the Azure CLI 2.91.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*")
      | (?P<apostrophes>'(?:[^'\\]|\\.)*')
      | (?P<blank>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<word>[A-Za-z_$][\w$]*)
      | (?P<other>[-\d][\w.+-]*|.)""",
    re.VERBOSE | re.DOTALL,
)
_UNESCAPED_QUOTE = re.compile(r"""\\(.)|(")""", re.DOTALL)


def parse(text: str) -> Any:
    """Return the value of a relaxed JSON text; raises `ValueError` for text that is not valid even so."""
    return json.loads(" ".join(_strict(text)), strict=False, parse_constant=_refuse)


def _strict(text: str) -> Iterator[str]:
    """Yield the text's tokens, each as strict JSON writes it, without comments and trailing commas."""
    tokens = [(found.lastgroup, found[0]) for found in _TOKEN.finditer(text) if found.lastgroup != "blank"]
    following = [part for _, part in tokens[1:]]
    for (kind, part), after in zip(tokens, [*following, ""], strict=True):
        if part == "," and after in {"}", "]"}:
            continue
        if kind == "apostrophes":
            yield f'"{_UNESCAPED_QUOTE.sub(_requoted, part[1:-1])}"'
        elif kind == "word" and after == ":":
            yield f'"{part}"'
        else:
            yield part


def _requoted(found: re.Match[str]) -> str:
    if found[2]:
        return '\\"'
    return "'" if found[1] == "'" else found[0]


def _refuse(name: str) -> Any:
    raise ValueError(name)
