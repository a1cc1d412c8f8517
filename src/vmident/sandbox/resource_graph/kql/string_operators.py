"""What `has`, `contains`, `startswith` and their like look for.

`has` matches whole terms: maximal runs of letters and digits, so 'North America' has 'america' and 'KustoExplorer' does
not have 'Explorer'. Source: 'String operators' in Microsoft's reference of the Kusto Query Language.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from vmident.sandbox.resource_graph.kql.errors import SemanticFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"


@lru_cache(maxsize=512)
def _term(text: str, *, starts: bool, ends: bool) -> re.Pattern[str]:
    before = _BEFORE if starts and text[:1].isalnum() else ""
    after = _AFTER if ends and text[-1:].isalnum() else ""
    return re.compile(f"{before}{re.escape(text)}{after}")


def has_term(value: str, term: str) -> bool:
    """Return whether a term stands in a text, in this very case."""
    return _term(term, starts=True, ends=True).search(value) is not None


def _has_prefix(value: str, term: str) -> bool:
    return _term(term, starts=True, ends=False).search(value) is not None


def _has_suffix(value: str, term: str) -> bool:
    return _term(term, starts=False, ends=True).search(value) is not None


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "has": has_term,
    "hasprefix": _has_prefix,
    "hassuffix": _has_suffix,
    "contains": lambda value, text: text in value,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def string_test(sign: str) -> Callable[[str, str], bool]:
    """Return the test of an operator such as `has`, `!has` or `contains_cs`; without `_cs` it takes any case."""
    is_negated, name = sign.startswith("!"), sign.lstrip("!")
    test = _TESTS[name.removesuffix("_cs")]

    def in_any_case(value: str, text: str) -> bool:
        return test(value.lower(), text.lower())

    found = test if name.endswith("_cs") else in_any_case
    return (lambda value, text: not found(value, text)) if is_negated else found


def among_test(sign: str) -> Callable[[str, Iterable[str]], bool]:
    """Return the test of `in~`, `!in~`, `has_any` and `has_all` for texts."""
    if sign in ("has_any", "has_all"):
        has, among = string_test("has"), any if sign == "has_any" else all
        return lambda value, choices: among(has(value, choice) for choice in choices)
    folds = sign.endswith("~")

    def is_among(value: str, choices: Iterable[str]) -> bool:
        found = value.lower() in {choice.lower() for choice in choices} if folds else value in set(choices)
        return found is not sign.startswith("!")

    return is_among


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a regular expression; raises `SemanticFailure`.

    Kusto has RE2's dialect, this is Python's: what both have means the same.
    """
    try:
        return re.compile(pattern)
    except re.error as bad:
        raise SemanticFailure(f"Regex pattern is ill-formed: '{pattern}': {bad}.") from bad
