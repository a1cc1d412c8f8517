r"""Bicep's language, as its formatter lays it out; knows no resource.

Source: Microsoft's 'Data types in Bicep' (strings) and 'Understand the structure and syntax of Bicep files', read on
2026-11-28. In a string `'`, `\`, line ends, tabs and `${` are escaped by a backslash, other characters that do not show
as `\u{…}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from vmident.core.naming import visible, without_lone_surrogates

Value: TypeAlias = "str | tuple[str, ...] | Mapping[str, Value]"
"""An expression as text, an array of them, or an object by names that are written already."""

_ESCAPES = {"'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_INDENT = "  "
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def bicep_string(text: str) -> str:
    """Return a string literal that is this text; lone surrogates, which UTF-8 has not, become U+FFFD."""
    whole = without_lone_surrogates(text)
    escaped = "".join(_ESCAPES.get(one) or (one if one.isprintable() else f"\\u{{{ord(one):x}}}") for one in whole)
    return "'" + escaped.replace("${", "\\${") + "'"


def bicep_name(text: str) -> str:
    """Return a name of an object's member: quoted only where it is no identifier, as Bicep's linter wants it."""
    return text if _IDENTIFIER.fullmatch(text) else bicep_string(text)


def bicep_comment(text: str) -> str:
    """Return a comment of one line: line ends and other characters that do not show are visible escapes."""
    return f"// {visible(without_lone_surrogates(text))}"


def declaration(header: str, members: Mapping[str, Value]) -> str:
    """Return a declaration such as `resource app 'TYPE@VERSION' = {…}`."""
    return "\n".join([f"{header} = {{", *_members(members, _INDENT), "}"])


def _members(members: Mapping[str, Value], indent: str) -> Iterator[str]:
    deeper = indent + _INDENT
    for name, value in members.items():
        if isinstance(value, str):
            yield f"{indent}{name}: {value}"
        elif isinstance(value, Mapping):
            yield from (f"{indent}{name}: {{", *_members(value, deeper), f"{indent}}}")
        else:
            yield from (f"{indent}{name}: [", *(f"{deeper}{one}" for one in value), f"{indent}]")
