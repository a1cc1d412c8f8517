"""The small part of OData's `$filter` that ARM's lists take: pure. What it does not read, it refuses.

    principalId eq 'GUID' and atScope()

Clauses are joined with `and`; each compares a name with a text by `eq`, or calls a function with a text or with
nothing. Names come out in lower case; a quote inside a text is doubled. Source: Microsoft's REST reference of the
lists that use it; the refusal's code is Azure's, its wording assumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmident.sandbox.errors import Refused

_TEXT = r"'(?P<{0}>(?:[^']|'')*)'"
_CLAUSE = re.compile(
    rf"\s*(?P<name>[A-Za-z]+)(?:\s+eq\s+{_TEXT.format('equal')}|\((?:{_TEXT.format('argument')})?(?P<end>\)))\s*",
    re.IGNORECASE,
)
_AND = re.compile(r"and\b", re.IGNORECASE)


@dataclass(frozen=True)
class Clause:
    """One condition: `name eq 'value'`, or with `is_call` `name('value')`; no value for `name()`."""

    name: str
    value: str | None
    is_call: bool = False


def read_filter(text: str) -> tuple[Clause, ...]:
    """Read a filter; nothing gives no clauses. Raises 400."""
    if not text.strip():
        return ()
    clauses, at = [], 0
    while True:
        found = _CLAUSE.match(text, at)
        if found is None:
            raise _invalid(text)
        value = found["argument"] if found["end"] else found["equal"]
        clauses.append(
            Clause(found["name"].lower(), None if value is None else value.replace("''", "'"), bool(found["end"]))
        )
        if found.end() == len(text):
            return tuple(clauses)
        joined = _AND.match(text, found.end())
        if joined is None:
            raise _invalid(text)
        at = joined.end()


def _invalid(text: str) -> Refused:
    return Refused(400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string.")
