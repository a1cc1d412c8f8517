"""Patterns with `*` as conditions of Azure Policy, which match exactly what the rules of a desired-state file match.

P1  Names of VMs and groups compare without regard to case, and so do the conditions `in`, `like` and `contains`. Only
    `match` and the template function `contains()` compare with case, which values of tags need.
P2  `like` takes one `*`. Whether the texts before and after it may overlap (`a*a` in `a`) is not documented, so a
    pattern whose ends could is an expression.
P3  Two `*` are an expression: the text begins with the first part, ends in the last, and contains the middle one in
    between. More would need the position of the first match, and are refused.
P4  Azure compares names by culture, which differs from vmident's comparison for letters beyond ASCII: refused.
P5  An expression may not fail, because Azure denies requests where one does: `take()` and `skip()` accept any length,
    and a missing tag is read as the empty text.

Source: Microsoft's pages 'Azure Policy definition structure policy rule' (`match` is case-sensitive, the other
conditions are not) and 'String functions for ARM templates' (`contains()` is case-sensitive; `startsWith()`,
`endsWith()` and `indexOf()` are not).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vmident.core.export.policy.expressions import call, expression, tag_field, text_literal

Condition = dict[str, Any]

_MOST_PARTS = 3
_LONGEST_TAG_VALUE = 256
_SPECIAL_IN_MATCH = re.compile(r"[#?.\[]|[^\x20-\x7e]")
_IN_TAG_NAME = re.compile(r"[^\[\]\x00-\x1f\x7f]+")
_MOST_IN_LIST = 500


class Inexpressible(Exception):
    """A condition that Azure Policy cannot express: `what` it is in the file, and the `reason` as a sentence."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what)
        self.what = what
        self.reason = reason


def name_conditions(what: str, accessor: Condition, text: str, patterns: Sequence[str]) -> list[Condition]:
    """Return conditions of which one holds where a name matches a pattern; none where every name does.

    `accessor` reads the name (`{"field": "name"}`), and so does `text`, as an expression. `what` is `name` or `group`.
    Raises `Inexpressible`.
    """
    parts = sorted({pattern.lower(): _parts(what, pattern) for pattern in patterns}.values())
    if ["", ""] in parts:
        return []
    exact = [split[0] for split in parts if len(split) == 1]
    lists: list[Condition] = [
        {**accessor, "in": exact[start : start + _MOST_IN_LIST]} for start in range(0, len(exact), _MOST_IN_LIST)
    ]
    return [
        *lists,
        *(_name_condition(accessor, text, split) for split in parts if len(split) > 1),
    ]


def tag_condition(name: str, pattern: str) -> Condition:
    """Return the condition that a resource has a tag whose value matches the pattern; raises `Inexpressible`."""
    if not _IN_TAG_NAME.fullmatch(name):
        reason = "Azure Policy does not document how to read tags with brackets or control characters in their names."
        raise Inexpressible(f"the tag '{name}'", reason)
    parts = _split(pattern)
    if len(parts) > _MOST_PARTS:
        raise Inexpressible(f"the value '{pattern}' of tag '{name}'", _TOO_MANY)
    if len(pattern) > _LONGEST_TAG_VALUE:
        reason = f"Tag values have at most {_LONGEST_TAG_VALUE} characters."
        raise Inexpressible(f"the value of tag '{name}'", reason)
    field = tag_field(name)
    if parts == ["", ""]:
        return {"field": field, "exists": "true"}
    if len(parts) == 1 and not _SPECIAL_IN_MATCH.search(pattern):
        return {"field": field, "match": pattern}
    return _holds(_matching(call("coalesce", call("field", text_literal(field)), "''"), parts))


_TOO_MANY = "Azure Policy cannot compare text with more than two '*'."


def _parts(what: str, pattern: str) -> list[str]:
    parts = _split(pattern.lower())
    if not pattern.isascii():
        reason = "Azure Policy compares non-ASCII letters differently than vmident does."
        raise Inexpressible(f"the {what} '{pattern}'", reason)
    if len(parts) > _MOST_PARTS:
        raise Inexpressible(f"the {what} '{pattern}'", _TOO_MANY)
    return parts


def _split(pattern: str) -> list[str]:
    """Return the literal texts between `*`: one without any, `['', '']` for `*` alone."""
    return re.sub(r"\*+", "*", pattern).split("*")


def _name_condition(accessor: Condition, text: str, parts: list[str]) -> Condition:
    if len(parts) == 2 and not _may_overlap(*parts):
        return {**accessor, "like": "*".join(parts)}
    if len(parts) == 3 and not parts[0] and not parts[2]:
        return {**accessor, "contains": parts[1]}
    return _holds(_matching(call("toLower", text), parts))


def _may_overlap(start: str, end: str) -> bool:
    """Return whether a text that is shorter than both together can begin with one and end in the other (P2)."""
    return any(start.endswith(end[:size]) for size in range(1, min(len(start), len(end)) + 1))


def _holds(text: str) -> Condition:
    return {"value": expression(text), "equals": "true"}


def _matching(text: str, parts: list[str]) -> str:
    """Return the expression that compares a text, itself an expression, with the parts of a pattern, with case."""
    length = call("length", text)
    if len(parts) == 1:
        return call("and", call("equals", length, _length(parts[0])), call("contains", text, text_literal(parts[0])))
    start, middle, end = parts[0], "".join(parts[1:-1]), parts[-1]
    tests = []
    if start and end:
        tests.append(call("greaterOrEquals", length, _length(start + end)))
    if start:
        tests.append(call("contains", call("take", text, _length(start)), text_literal(start)))
    if end:
        tests.append(call("contains", call("skip", text, call("sub", length, _length(end))), text_literal(end)))
    if middle:
        between = call("skip", text, _length(start)) if start else text
        between = call("take", between, call("sub", length, _length(start + end))) if end else between
        tests.append(call("contains", between, text_literal(middle)))
    return call("and", *tests) if len(tests) > 1 else tests[0]


def _length(text: str) -> str:
    """Return the length as an expression: Azure counts UTF-16 code units, so that no number here could be right."""
    return call("length", text_literal(text))
