"""Queries: `let` statements, a source, and the operators after each `|`.

A query that begins with an operator is one of `Resources`, the default table. Source: 'Understanding the Azure Resource
Graph query language' and Microsoft's reference of the Kusto Query Language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.resource_graph.kql import syntax
from vmident.sandbox.resource_graph.kql.cursor import Cursor
from vmident.sandbox.resource_graph.kql.errors import NotSupported, SemanticFailure
from vmident.sandbox.resource_graph.kql.expression_parser import ExpressionParser
from vmident.sandbox.resource_graph.kql.known_names import UNSUPPORTED_OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_TABLE = "Resources"
_MOST_COSTLY = 3
_JOIN_KINDS = ("innerunique", "inner", "leftouter", "fullouter", "leftanti", "leftsemi")
_OTHER_JOIN_KINDS = ("rightouter", "rightanti", "rightsemi", "anti", "semi", "leftantisemi", "rightantisemi")


def parse(query: str) -> syntax.Query:
    """Read a query; raises `SyntaxFailure`, and `NotSupported` for what Kusto has and the sandbox does not."""
    try:
        return _Parser(query).query()
    except RecursionError as deep:
        raise SemanticFailure("The query is nested too deeply.") from deep


class _Parser:
    def __init__(self, query: str) -> None:
        self._cursor = Cursor(query)
        self._expressions = ExpressionParser(self._cursor, self._pipeline)
        self._counts = dict.fromkeys(("join", "mv-expand", "union"), 0)
        self._operators: dict[str, Callable[[], syntax.Operator]] = {
            "where": lambda: syntax.Where(self._expressions.expression()),
            "filter": lambda: syntax.Where(self._expressions.expression()),
            "extend": lambda: syntax.Extend(self._named_list()),
            "project": lambda: syntax.Project(self._named_list()),
            "project-away": lambda: syntax.ProjectAway(self._cursor.listed(self._pattern)),
            "project-rename": lambda: syntax.ProjectRename(self._cursor.listed(self._renaming)),
            "order": self._sort,
            "sort": self._sort,
            "take": lambda: syntax.Take(self._expressions.expression()),
            "limit": lambda: syntax.Take(self._expressions.expression()),
            "top": self._top,
            "count": syntax.Count,
            "distinct": self._distinct,
            "summarize": self._summarize,
            "mv-expand": self._mv_expand,
            "mvexpand": self._mv_expand,
            "join": self._join,
            "union": self._union,
        }

    def query(self) -> syntax.Query:
        bindings = []
        while self._cursor.token.is_word("let"):
            bindings.append(self._let())
        pipeline = self._pipeline()
        self._cursor.skip_sign(";")
        self._cursor.expect_kind("end")
        return syntax.Query(tuple(bindings), pipeline)

    def _let(self) -> tuple[str, syntax.Expression | syntax.Pipeline]:
        self._cursor.take()
        name = self._cursor.expect_word()
        self._cursor.expect_sign("=")
        if self._is_function():
            raise NotSupported("functions in 'let'")
        value = self._pipeline() if self._is_query() else self._expressions.expression()
        self._cursor.expect_sign(";")
        return name, value

    def _is_function(self) -> bool:
        """Return whether `(name: type) {` or `() {` comes next."""
        return self._cursor.token.is_sign("(") and (
            self._cursor.peek(1).is_sign(")") or self._cursor.peek(2).is_sign(":")
        )

    def _is_query(self) -> bool:
        """Return whether what comes next is a query, and no single value: a name and `|`, or a name alone."""
        token = self._cursor.token
        is_table = token.kind == "word" and self._cursor.peek(1).is_sign("|", ";")
        return token.is_word("union") or (is_table and not token.is_word("true", "false"))

    def _pipeline(self) -> syntax.Pipeline:
        source: str | syntax.Pipeline | syntax.Union = DEFAULT_TABLE
        operators: list[syntax.Operator] = []
        if self._cursor.skip_sign("("):
            source = self._pipeline()
            self._cursor.expect_sign(")")
        elif self._cursor.skip_word("union"):
            source = self._union()
        elif self._begins_with_operator():
            operators.append(self._operator())
        else:
            source = self._cursor.expect_word()
        while self._cursor.skip_sign("|"):
            operators.append(self._operator())
        return syntax.Pipeline(source, tuple(operators))

    def _begins_with_operator(self) -> bool:
        word = self._cursor.token.text if self._cursor.token.kind == "word" else ""
        return (word in self._operators or word in UNSUPPORTED_OPERATORS) and not self._cursor.peek(1).is_sign("|")

    def _operator(self) -> syntax.Operator:
        token = self._cursor.token
        if token.is_word(*UNSUPPORTED_OPERATORS):
            raise NotSupported(f"the operator '{token.text}'")
        return self._operators[self._cursor.expect_word(*self._operators)]()

    def _named_list(self) -> tuple[syntax.Named, ...]:
        return self._cursor.listed(self._expressions.named)

    def _pattern(self) -> str:
        name = self._expressions.column_name()
        return f"{name}*" if self._cursor.skip_sign("*") else name

    def _renaming(self) -> tuple[str, str]:
        new = self._expressions.column_name()
        self._cursor.expect_sign("=")
        return new, self._expressions.column_name()

    def _sort(self) -> syntax.Sort:
        self._cursor.expect_word("by")
        return syntax.Sort(self._cursor.listed(self._sort_key))

    def _sort_key(self) -> syntax.SortKey:
        expression = self._expressions.expression()
        is_descending = True
        if self._cursor.token.is_word("asc", "desc"):
            is_descending = self._cursor.take().text == "desc"
        nulls_first = not is_descending
        if self._cursor.skip_word("nulls"):
            nulls_first = self._cursor.expect_word("first", "last") == "first"
        return syntax.SortKey(expression, is_descending, nulls_first)

    def _top(self) -> syntax.Top:
        count = self._expressions.expression()
        self._cursor.expect_word("by")
        return syntax.Top(count, self._cursor.listed(self._sort_key))

    def _distinct(self) -> syntax.Distinct:
        return syntax.Distinct(() if self._cursor.skip_sign("*") else self._named_list())

    def _summarize(self) -> syntax.Summarize:
        aggregates = () if self._cursor.token.is_word("by") else self._named_list()
        by = self._named_list() if self._cursor.skip_word("by") else ()
        return syntax.Summarize(aggregates, by)

    def _parameters(self, *names: str) -> dict[str, str]:
        """Read `kind=inner` and its like: the names that an operator takes, each with a word."""
        found = {}
        while self._cursor.peek(1).is_sign("=", ".") and self._cursor.token.is_word(*names, "hint"):
            if self._cursor.token.text == "hint":
                raise NotSupported("hints")
            name = self._cursor.take().text
            self._cursor.take()
            found[name] = self._cursor.expect_word()
        return found

    def _count(self, name: str, number: int = 1) -> None:
        """Count an operator that Resource Graph allows three times; the wording of the refusal is assumed.

        Source: 'Understanding the Azure Resource Graph query language'.
        """
        self._counts[name] += number
        if self._counts[name] > _MOST_COSTLY:
            raise SemanticFailure(f"The query has more than {_MOST_COSTLY} '{name}'.")

    def _mv_expand(self) -> syntax.MvExpand:
        self._count("mv-expand")
        parameters = self._parameters("kind", "bagexpansion", "with_itemindex")
        if "with_itemindex" in parameters:
            raise NotSupported("'with_itemindex' of mv-expand")
        expansions = self._cursor.listed(self._expansion)
        limit = self._cursor.expect_kind("number").value if self._cursor.skip_word("limit") else None
        return syntax.MvExpand(expansions, limit, "array" in parameters.values())

    def _expansion(self) -> syntax.Expansion:
        column, kind = self._expressions.named(), None
        if self._cursor.skip_word("to"):
            self._cursor.expect_word("typeof")
            self._cursor.expect_sign("(")
            kind = self._cursor.expect_word()
            self._cursor.expect_sign(")")
        return syntax.Expansion(column, kind)

    def _join(self) -> syntax.Join:
        self._count("join")
        kind = self._parameters("kind").get("kind", "innerunique")
        if kind in _OTHER_JOIN_KINDS:
            raise NotSupported(f"the join kind '{kind}'")
        if kind not in _JOIN_KINDS:
            raise SemanticFailure(f"join: unknown kind '{kind}'.")
        right = self._one_query()
        self._cursor.expect_word("on")
        return syntax.Join(kind, right, self._cursor.listed(self._join_condition))

    def _one_query(self) -> syntax.Pipeline:
        """Read a query in parentheses, or a table's name."""
        if self._cursor.skip_sign("("):
            query = self._pipeline()
            self._cursor.expect_sign(")")
            return query
        return syntax.Pipeline(self._cursor.expect_word(), ())

    def _join_condition(self) -> tuple[syntax.Expression, syntax.Expression]:
        """Read `COLUMN`, or `$left.COLUMN == $right.COLUMN` in either order."""
        if not self._cursor.token.is_word("$left", "$right"):
            column = syntax.Name(self._expressions.column_name())
            return column, column
        first, first_name = self._side()
        self._cursor.expect_sign("==")
        second, second_name = self._side()
        if first == second:
            raise SemanticFailure("join: only column entities or equality expressions are allowed in this context.")
        names: dict[str, Any] = {first: syntax.Name(first_name), second: syntax.Name(second_name)}
        return names["$left"], names["$right"]

    def _side(self) -> tuple[str, str]:
        side = self._cursor.expect_word("$left", "$right")
        self._cursor.expect_sign(".")
        return side, self._expressions.column_name()

    def _union(self) -> syntax.Union:
        parameters = self._parameters("kind", "withsource", "isfuzzy")
        if "isfuzzy" in parameters:
            raise NotSupported("'isfuzzy' of union")
        queries = self._cursor.listed(self._one_query)
        self._count("union", len(queries))
        return syntax.Union(queries, parameters.get("kind", "outer"), parameters.get("withsource"))
