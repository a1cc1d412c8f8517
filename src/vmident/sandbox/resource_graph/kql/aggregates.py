"""Aggregates of `summarize`: over the rows of a group, one value.

Source: the pages of the aggregation functions in Microsoft's reference of the Kusto Query Language: nulls are left out,
`count()` and `countif()` count rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vmident.sandbox.resource_graph.kql import syntax
from vmident.sandbox.resource_graph.kql.binary_operators import Compiled
from vmident.sandbox.resource_graph.kql.errors import SemanticFailure
from vmident.sandbox.resource_graph.kql.expressions import (
    Scope,
    column_name,
    compile_expression,
    condition_of,
)
from vmident.sandbox.resource_graph.kql.values import NUMBERS, Row, canonical, to_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AGGREGATES = frozenset(
    {"count", "countif", "dcount", "make_list", "makelist", "make_set", "makeset", "min", "max", "sum", "avg"}
)
_NAMES = {"make_list": "list", "makelist": "list", "make_set": "set", "makeset": "set"}


class Aggregate(NamedTuple):
    """One aggregate: its type, and its value over a group's rows."""

    kind: str
    over: Callable[[Sequence[Row]], Any]


def compile_aggregate(call: syntax.Call, scope: Scope) -> Aggregate:
    """Compile an aggregate; raises `SemanticFailure`."""
    name, arguments = call.function, call.arguments
    if name == "count":
        _check_count(call, 0)
        return Aggregate("long", len)
    if name == "countif":
        _check_count(call, 1)
        condition = condition_of(arguments[0], scope)
        return Aggregate("long", lambda rows: sum(condition(row) for row in rows))
    _check_count(call, 1, 2 if name.startswith(("make", "dcount")) else 1)
    value = compile_expression(arguments[0], scope)
    most = compile_expression(arguments[1], scope).of({}) if len(arguments) > 1 and name != "dcount" else None
    if name == "dcount":
        return Aggregate("long", lambda rows: len({canonical(one) for one in _values(value, rows)}))
    if name in ("make_list", "makelist"):
        return Aggregate("dynamic", lambda rows: [to_wire(one) for one in _values(value, rows)][:most])
    if name in ("make_set", "makeset"):
        return Aggregate("dynamic", lambda rows: _distinct(_values(value, rows))[:most])
    return _of_ordered(name, value)


def _distinct(values: list[Any]) -> list[Any]:
    return list({canonical(one): to_wire(one) for one in values}.values())


def _of_ordered(name: str, value: Compiled) -> Aggregate:
    if name in ("sum", "avg") and value.kind not in NUMBERS:
        raise SemanticFailure(f"{name}(): argument has to be a number; found {value.kind}.")
    if value.kind == "dynamic":
        raise SemanticFailure(f"{name}(): argument cannot be of type dynamic. Try adding explicit casts")
    if name == "sum":
        return Aggregate(value.kind, lambda rows: sum(_values(value, rows)))
    if name == "avg":
        return Aggregate("real", lambda rows: _mean(_values(value, rows)))
    pick = min if name == "min" else max
    return Aggregate(value.kind, lambda rows: pick(_values(value, rows), default=_nothing(value.kind)))


def _nothing(kind: str) -> str | None:
    return "" if kind == "string" else None


def _mean(values: list[Any]) -> float | None:
    return sum(values) / len(values) if values else None


def _values(value: Compiled, rows: Sequence[Row]) -> list[Any]:
    return [found for row in rows if (found := value.of(row)) is not None]


def _check_count(call: syntax.Call, least: int, most: int | None = None) -> None:
    if not least <= len(call.arguments) <= (least if most is None else most):
        raise SemanticFailure(f"{call.function}(): function expects {least} argument(s).")


def aggregate_name(expression: syntax.Expression) -> str | None:
    """Return the name of an unnamed aggregate: `count_`, `dcount_name`, `list_name`; `None` where Kusto numbers it."""
    if not isinstance(expression, syntax.Call) or expression.function not in AGGREGATES:
        return column_name(expression)
    prefix = _NAMES.get(expression.function, expression.function)
    argument = column_name(expression.arguments[0]) if expression.arguments else None
    return f"{prefix}_{argument or ''}"


def without_aggregates(expression: syntax.Expression, calls: list[syntax.Call]) -> syntax.Expression:
    """Return the expression with a name `$N` for each aggregate in it, and append the aggregates to `calls`."""
    if isinstance(expression, syntax.Call):
        if expression.function in AGGREGATES:
            calls.append(expression)
            return syntax.Name(f"${len(calls) - 1}")
        return expression._replace(arguments=tuple(without_aggregates(one, calls) for one in expression.arguments))
    if isinstance(expression, syntax.Binary):
        left, right = without_aggregates(expression.left, calls), without_aggregates(expression.right, calls)
        return expression._replace(left=left, right=right)
    if isinstance(expression, syntax.Member):
        return expression._replace(of=without_aggregates(expression.of, calls))
    return expression
