"""A position in the tokens of a query: look, take, or fail where something else was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vmident.sandbox.resource_graph.kql.tokens import Token, failure_at, tokenize

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmident.sandbox.resource_graph.kql.errors import SyntaxFailure

T = TypeVar("T")


class Cursor:
    """The next token of a query, and those after it."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = tokenize(query)
        self._at = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self._tokens[self._at]

    def peek(self, number: int) -> Token:
        """Return the token so many after the next one; the end repeats."""
        return self._tokens[min(self._at + number, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and move past it; the end stays."""
        token = self.token
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def skip_sign(self, *signs: str) -> bool:
        """Move past the next token if it is one of the signs."""
        return self._skip_if(self.token.is_sign(*signs))

    def skip_word(self, *words: str) -> bool:
        """Move past the next token if it is one of the words."""
        return self._skip_if(self.token.is_word(*words))

    def _skip_if(self, is_there: bool) -> bool:
        if is_there:
            self.take()
        return is_there

    def expect_sign(self, *signs: str) -> str:
        """Take one of the signs; raises `SyntaxFailure`."""
        return self._expect(self.token.is_sign(*signs)).text

    def expect_word(self, *words: str) -> str:
        """Take one of the words, or any word where none is given; raises `SyntaxFailure`."""
        return self._expect(self.token.kind == "word" and (not words or self.token.text in words)).text

    def expect_kind(self, kind: str) -> Token:
        """Take a token of a kind; raises `SyntaxFailure`."""
        return self._expect(self.token.kind == kind)

    def _expect(self, is_there: bool) -> Token:
        if not is_there:
            raise self.failure()
        return self.take()

    def failure(self) -> SyntaxFailure:
        """Return the failure for the next token, which cannot stand here."""
        return failure_at(self._query, self.token.text, self.token.offset)

    def listed(self, read_one: Callable[[], T]) -> tuple[T, ...]:
        """Read one or more, with commas between them."""
        read = [read_one()]
        while self.skip_sign(","):
            read.append(read_one())
        return tuple(read)
