"""The language inside `[...]` of a deployment template: text in, a tree out, and the tree's value; pure.

1. A text that begins with `[` and ends with `]` is an expression; one that begins with `[[` is the text after its
   first bracket; any other text is itself.
2. An expression is a text in single quotes (two of them stand for one), a whole number, or a call, followed by any
   number of `.member` and `[index]`.
3. Names of functions and of members compare without regard to case.
4. `if` evaluates only the branch that it takes.

Source: Microsoft's page 'Syntax and expressions in ARM templates'. The words of refusals are Azure's as seen in
public reports, with line and column left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Function = Callable[..., Any]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[()\[\],.]))")
_END = ("end", "")
_LONGEST = 24_576


class ExpressionInvalid(Exception):
    """An expression that cannot be read, or that has no value; the message is what Azure says inside its own."""


@dataclass(frozen=True)
class Literal:
    """A text or a number."""

    value: Any


@dataclass(frozen=True)
class Applied:
    """A function's name, as written, and its arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Picked:
    """A member or an element of what stands before it."""

    whole: Node
    key: Node


Node = Literal | Applied | Picked


def is_expression(text: str) -> bool:
    """Return whether a text is an expression (rule 1)."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def parsed(text: str, longest: int = _LONGEST) -> Node:
    """Read the expression in `text`, brackets included (rule 2); raises `ExpressionInvalid`.

    A template's has at most 24576 characters (Microsoft's page 'Template limits').
    """
    if len(text) > longest:
        message = f"The language expression length limit exceeded. Limit: '{longest}' and actual: '{len(text)}'."
        raise ExpressionInvalid(message)
    tokens = list(_tokens(text[1:-1], text))
    node, at = _expression(tokens, 0, text)
    if tokens[at] != _END:
        raise _unexpected(text, "EndOfData", tokens[at])
    return node


def _tokens(inner: str, whole: str) -> Iterator[tuple[str, str]]:
    at = 0
    inner = inner.rstrip()
    while at < len(inner):
        found = _TOKEN.match(inner, at)
        if found is None:
            place = at + len(inner[at:]) - len(inner[at:].lstrip())
            reason = f"the string character '{inner[place]}' at position '{place}' is not expected."
            raise ExpressionInvalid(f"The language expression '{whole[1:-1]}' is not valid: {reason}")
        yield str(found.lastgroup), found[str(found.lastgroup)]
        at = found.end()
    yield _END


def _expression(tokens: list[tuple[str, str]], at: int, whole: str) -> tuple[Node, int]:
    kind, text = tokens[at]
    node: Node
    if kind == "text":
        node, at = Literal(text[1:-1].replace("''", "'")), at + 1
    elif kind == "number":
        node, at = Literal(int(text)), at + 1
    elif kind == "name":
        arguments, at = _arguments(tokens, at + 1, whole)
        node = Applied(text, arguments)
    else:
        raise _unexpected(whole, "Identifier", tokens[at])
    while tokens[at] in (("mark", "."), ("mark", "[")):
        key: Node
        if tokens[at][1] == ".":
            if tokens[at + 1][0] != "name":
                raise _unexpected(whole, "Identifier", tokens[at + 1])
            key, at = Literal(tokens[at + 1][1]), at + 2
        else:
            key, at = _expression(tokens, at + 1, whole)
            at = _past(tokens, at, "]", whole)
        node = Picked(node, key)
    return node, at


def _arguments(tokens: list[tuple[str, str]], at: int, whole: str) -> tuple[tuple[Node, ...], int]:
    at = _past(tokens, at, "(", whole)
    found: list[Node] = []
    while tokens[at] != ("mark", ")"):
        if found:
            at = _past(tokens, at, ",", whole)
        node, at = _expression(tokens, at, whole)
        found.append(node)
    return tuple(found), at + 1


def _past(tokens: list[tuple[str, str]], at: int, mark: str, whole: str) -> int:
    if tokens[at] != ("mark", mark):
        raise _unexpected(whole, mark, tokens[at])
    return at + 1


def _unexpected(whole: str, wanted: str, found: tuple[str, str]) -> ExpressionInvalid:
    actual = "EndOfData" if found == _END else found[1]
    return ExpressionInvalid(
        f"Unable to parse language expression '{whole[1:-1]}': expected token '{wanted}' and actual '{actual}'."
    )


def value_of(node: Node, functions: Mapping[str, Function]) -> Any:
    """Return a tree's value; `functions` are by name in lower case. Raises `ExpressionInvalid`."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Picked):
        return picked(value_of(node.whole, functions), value_of(node.key, functions))
    name = node.name.lower()
    if name == "if" and len(node.arguments) == 3:
        condition = value_of(node.arguments[0], functions)
        if not isinstance(condition, bool):
            raise argument_invalid(node.name)
        return value_of(node.arguments[1 if condition else 2], functions)
    if name not in functions:
        raise ExpressionInvalid(
            f"The template function '{node.name}' is not valid. Please see https://aka.ms/arm-template-expressions "
            "for usage details."
        )
    arguments = [value_of(argument, functions) for argument in node.arguments]
    try:
        return functions[name](*arguments)
    except (TypeError, ValueError, IndexError, AttributeError) as wrong:
        raise argument_invalid(node.name) from wrong


def argument_invalid(name: str) -> ExpressionInvalid:
    """Return the error for a wrong argument of a function; wording assumed."""
    return ExpressionInvalid(
        f"Unable to evaluate template language function '{name}': the arguments provided are not valid. Please see "
        "https://aka.ms/arm-template-expressions for usage details."
    )


def picked(whole: Any, key: Any) -> Any:
    """Return a member of an object or an element of an array; raises `ExpressionInvalid` where there is none."""
    if isinstance(whole, dict) and isinstance(key, str):
        for name, value in whole.items():
            if name.lower() == key.lower():
                return value
        raise ExpressionInvalid(
            f"The language expression property '{key}' doesn't exist, available properties are '{', '.join(whole)}'."
        )
    if isinstance(whole, list) and isinstance(key, int) and not isinstance(key, bool):
        if not 0 <= key < len(whole):
            raise ExpressionInvalid(f"The language expression property array index '{key}' is out of bounds.")
        return whole[key]
    raise ExpressionInvalid(f"The language expression property '{key}' can't be evaluated.")


def resolved(value: Any, functions: Mapping[str, Function], longest: int = _LONGEST) -> Any:
    """Return a JSON value with every expression in it replaced by its value, names of members included."""
    if isinstance(value, str):
        if is_expression(value):
            return value_of(parsed(value, longest), functions)
        return value[1:] if value.startswith("[[") else value
    if isinstance(value, list):
        return [resolved(element, functions, longest) for element in value]
    if isinstance(value, dict):
        return {
            str(resolved(name, functions, longest)): resolved(member, functions, longest)
            for name, member in value.items()
        }
    return value


def applications(value: Any, longest: int = _LONGEST) -> Iterator[Applied]:
    """List every call within the expressions of a JSON value, in the order of the text."""
    if isinstance(value, str) and is_expression(value):
        yield from _applied_in(parsed(value, longest))
    elif isinstance(value, list):
        for element in value:
            yield from applications(element, longest)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from applications(name, longest)
            yield from applications(member, longest)


def _applied_in(node: Node) -> Iterator[Applied]:
    if isinstance(node, Picked):
        yield from _applied_in(node.whole)
        yield from _applied_in(node.key)
    elif isinstance(node, Applied):
        yield node
        for argument in node.arguments:
            yield from _applied_in(argument)
