"""Expressions compiled to functions of a row, each with the type of its value.

An unknown name fails when the query is compiled, whatever rows there are. Conditions know three values: null is
neither true nor false, and `where` takes it as false.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from vmident.sandbox.resource_graph.kql import functions, syntax
from vmident.sandbox.resource_graph.kql.binary_operators import TEXTS, Compiled, as_bool, as_text, binary
from vmident.sandbox.resource_graph.kql.errors import SemanticFailure
from vmident.sandbox.resource_graph.kql.known_names import CONVERSIONS
from vmident.sandbox.resource_graph.kql.string_operators import among_test
from vmident.sandbox.resource_graph.kql.values import Row, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Scope(NamedTuple):
    """What names mean: columns with their types, and constants of `let`; `where` names the operator for errors.

    `first_column` evaluates a query for `in (…)`; `now` is the time of the query.
    """

    columns: Mapping[str, str]
    where: str
    now: datetime
    first_column: Callable[[syntax.Pipeline | str], list[Any] | None]
    constants: Mapping[str, syntax.Literal]


def compile_expression(expression: syntax.Expression, scope: Scope) -> Compiled:
    """Compile an expression; raises `SemanticFailure` and `NotSupported`."""
    match expression:
        case syntax.Literal(kind, value):
            return Compiled(kind, lambda _row: value, value)
        case syntax.Name(name):
            return _name(name, scope)
        case syntax.Member(of, key):
            return _member(compile_expression(of, scope), compile_expression(key, scope))
        case syntax.Call(name, arguments):
            return _call(name, arguments, scope)
        case syntax.AmongValues():
            return _among(expression, scope)
        case syntax.Binary(sign, left, right):
            return binary(sign, compile_expression(left, scope), compile_expression(right, scope))


def condition_of(expression: syntax.Expression, scope: Scope) -> Callable[[Row], bool]:
    """Compile a condition: null is false."""
    condition = as_bool(compile_expression(expression, scope), scope.where)
    return lambda row: condition(row) is True


def column_name(expression: syntax.Expression) -> str | None:
    """Return the name of an unnamed column: `properties.a.b` is `properties_a_b`; `None` where Kusto numbers it."""
    match expression:
        case syntax.Name(name):
            return name
        case syntax.Member(of, syntax.Literal(_, key)):
            before = column_name(of)
            return f"{before}_{key}" if before else None
        case syntax.Call(name, (argument, *_)) if name in CONVERSIONS:
            return column_name(argument)
    return None


def _name(name: str, scope: Scope) -> Compiled:
    if name in scope.columns:
        return Compiled(scope.columns[name], lambda row: row[name])
    if name in scope.constants:
        constant = scope.constants[name]
        return Compiled(constant.kind, lambda _row: constant.value)
    # Kusto's text; how Resource Graph codes it is assumed.
    message = f"'{scope.where}' operator: Failed to resolve column or scalar expression named '{name}'"
    raise SemanticFailure(message)


def _member(of: Compiled, key: Compiled) -> Compiled:
    if of.kind != "dynamic":
        # Kusto's text.
        message = f"Path expression source must be of type dynamic. Received a source of type {of.kind} instead"
        raise SemanticFailure(message)

    def member(row: Row) -> Any:
        value, name = of.of(row), key.of(row)
        if isinstance(value, dict):
            return value.get(to_text(name))
        if isinstance(value, list) and isinstance(name, int) and -len(value) <= name < len(value):
            return value[name]
        return None

    return Compiled("dynamic", member)


def _call(name: str, expressions: tuple[syntax.Expression, ...], scope: Scope) -> Compiled:
    function = None if name in _SPECIAL else functions.function_named(name, len(expressions))
    arguments = [compile_expression(one, scope) for one in expressions]
    if function is None:
        return _SPECIAL[name](arguments, scope)
    takes = [*function.takes, *[function.takes[-1]] * len(arguments)][: len(arguments)]

    def call(row: Row) -> Any:
        values = [functions.converted(kind, one.of(row)) for kind, one in zip(takes, arguments, strict=True)]
        return function.apply(*values)

    return Compiled(functions.returned_kind(name, function, [one.kind for one in arguments]), call)


def _ago(arguments: list[Compiled], scope: Scope) -> Compiled:
    moment = scope.now - _offset("ago", arguments)
    return Compiled("datetime", lambda _row: moment)


def _now(arguments: list[Compiled], scope: Scope) -> Compiled:
    moment = scope.now + (_offset("now", arguments) if arguments else timedelta(0))
    return Compiled("datetime", lambda _row: moment)


def _offset(name: str, arguments: list[Compiled]) -> timedelta:
    offset = arguments[0].of({}) if len(arguments) == 1 and arguments[0].kind == "timespan" else None
    if not isinstance(offset, timedelta):
        raise SemanticFailure(f"{name}(): function expects a timespan.")
    return offset


def _negated(arguments: list[Compiled], _scope: Scope) -> Compiled:
    (of,) = arguments

    def negated(row: Row) -> Any:
        value = of.of(row)
        return -value if isinstance(value, (int, float, timedelta)) else None

    return Compiled(of.kind, negated)


_SPECIAL = {"ago": _ago, "now": _now, "negate": _negated}
"""What needs more than its arguments' values: the time of the query, or their types."""


def _among(expression: syntax.AmongValues, scope: Scope) -> Compiled:
    left = compile_expression(expression.left, scope)
    choices = _choices(expression, scope)
    if left.kind in (*TEXTS, "dynamic") and all(isinstance(one, str) or one is None for one in choices):
        test, texts = among_test(expression.sign), [to_text(one) for one in choices]
        return Compiled("bool", lambda row: test(as_text(left, row), texts))
    is_negated = expression.sign.startswith("!")

    def is_among(row: Row) -> bool:
        value = left.of(row)
        return (value is not None and any(value == one for one in choices)) is not is_negated

    return Compiled("bool", is_among)


def _choices(expression: syntax.AmongValues, scope: Scope) -> list[Any]:
    """Return the constants that a value may equal: those listed, the elements of arrays, or a query's first column."""
    if expression.query is not None:
        return scope.first_column(expression.query) or []
    found: list[Any] = []
    for choice in expression.choices:
        column = scope.first_column(choice.name) if isinstance(choice, syntax.Name) else None
        if column is not None:
            found += column
            continue
        # Columns are not in scope: Kusto takes constants here.
        value = compile_expression(choice, scope._replace(columns={})).of({})
        found += value if isinstance(value, list) else [value]
    return found
