r"""A small, explicit part of the Kusto query language: pure. What it does not read, it refuses.

    Resources
    | where type =~ 'microsoft.compute/virtualmachines' and name =~ "x"
    | where tags['team'] =~ 'web' and tostring(identity.userAssignedIdentities) contains '/id'
    | project id, name
    | order by id asc

`where` compares a text column with a literal by `==` or `!=`, in any case by `=~` or `!~`, or looks for it
in any case by `contains`, `startswith` and `endswith`. Comparisons go together by `and`, `or`,
`not(…)` and parentheses; `and` binds closer than `or`.
A member of `tags` can stand for a column, `tags.NAME` or `tags['NAME']`, and so can `tostring(…)` of a member of a
column that has some: a text is itself, nothing is the empty text, whatever else is JSON. Stages come in any number
and order; `sort` is `order`; without a direction it is `desc`, as in Kusto. Literals take the escapes
\\, \', \", \n and \t.
Source: Microsoft's reference of the Kusto query language and 'Understanding the Azure Resource Graph query language'.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TEXT_COLUMNS = ("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy")
DYNAMIC_COLUMNS = ("identity", "properties", "tags")
COLUMNS = (*TEXT_COLUMNS, "sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation")

_TOKEN = re.compile(
    r"""\s*(?:(?P<word>[A-Za-z_]\w*)|(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(?P<sign>=~|==|!=|!~|[|,.()\[\]]))"""
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t"}

Row = dict[str, Any]

_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "==": lambda value, text: value == text,
    "!=": lambda value, text: value != text,
    "=~": lambda value, text: value.lower() == text.lower(),
    "!~": lambda value, text: value.lower() != text.lower(),
    "contains": lambda value, text: text.lower() in value.lower(),
    "startswith": lambda value, text: value.lower().startswith(text.lower()),
    "endswith": lambda value, text: value.lower().endswith(text.lower()),
}


class BadQuery(Exception):
    """A query that cannot be read: where, and at which word."""

    def __init__(self, token: str, position: int) -> None:
        super().__init__(f"'{token}' at {position}")
        self.token = token
        self.position = position


@dataclass(frozen=True)
class Where:
    """Keep the rows whose `column`, or the member of it at `path`, compares with `text` by `sign`."""

    column: str
    text: str
    sign: str
    path: tuple[str, ...] = ()

    def keeps(self, row: Row) -> bool:
        """Tell whether a row stays."""
        value = _as_text(row[self.column], self.path)
        return _COMPARISONS[self.sign](value, self.text)

    @property
    def columns(self) -> frozenset[str]:
        """The columns looked at."""
        return frozenset({self.column})


@dataclass(frozen=True)
class Together:
    """Keep the rows that all, any or none of the conditions keep."""

    conditions: tuple[Where | Together, ...]
    how: str

    def keeps(self, row: Row) -> bool:
        """Tell whether a row stays."""
        kept = (condition.keeps(row) for condition in self.conditions)
        return all(kept) if self.how == "and" else any(kept) is (self.how == "or")

    @property
    def columns(self) -> frozenset[str]:
        """The columns looked at."""
        return frozenset().union(*(condition.columns for condition in self.conditions))


def _as_text(value: Any, path: tuple[str, ...]) -> str:
    for member in path:
        value = value.get(member) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, separators=(",", ":"))


@dataclass(frozen=True)
class Query:
    """A query as read; `order` is column and whether descending, the first column first."""

    conditions: tuple[Where | Together, ...] = ()
    columns: tuple[str, ...] = COLUMNS
    order: tuple[tuple[str, bool], ...] = ()

    @property
    def needed(self) -> frozenset[str]:
        """The columns that rows must have."""
        return frozenset(self.columns).union(*(condition.columns for condition in self.conditions))

    def answer(self, rows: Iterable[Row]) -> list[Row]:
        """Apply the query to rows that have the columns needed."""
        kept = [row for row in rows if all(condition.keeps(row) for condition in self.conditions)]
        for column, is_descending in reversed(self.order):
            kept.sort(key=lambda row: str(row[column]), reverse=is_descending)
        return [{column: row[column] for column in self.columns} for row in kept]


def read_query(text: str) -> Query:
    """Read a query; raises `BadQuery` for whatever is not in the part described above."""
    return _Reader(text).query()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._kind, self._token, self._position = "", "", 0
        self._columns = COLUMNS
        self._advance()

    def query(self) -> Query:
        conditions: list[Where | Together] = []
        order: tuple[tuple[str, bool], ...] = ()
        if self._take("word").lower() != "resources":
            raise BadQuery(self._text.split(maxsplit=1)[0], 0)
        while self._kind != "end":
            self._take("sign", "|")
            stage = self._take("word", "where", "project", "order", "sort")
            if stage == "where":
                conditions.append(self._either())
            elif stage == "project":
                self._columns = tuple(self._listed(lambda: self._column(self._columns)))
            else:
                self._take("word", "by")
                order = tuple(self._listed(self._direction))
        return Query(tuple(conditions), self._columns, order)

    def _either(self) -> Where | Together:
        return self._joined("or", lambda: self._joined("and", self._condition))

    def _joined(self, word: str, read_one: Callable[[], Where | Together]) -> Where | Together:
        conditions = [read_one()]
        while self._token == word and self._kind == "word":
            self._advance()
            conditions.append(read_one())
        return conditions[0] if len(conditions) == 1 else Together(tuple(conditions), word)

    def _condition(self) -> Where | Together:
        is_denied = self._token == "not" and self._kind == "word"  # noqa: S105 - a word of the language
        if is_denied:
            self._advance()
        if is_denied or (self._token == "(" and self._kind == "sign"):  # noqa: S105 - a sign of the language
            self._take("sign", "(")
            inner = self._either()
            self._take("sign", ")")
            return Together((inner,), "not") if is_denied else inner
        return self._comparison()

    def _comparison(self) -> Where:
        if self._token == "tostring":  # noqa: S105 - a word of the language
            self._advance()
            self._take("sign", "(")
            column, path = self._column(DYNAMIC_COLUMNS), self._path()
            self._take("sign", ")")
        else:
            column = self._column((*TEXT_COLUMNS, "tags"))
            path = self._path() if column == "tags" else ()
        sign = self._token
        self._take("word" if sign.isalpha() else "sign", *_COMPARISONS)
        return Where(column, self._literal(), sign, path)

    def _path(self) -> tuple[str, ...]:
        """Read `.NAME` and `['NAME']`, at least one."""
        path: list[str] = []
        while not path or (self._kind == "sign" and self._token in {".", "["}):
            if self._take("sign", ".", "[") == ".":
                path.append(self._take("word"))
            else:
                path.append(self._literal())
                self._take("sign", "]")
        return tuple(path)

    def _column(self, among: tuple[str, ...]) -> str:
        return self._take("word", *(column for column in self._columns if column in among))

    def _direction(self) -> tuple[str, bool]:
        column = self._column(TEXT_COLUMNS)
        if self._kind == "word":
            return column, self._take("word", "asc", "desc") == "desc"
        return column, True

    def _listed(self, read_one: Any) -> list[Any]:
        read = [read_one()]
        while self._token == "," and self._kind == "sign":  # noqa: S105 - a sign of the language
            self._advance()
            read.append(read_one())
        return read

    def _literal(self) -> str:
        position, text = self._position, self._take("text")[1:-1]
        for escape in _ESCAPE.finditer(text):
            if escape[1] not in _ESCAPED:
                raise BadQuery(escape[0], position + escape.start() + 1)
        return _ESCAPE.sub(lambda escape: _ESCAPED[escape[1]], text)

    def _take(self, kind: str, *among: str) -> str:
        if self._kind != kind or (among and self._token not in among):
            raise BadQuery(self._token, self._position)
        token = self._token
        self._advance()
        return token

    def _advance(self) -> None:
        rest = self._text[self._at :]
        if not rest.strip():
            self._kind, self._token, self._position = "end", "<EOF>", len(self._text)
            return
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            position = self._at + len(rest) - len(rest.lstrip())
            raise BadQuery(self._text[position], position)
        self._kind = found.lastgroup or ""
        self._token, self._position = found[self._kind], found.start(self._kind)
        self._at = found.end()
