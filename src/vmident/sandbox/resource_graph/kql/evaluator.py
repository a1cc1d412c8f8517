"""A query applied to tables: the one entry to this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.resource_graph.kql import joins, operators, syntax
from vmident.sandbox.resource_graph.kql.expressions import Scope, compile_expression
from vmident.sandbox.resource_graph.kql.operators import Table
from vmident.sandbox.resource_graph.kql.parser import parse
from vmident.sandbox.resource_graph.kql.type_filter import types_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_STEPS: dict[type, tuple[str, Callable[..., Table]]] = {
    syntax.Where: ("where", operators.where),
    syntax.Extend: ("extend", operators.extend),
    syntax.Project: ("project", operators.project),
    syntax.ProjectAway: ("project-away", operators.project_away),
    syntax.ProjectRename: ("project-rename", operators.project_rename),
    syntax.Sort: ("order", operators.sort),
    syntax.Take: ("take", operators.take),
    syntax.Top: ("top", operators.top),
    syntax.Count: ("count", operators.count),
    syntax.Distinct: ("distinct", operators.distinct),
    syntax.Summarize: ("summarize", operators.summarize),
    syntax.MvExpand: ("mv-expand", operators.mv_expand),
}


def evaluate(
    text: str, table_named: Callable[[str, frozenset[str] | None], Table], now: datetime
) -> tuple[Table, bool]:
    """Return the table that a query makes, and whether it limits its rows itself (by `take` or `limit`).

    `table_named` returns a table by its name in any case, with rows of the types given or of more, and raises
    `TableUnknown` or `NotSupported`; raises `QueryError`.
    """
    query = parse(text)
    table = _Evaluation(table_named, now).of_query(query)
    return table, any(isinstance(step, syntax.Take) for step in query.pipeline.operators)


class _Evaluation:
    def __init__(self, table_named: Callable[[str, frozenset[str] | None], Table], now: datetime) -> None:
        self._table_named = table_named
        self._now = now
        self._constants: dict[str, syntax.Literal] = {}
        self._tables: dict[str, Table] = {}

    def of_query(self, query: syntax.Query) -> Table:
        for name, value in query.bindings:
            if isinstance(value, syntax.Pipeline):
                self._tables[name] = self._of_pipeline(value)
            else:
                compiled = compile_expression(value, self._scope(Table({}, []), "let"))
                self._constants[name] = syntax.Literal(compiled.kind, compiled.of({}))
        return self._of_pipeline(query.pipeline)

    def _of_pipeline(self, pipeline: syntax.Pipeline) -> Table:
        table = self._of_source(pipeline.source, types_in(pipeline.operators))
        for step in pipeline.operators:
            table = self._after(table, step)
        return table

    def _of_source(self, source: str | syntax.Pipeline | syntax.Union, types: frozenset[str] | None) -> Table:
        if isinstance(source, syntax.Pipeline):
            return self._of_pipeline(source)
        if isinstance(source, syntax.Union):
            return joins.union(self._legs(source), source)
        return self._tables[source] if source in self._tables else self._table_named(source, types)

    def _after(self, table: Table, step: syntax.Operator) -> Table:
        if isinstance(step, syntax.Union):
            return joins.union([("", table), *self._legs(step)], step)
        if isinstance(step, syntax.Join):
            right = self._of_pipeline(step.right)
            return joins.join(table, right, step, self._scope(table, "join"), self._scope(right, "join"))
        name, apply = _STEPS[type(step)]
        return apply(table, step, self._scope(table, name))

    def _legs(self, step: syntax.Union) -> list[tuple[str, Table]]:
        return [
            (leg.source if isinstance(leg.source, str) else f"union_arg{number}", self._of_pipeline(leg))
            for number, leg in enumerate(step.queries)
        ]

    def _scope(self, table: Table, operator: str) -> Scope:
        return Scope(table.columns, operator, self._now, self._first_column, self._constants)

    def _first_column(self, query: syntax.Pipeline | str) -> list[Any] | None:
        """Return the values of a query's first column; of a name that is bound to no query, `None`."""
        if isinstance(query, str):
            if query not in self._tables:
                return None
            table = self._tables[query]
        else:
            table = self._of_pipeline(query)
        first = next(iter(table.columns), None)
        return [row[first] for row in table.rows] if first else []
