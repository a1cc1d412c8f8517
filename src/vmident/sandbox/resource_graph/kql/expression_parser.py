"""Expressions: precedence from `or` down to a member of a bag, and literals.

Source: Microsoft's reference of the Kusto Query Language, 'Bitwise, logical and string operators', 'Scalar data types'
and 'The dynamic data type'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.resource_graph.kql.known_names import CONVERSIONS
from vmident.sandbox.resource_graph.kql.syntax import (
    AmongValues,
    Binary,
    Call,
    Expression,
    Literal,
    Member,
    Name,
    Named,
    Pipeline,
)
from vmident.sandbox.resource_graph.kql.tokens import timespan_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmident.sandbox.resource_graph.kql.cursor import Cursor

STRING_SIGNS = frozenset(
    f"{negation}{name}{case}"
    for negation in ("", "!")
    for name in ("has", "contains", "startswith", "endswith", "hasprefix", "hassuffix")
    for case in ("", "_cs")
)
_COMPARISON_SIGNS = ("==", "!=", "<>", "=~", "!~", "<", "<=", ">", ">=")
_AMONG = ("in", "!in", "in~", "!in~", "has_any", "has_all")
_LITERAL_KINDS = {"text": "string", "datetime": "datetime", "guid": "guid", "timespan": "timespan"}
_TYPES = {"int": "long", "long": "long", "real": "real", "double": "real", "decimal": "real", "bool": "bool"}
_TYPES |= {"boolean": "bool", "string": "string", "timespan": "timespan", "time": "timespan"}


class ExpressionParser:
    """Reads expressions at a cursor; `read_query` reads a query in parentheses, for `in (…)`."""

    def __init__(self, cursor: Cursor, read_query: Callable[[], Pipeline]) -> None:
        self._cursor = cursor
        self._read_query = read_query

    def named(self) -> Named:
        """Read `EXPRESSION` or `NAME = EXPRESSION`."""
        if self._cursor.peek(1).is_sign("=") and self._cursor.token.kind == "word":
            name = self._cursor.take().text
            self._cursor.take()
            return Named(name, self.expression())
        if self._cursor.token.is_sign("[") and self._cursor.peek(3).is_sign("="):
            name = self.column_name()
            self._cursor.take()
            return Named(name, self.expression())
        return Named(None, self.expression())

    def column_name(self) -> str:
        """Read a column's name: a word, or `['any text']`."""
        if self._cursor.skip_sign("["):
            name = self._cursor.expect_kind("text").value
            self._cursor.expect_sign("]")
            return str(name)
        return self._cursor.expect_word()

    def expression(self) -> Expression:
        """Read an expression; `and` binds closer than `or`."""
        return self._left_associative(lambda: self._left_associative(self._comparison, words=("and",)), words=("or",))

    def _left_associative(
        self, operand: Callable[[], Expression], *, words: tuple[str, ...] = (), signs: tuple[str, ...] = ()
    ) -> Expression:
        left = operand()
        while self._cursor.token.is_word(*words) or self._cursor.token.is_sign(*signs):
            sign = self._cursor.take().text
            left = Binary(sign, left, operand())
        return left

    def _comparison(self) -> Expression:
        left = self._sum()
        token = self._cursor.token
        if token.is_sign(*_COMPARISON_SIGNS) or token.is_word(*STRING_SIGNS):
            self._cursor.take()
            return Binary("!=" if token.text == "<>" else token.text, left, self._sum())
        if token.is_word("matches"):
            self._cursor.take()
            self._cursor.expect_word("regex")
            return Binary("matches regex", left, self._sum())
        if token.is_word(*_AMONG):
            return self._among(left)
        if token.is_word("between", "!between"):
            return self._between(left)
        return left

    def _among(self, left: Expression) -> Expression:
        sign = self._cursor.take().text
        self._cursor.expect_sign("(")
        if self._cursor.token.kind == "word" and self._cursor.peek(1).is_sign("|"):
            query = self._read_query()
            self._cursor.expect_sign(")")
            return AmongValues(sign, left, (), query)
        choices = self._cursor.listed(self.expression)
        self._cursor.expect_sign(")")
        return AmongValues(sign, left, choices)

    def _between(self, left: Expression) -> Expression:
        is_negated = self._cursor.take().text == "!between"
        self._cursor.expect_sign("(")
        low = self._sum()
        self._cursor.expect_sign("..")
        high = self._sum()
        self._cursor.expect_sign(")")
        internal = Binary("and", Binary(">=", left, low), Binary("<=", left, high))
        return Call("not", (internal,)) if is_negated else internal

    def _sum(self) -> Expression:
        return self._left_associative(
            lambda: self._left_associative(self._signed, signs=("*", "/", "%")), signs=("+", "-")
        )

    def _signed(self) -> Expression:
        if self._cursor.skip_sign("-"):
            return Call("negate", (self._signed(),))
        self._cursor.skip_sign("+")
        return self._postfix(self._primary())

    def _postfix(self, of: Expression) -> Expression:
        """Read `.name`, `['name']`, `.['name']` and `[0]`, any number of them."""
        while True:
            is_named = self._cursor.skip_sign(".") and not self._cursor.token.is_sign("[")
            if is_named:
                of = Member(of, Literal("string", self._cursor.expect_word()))
            elif self._cursor.skip_sign("["):
                of = Member(of, self.expression())
                self._cursor.expect_sign("]")
            else:
                return of

    def _primary(self) -> Expression:
        token = self._cursor.token
        if token.kind in _LITERAL_KINDS:
            return Literal(_LITERAL_KINDS[token.kind], self._cursor.take().value)
        if token.kind == "number":
            return Literal("real" if isinstance(token.value, float) else "long", self._cursor.take().value)
        if self._cursor.skip_sign("("):
            inner = self.expression()
            self._cursor.expect_sign(")")
            return inner
        if token.is_sign("["):
            return Name(self.column_name())
        return self._word()

    def _word(self) -> Expression:
        is_called = self._cursor.peek(1).is_sign("(")
        word = self._cursor.expect_word()
        if not is_called:
            return Literal("bool", word == "true") if word in ("true", "false") else Name(word)
        self._cursor.take()
        if word == "dynamic":
            value = self._json()
            self._cursor.expect_sign(")")
            return Literal("dynamic", value)
        if word in _TYPES and (word not in CONVERSIONS or self._cursor.token.is_word("null")):
            return self._typed(_TYPES[word])
        arguments = () if self._cursor.token.is_sign(")") else self._cursor.listed(self.expression)
        self._cursor.expect_sign(")")
        return Call(word, arguments)

    def _typed(self, kind: str) -> Expression:
        """Read `null` or a literal of a type, as in `int(null)`, `long(5)` and `timespan(1d)`."""
        if self._cursor.skip_word("null"):
            self._cursor.expect_sign(")")
            return Literal(kind, None)
        inner = self.expression()
        self._cursor.expect_sign(")")
        if kind == "timespan" and isinstance(inner, Literal) and isinstance(inner.value, str):
            return Literal(kind, timespan_of(inner.value))
        return inner

    def _json(self) -> Any:
        """Read a JSON value as `dynamic(…)` takes it: texts in either kind of quotes."""
        if self._cursor.skip_sign("["):
            return self._json_items("]", self._json)
        if self._cursor.skip_sign("{"):
            return dict(self._json_items("}", self._json_member))
        if self._cursor.skip_sign("-"):
            return -self._cursor.expect_kind("number").value
        token = self._cursor.token
        if token.is_word("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[self._cursor.take().text]
        if token.kind not in ("text", "number"):
            raise self._cursor.failure()
        return self._cursor.take().value

    def _json_items(self, end: str, read_one: Callable[[], Any]) -> list[Any]:
        items = [] if self._cursor.token.is_sign(end) else list(self._cursor.listed(read_one))
        self._cursor.expect_sign(end)
        return items

    def _json_member(self) -> tuple[str, Any]:
        name = self._cursor.expect_kind("text").value
        self._cursor.expect_sign(":")
        return name, self._json()
