"""Words, literals and signs of a query, read one at a time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from vmident.sandbox.resource_graph.kql.errors import SyntaxFailure

_HYPHENATED = (
    "mv-expand|mv-apply|project-away|project-rename|project-keep|project-reorder|parse-where|parse-kv|make-series"
    "|graph-match|macro-expand|make-graph|top-nested|top-hitters|sample-distinct"
)
_TOKEN = re.compile(
    rf"""(?:\s|//[^\n]*)*(?:
    (?P<text>@'(?:[^']|'')*'|@"(?:[^"]|"")*"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |(?P<datetime>(?:datetime|date)\s*\([^()'"]*\))
    |(?P<guid>guid\s*\([^()'"]*\))
    |(?P<word>(?:{_HYPHENATED})\b|!?in~|![A-Za-z_]+|[A-Za-z_$][\w$]*)
    |(?P<timespan>\d+(?:\.\d+)?(?:microseconds?|milliseconds?|ms|seconds?|s|minutes?|m|hours?|h|days?|d)\b)
    |(?P<number>\d+(?:\.\d+(?:[eE][+-]?\d+)?)?(?![\w]))
    |(?P<sign>=~|==|=|!~|!=|<>|<=|>=|<|>|\.\.|[-|,.()\[\]{{}}+*/%;:])
    |(?P<end>\Z))""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b"}
_UNIT_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "milli": 1e-3, "micro": 1e-6}


class Token(NamedTuple):
    """One token: text, datetime, guid, word, timespan, number, sign or end; `value` is what a literal means."""

    kind: str
    text: str
    offset: int
    value: Any = None

    def is_sign(self, *signs: str) -> bool:
        """Return whether this is one of the signs."""
        return self.kind == "sign" and self.text in signs

    def is_word(self, *words: str) -> bool:
        """Return whether this is one of the words."""
        return self.kind == "word" and self.text in words


def tokenize(query: str) -> list[Token]:
    """Return the tokens of a query, the last of them of kind `end`; raises `SyntaxFailure`."""
    tokens: list[Token] = []
    offset = 0
    while not tokens or tokens[-1].kind != "end":
        found = _TOKEN.match(query, offset)
        if found is None:
            at = re.compile(r"(?:\s|//[^\n]*)*").match(query, offset)
            start = at.end() if at else offset
            raise failure_at(query, query[start], start)
        kind = found.lastgroup or "end"
        text, start = found[kind], found.start(kind)
        tokens.append(Token(kind, text or "<EOF>", start, _value(query, kind, text, start)))
        offset = found.end()
    return tokens


def failure_at(query: str, token: str, offset: int) -> SyntaxFailure:
    """Return the failure for a token at an offset of the query."""
    before = query[:offset]
    return SyntaxFailure(token, before.count("\n") + 1, offset - (before.rfind("\n") + 1))


def _value(query: str, kind: str, text: str, offset: int) -> Any:
    if kind == "text":
        return _unquoted(query, text, offset)
    if kind == "number":
        return float(text) if "." in text else int(text)
    if kind == "timespan":
        return timespan_of(text)
    if kind in ("datetime", "guid"):
        internal = text[text.index("(") + 1 : -1].strip()
        if kind == "guid":
            return internal.lower()
        moment = datetime_of(internal)
        if moment is None and internal != "null":
            raise failure_at(query, text, offset)
        return moment
    return None


def _unquoted(query: str, text: str, offset: int) -> str:
    if text.startswith("@"):
        return text[2:-1].replace(text[1] * 2, text[1])

    def escaped(found: re.Match[str]) -> str:
        if len(found[1]) == 5:
            return chr(int(found[1][1:], 16))
        if found[1] not in _ESCAPED:
            raise failure_at(query, found[0], offset + 1 + found.start())
        return _ESCAPED[found[1]]

    return _ESCAPE.sub(escaped, text[1:-1])


def timespan_of(text: str) -> timedelta | None:
    """Read `7d`, `1.5h`, `30m`, `10s`, `100ms`; `None` for anything else."""
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?)\s*(milli|micro|ms|[dhms])[a-z]*", text.strip())
    return timedelta(seconds=float(found[1]) * _UNIT_SECONDS[found[2]]) if found else None


def datetime_of(text: str) -> datetime | None:
    """Read an ISO 8601 date or time, UTC where it names no zone; `None` for anything else.

    Kusto has a resolution of 100 ns, Python one of 1 µs: the seventh digit is dropped.
    """
    trimmed = re.sub(r"(\.\d{6})\d+", r"\1", text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
    trimmed = re.sub(r"\.(\d{1,5})(?!\d)", lambda found: "." + found[1].ljust(6, "0"), trimmed)
    try:
        moment = datetime.fromisoformat(trimmed)
    except ValueError:
        return None
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
