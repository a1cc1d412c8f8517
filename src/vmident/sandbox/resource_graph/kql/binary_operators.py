"""Operators between two values: conditions, comparisons and arithmetic.

Source: 'Null values', 'Logical operators' and 'String operators' in Microsoft's reference of the Kusto Query Language.
A dynamic value compared with a text is compared as text, so a missing one equals the empty text: widely used queries
for orphaned resources (`properties.ipConfiguration == ""`) rely on that.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

from vmident.sandbox.resource_graph.kql.errors import SemanticFailure
from vmident.sandbox.resource_graph.kql.expression_parser import STRING_SIGNS
from vmident.sandbox.resource_graph.kql.string_operators import compiled, string_test
from vmident.sandbox.resource_graph.kql.values import NUMBERS, Row, as_kind, to_bool, to_number, to_text

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = ("string", "guid")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Compiled(NamedTuple):
    """A value of each row, and its type; `constant` is the value where it is the same for all rows, and not null."""

    kind: str
    of: Callable[[Row], Any]
    constant: Any = None


def as_bool(of: Compiled, where: str) -> Callable[[Row], bool | None]:
    """Return a condition's value; raises `SemanticFailure` for a type that cannot be one."""
    if of.kind not in ("bool", "dynamic"):
        raise SemanticFailure(f"'{where}' operator: a condition has to be of type bool; found {of.kind}.")
    return of.of if of.kind == "bool" else lambda row: to_bool(of.of(row))


def binary(sign: str, left: Compiled, right: Compiled) -> Compiled:
    """Compile an operator between two values; raises `SemanticFailure` for types that it cannot stand between."""
    if sign in ("and", "or"):
        return _logical(sign, as_bool(left, sign), as_bool(right, sign))
    if sign in ("=~", "!~"):
        return _equality_in_any_case(sign == "=~", left, right)
    if sign in STRING_SIGNS:
        test = string_test(sign)
        return Compiled("bool", lambda row: test(as_text(left, row), as_text(right, row)))
    if sign == "matches regex":
        return Compiled("bool", lambda row: compiled(as_text(right, row)).search(as_text(left, row)) is not None)
    if sign in ("==", "!="):
        return _equality(sign == "==", *_comparable(left, right))
    if sign in _ORDER:
        return _ordering(_ORDER[sign], *_comparable(left, right))
    return _arithmetic(sign, left, right)


def _equality_in_any_case(is_equal: bool, left: Compiled, right: Compiled) -> Compiled:
    if right.constant is None:
        return Compiled("bool", lambda row: (as_text(left, row).lower() == as_text(right, row).lower()) is is_equal)
    text = to_text(right.constant).lower()
    return Compiled("bool", lambda row: (as_text(left, row).lower() == text) is is_equal)


def as_text(of: Compiled, row: Row) -> str:
    """Return a row's value as text."""
    return to_text(of.of(row))


def _logical(sign: str, left: Callable[[Row], bool | None], right: Callable[[Row], bool | None]) -> Compiled:
    decides = sign == "or"

    def logical(row: Row) -> bool | None:
        first = left(row)
        if first is decides:
            return decides
        second = right(row)
        if second is decides:
            return decides
        return None if first is None or second is None else not decides

    return Compiled("bool", logical)


def _comparable(left: Compiled, right: Compiled) -> tuple[Callable[[Row], Any], Callable[[Row], Any]]:
    """Return both sides as values that can be compared; raises `SemanticFailure` for types that cannot."""
    kinds = {left.kind, right.kind}
    if kinds <= {*TEXTS, "dynamic"} and kinds != {"dynamic"}:
        return (lambda row: as_text(left, row)), (lambda row: as_text(right, row))
    if "dynamic" in kinds and len(kinds) == 2:
        kind = (kinds - {"dynamic"}).pop()
        return (lambda row: as_kind(left.of(row), kind)), (lambda row: as_kind(right.of(row), kind))
    if kinds == {"dynamic"} or (len(kinds) > 1 and not kinds <= set(NUMBERS)):
        # Kusto's text (SEM0064).
        message = f"Cannot compare values of types {left.kind} and {right.kind}. Try adding explicit casts"
        raise SemanticFailure(message)
    return left.of, right.of


def _equality(is_equal: bool, left: Callable[[Row], Any], right: Callable[[Row], Any]) -> Compiled:
    def equality(row: Row) -> bool | None:
        first, second = left(row), right(row)
        if first is None and second is None:
            return None
        return (first == second) is is_equal

    return Compiled("bool", equality)


def _ordering(test: Callable[[Any, Any], bool], left: Callable[[Row], Any], right: Callable[[Row], Any]) -> Compiled:
    def ordering(row: Row) -> bool:
        first, second = left(row), right(row)
        return first is not None and second is not None and test(first, second)

    return Compiled("bool", ordering)


def _arithmetic(sign: str, left: Compiled, right: Compiled) -> Compiled:
    kinds = (left.kind, right.kind)
    if set(kinds) <= {*NUMBERS, "dynamic"}:
        kind = "real" if "real" in kinds else "long"
        return Compiled(kind, lambda row: _calculated(sign, _as_number(left, row), _as_number(right, row), kind))
    moments = {
        ("datetime", "-", "timespan"): "datetime",
        ("datetime", "+", "timespan"): "datetime",
        ("datetime", "-", "datetime"): "timespan",
        ("timespan", "-", "timespan"): "timespan",
        ("timespan", "+", "timespan"): "timespan",
    }
    kind_of_moment = moments.get((left.kind, sign, right.kind))
    if kind_of_moment is None:
        raise SemanticFailure(f"Cannot apply '{sign}' to values of types {left.kind} and {right.kind}.")
    apply = operator.add if sign == "+" else operator.sub
    return Compiled(kind_of_moment, lambda row: _unless_null(apply, left.of(row), right.of(row)))


def _as_number(of: Compiled, row: Row) -> float | int | None:

    return to_number(of.of(row))


def _unless_null(apply: Callable[[Any, Any], Any], first: Any, second: Any) -> Any:
    return None if first is None or second is None else apply(first, second)


def _calculated(sign: str, first: float | None, second: float | None, kind: str) -> float | int | None:
    if first is None or second is None or (sign in "/%" and second == 0):
        return None
    if sign == "/":
        return first / second if kind == "real" else int(first / second)
    return {"+": operator.add, "-": operator.sub, "*": operator.mul, "%": operator.mod}[sign](first, second)  # type: ignore[no-any-return]
