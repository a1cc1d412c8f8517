r"""Terraform's language, written as `terraform fmt` lays it out; knows no provider.

Source: Terraform's 'Strings and Templates' and 'Style Conventions', read on 2026-11-28. In quoted text `"`, `\` and
control characters are escaped, and `$${` and `%%{` stand for `${` and `%{`. Equals signs of neighboring lines are
aligned, except those of values that take several lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from vmident.core.naming import visible, without_lone_surrogates

Value: TypeAlias = "str | tuple[str, ...] | Mapping[str, Value]"
"""An expression as text, a list of them, or an object whose keys are expressions."""

Group: TypeAlias = "Mapping[str, Value]"
"""Arguments without an empty line between them."""

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_INDENT = "  "


def hcl_string(text: str) -> str:
    """Return a string literal that is this text; lone surrogates, which UTF-8 has not, become U+FFFD."""
    whole = without_lone_surrogates(text)
    escaped = "".join(_ESCAPES.get(one) or (one if one.isprintable() else _code_point(one)) for one in whole)
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def hcl_key(text: str) -> str:
    """Return a string literal in ASCII alone, so that its width in columns is certain."""
    return "".join(one if one.isascii() else _code_point(one) for one in hcl_string(text))


def hcl_comment(text: str) -> str:
    """Return a comment of one line: line ends and other characters that do not show are visible escapes."""
    return f"# {visible(without_lone_surrogates(text))}"


def block(header: str, *groups: Group) -> str:
    """Return a block, such as `resource "azurerm_role_assignment" "reader"`, with an empty line between groups."""
    lines = [f"{header} {{"]
    for number, group in enumerate(groups):
        lines += [""] if number else []
        lines += _arguments(group, _INDENT)
    return "\n".join([*lines, "}"])


def _arguments(group: Mapping[str, Value], indent: str) -> Iterator[str]:
    """Yield the lines of arguments or of an object's members; a value of several lines parts those around it."""
    waiting: list[tuple[str, str]] = []
    for name, value in group.items():
        if isinstance(value, Mapping) and value:
            yield from _aligned(waiting, indent)
            waiting = []
            yield f"{indent}{name} = {{"
            yield from _arguments(value, indent + _INDENT)
            yield f"{indent}}}"
        else:
            waiting.append((name, _on_one_line(value)))
    yield from _aligned(waiting, indent)


def _on_one_line(value: Value) -> str:
    if isinstance(value, str):
        return value
    return "{}" if isinstance(value, Mapping) else f"[{', '.join(value)}]"


def _aligned(pairs: Iterable[tuple[str, str]], indent: str) -> Iterator[str]:
    pairs = list(pairs)
    width = max((len(name) for name, _ in pairs), default=0)
    return (f"{indent}{name.ljust(width)} = {text}" for name, text in pairs)


def _code_point(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
