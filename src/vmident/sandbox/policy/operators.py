"""The operators of a condition: one value of a resource, or of an expression, against what the rule says.

1. Texts compare without regard to case; only `match` and `notMatch` regard it.
2. `like` takes one `*` at most, `contains` none. Without a `*`, `like` is `equals`.
3. `match` takes as many characters as its pattern has: `#` is a digit, `?` a letter, `.` any character, and every other
   one itself.
4. A number or a boolean equals the text that JSON writes it as: the page compares `less(…)`, a boolean, with `"true"`.
5. Null is what a missing property has. It equals nothing, is in nothing and is like nothing, so `notEquals`, `notIn`,
   `notLike`, `notMatch`, `notContains` and `notContainsKey` are true of it; `exists` is false. Assumed for all but
   `exists`, as the page is silent; Azure's own definitions rely on it for tags that are missing.
6. `less` and its kin take two integers, two dates or two texts, and fail on anything else, null included.
7. `in` and `notIn` need an array on the right, `containsKey` an object on the left.

Source: Microsoft's page 'Azure Policy definition structure policy rule', section 'Conditions'.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

from vmident.sandbox.deployments.value_functions import folded
from vmident.sandbox.policy.rule_errors import EvaluationFailed

if TYPE_CHECKING:
    from collections.abc import Callable

_NEGATED = {
    "notequals": "equals",
    "notlike": "like",
    "notmatch": "match",
    "notmatchinsensitively": "matchinsensitively",
    "notcontains": "contains",
    "notin": "in",
    "notcontainskey": "containskey",
}
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "less": operator.lt,
    "lessorequals": operator.le,
    "greater": operator.gt,
    "greaterorequals": operator.ge,
}


def holds(name: str, value: Any, wanted: Any) -> bool:
    """Return whether an operator, named in lower case, holds between a value and what the rule says of it.

    Raises `EvaluationFailed` where the types are not those that the operator takes.
    """
    if name in _NEGATED:
        return not holds(_NEGATED[name], value, wanted)
    if name in _ORDERED:
        return _ordered(name, value, wanted)
    return _OPERATORS[name](value, wanted)


def problem_with(name: str, wanted: Any) -> str | None:
    """Return what is wrong with the right side of an operator, named in lower case; None where nothing is."""
    plain = _NEGATED.get(name, name)
    if plain == "in":
        return None if isinstance(wanted, list) else "an array"
    if plain == "exists":
        is_truth = isinstance(wanted, bool) or str(wanted).lower() in ("true", "false")
        return None if is_truth else "'true' or 'false'"
    if plain in _ORDERED:
        is_comparable = isinstance(wanted, (int, str)) and not isinstance(wanted, bool)
        return None if is_comparable else "a number, a date or a string"
    if plain == "equals":
        return "a string, a number or a boolean" if isinstance(wanted, (list, dict)) else None
    if not isinstance(wanted, str):
        return "a string"
    if plain == "like" and wanted.count("*") > 1:
        return "a string with at most one wildcard character '*'"
    if plain == "contains" and "*" in wanted:
        return "a string without the wildcard character '*'"
    return None


def is_exact(name: str) -> bool:
    """Return whether an operator compares whole texts: those for which two spellings of a region are the same."""
    return _NEGATED.get(name, name) in ("equals", "in")


def _plain(value: Any) -> str | None:
    """Return a scalar as a text to compare (rules 1 and 4); None for null, an array and an object."""
    if isinstance(value, str):
        return folded(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value).upper() if isinstance(value, (int, float)) else None


def _equals(value: Any, wanted: Any) -> bool:
    one, other = _plain(value), _plain(wanted)
    return one is not None and one == other


def _like(value: Any, wanted: Any) -> bool:
    text = _plain(value)
    if text is None:
        return False
    start, star, end = folded(wanted).partition("*")
    if not star:
        return text == start
    return len(text) >= len(start) + len(end) and text.startswith(start) and text.endswith(end)


def _pattern(wanted: str) -> str:
    classes = {"#": r"\d", "?": r"[^\W\d_]", ".": "."}
    return "".join(classes.get(one, re.escape(one)) for one in wanted)


def _match(value: Any, wanted: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(_pattern(wanted), value, re.DOTALL) is not None


def _match_insensitively(value: Any, wanted: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(_pattern(folded(wanted)), folded(value), re.DOTALL) is not None


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, (list, dict)):
        raise EvaluationFailed("The condition 'contains' takes a string")
    text = _plain(value)
    return text is not None and folded(wanted) in text


def _contains_key(value: Any, wanted: Any) -> bool:
    if value is None or value == "":
        return False
    if not isinstance(value, dict):
        raise EvaluationFailed("The condition 'containsKey' takes an object")
    return folded(wanted) in {folded(name) for name in value}


def _exists(value: Any, wanted: Any) -> bool:
    return (value is not None) == (str(wanted).lower() == "true")


def _ordered(name: str, value: Any, wanted: Any) -> bool:
    numbers = [isinstance(one, int) and not isinstance(one, bool) for one in (value, wanted)]
    if all(numbers):
        return _ORDERED[name](value, wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        return _ORDERED[name](folded(value), folded(wanted))
    raise EvaluationFailed(f"The condition '{name}' cannot compare values of different types")


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _equals,
    "like": _like,
    "match": _match,
    "matchinsensitively": _match_insensitively,
    "contains": _contains,
    "in": lambda value, wanted: any(_equals(value, one) for one in wanted),
    "containskey": _contains_key,
    "exists": _exists,
}
NAMES = frozenset({*_OPERATORS, *_NEGATED, *_ORDERED})
