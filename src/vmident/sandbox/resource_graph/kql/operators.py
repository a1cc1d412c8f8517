"""Tabular operators: each takes a table and returns one.

Source: the page of each operator in Microsoft's reference of the Kusto Query Language; limits and defaults that are
Resource Graph's own are from 'Understanding the Azure Resource Graph query language'.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import count as count_from
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from vmident.sandbox.resource_graph.kql import syntax
from vmident.sandbox.resource_graph.kql.aggregates import (
    Aggregate,
    aggregate_name,
    compile_aggregate,
    without_aggregates,
)
from vmident.sandbox.resource_graph.kql.binary_operators import Compiled
from vmident.sandbox.resource_graph.kql.errors import SemanticFailure
from vmident.sandbox.resource_graph.kql.expressions import (
    Scope,
    column_name,
    compile_expression,
    condition_of,
)
from vmident.sandbox.resource_graph.kql.values import CONVERT, Layered, Row, as_kind, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_EXPANDED_ROWS = 128
_MOST_EXPANDED_ROWS = 400
_TYPE_NAMES = {"int": "long", "double": "real"}


class Table(NamedTuple):
    """Columns with their types, in order, and rows; a row may have more members than the table has columns."""

    columns: dict[str, str]
    rows: Sequence[Row]


class Computed(dict[str, Any]):
    """A row whose columns are computed when they are first looked at; what it does not compute is looked up below.

    A query that sorts by one column and returns a page of rows computes the others for that page alone.
    """

    __slots__ = ("_below", "_columns")

    def __init__(self, columns: dict[str, Compiled], below: Row) -> None:
        self._columns = columns
        self._below = below

    def __missing__(self, name: str) -> Any:
        column = self._columns.get(name)
        value = self[name] = self._below[name] if column is None else column.of(self._below)
        return value


def where(table: Table, step: syntax.Where, scope: Scope) -> Table:
    """Keep the rows for which a condition is true."""
    condition = condition_of(step.condition, scope)
    return Table(table.columns, [row for row in table.rows if condition(row)])


def extend(table: Table, step: syntax.Extend, scope: Scope) -> Table:
    """Add columns, or replace those of the same name."""
    added = _compiled(step.columns, scope, set(table.columns))
    columns = table.columns | {name: one.kind for name, one in added.items()}
    return Table(columns, [Computed(added, row) for row in table.rows])


def project(table: Table, step: syntax.Project, scope: Scope) -> Table:
    """Keep the columns listed, and no others."""
    kept = _compiled(step.columns, scope, set())
    return Table({name: one.kind for name, one in kept.items()}, [Computed(kept, row) for row in table.rows])


def project_away(table: Table, step: syntax.ProjectAway, scope: Scope) -> Table:
    """Drop the columns listed; a pattern may end in `*`."""
    for pattern in step.patterns:
        if "*" not in pattern:
            compile_expression(syntax.Name(pattern), scope)
    columns = {
        name: kind
        for name, kind in table.columns.items()
        if not any(fnmatchcase(name, pattern) for pattern in step.patterns)
    }
    return Table(columns, table.rows)


def project_rename(table: Table, step: syntax.ProjectRename, scope: Scope) -> Table:
    """Return columns other names, where they stand."""
    for _, old in step.names:
        compile_expression(syntax.Name(old), scope)
    new_names = {old: new for new, old in step.names}
    columns = {new_names.get(name, name): kind for name, kind in table.columns.items()}
    rows = [{new_names.get(name, name): row[name] for name in table.columns} for row in table.rows]
    return Table(columns, rows)


def sort(table: Table, step: syntax.Sort, scope: Scope) -> Table:
    """Sort by keys, the first the most important; rows that are equal keep their order."""
    rows = list(table.rows)
    for key in reversed(step.keys):
        value = _comparable_key(compile_expression(key.expression, scope), scope.where)
        nulls = [row for row in rows if value(row) is None]
        others = sorted((row for row in rows if value(row) is not None), key=value, reverse=key.is_descending)
        rows = nulls + others if key.nulls_first else others + nulls
    return Table(table.columns, rows)


def _comparable_key(key: Compiled, operator: str) -> Callable[[Row], Any]:
    if key.kind == "dynamic":
        raise SemanticFailure(f"'{operator}' operator: key can't be of dynamic type. Try adding explicit casts")
    return key.of


def take(table: Table, step: syntax.Take, scope: Scope) -> Table:
    """Keep so many rows, whichever come first."""
    return Table(table.columns, table.rows[: _row_count(step.row_count, scope)])


def top(table: Table, step: syntax.Top, scope: Scope) -> Table:
    """Sort, and keep so many rows."""
    ordered = sort(table, syntax.Sort(step.keys), scope)
    return Table(table.columns, ordered.rows[: _row_count(step.row_count, scope)])


def _row_count(expression: syntax.Expression, scope: Scope) -> int:
    count = compile_expression(expression, scope._replace(columns={})).of({})
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise SemanticFailure(f"'{scope.where}' operator: the number of rows has to be a whole number, 0 or more.")
    return count


def count(table: Table, _step: syntax.Count, _scope: Scope) -> Table:
    """Count the rows, in the column `Count`."""
    return Table({"Count": "long"}, [{"Count": len(table.rows)}])


def distinct(table: Table, step: syntax.Distinct, scope: Scope) -> Table:
    """Keep one of equal rows."""
    kept = project(table, syntax.Project(step.columns), scope) if step.columns else table
    rows: dict[tuple[str, ...], Row] = {}
    for row in kept.rows:
        rows.setdefault(tuple(canonical(row[name]) for name in kept.columns), row)
    return Table(kept.columns, list(rows.values()))


def summarize(table: Table, step: syntax.Summarize, scope: Scope) -> Table:
    """Make one row of each group, its keys first; without `by` one row of all, even where there is none."""
    keys = _compiled(step.by, scope, set())
    for name, key in keys.items():
        if key.kind == "dynamic":
            # Kusto's text.
            message = (
                f"Summarize group key '{name}' is of a 'dynamic' type. Please use an explicit cast as grouping by a "
                "'dynamic' type is not supported."
            )
            raise SemanticFailure(message)
    calls: list[syntax.Call] = []
    outer = [
        syntax.Named(one.name or aggregate_name(one.expression), without_aggregates(one.expression, calls))
        for one in step.aggregates
    ]
    aggregates = [compile_aggregate(call, scope) for call in calls]
    groups: dict[tuple[Any, ...], list[Row]] = {} if keys else {(): []}
    for row in table.rows:
        groups.setdefault(tuple(key.of(row) for key in keys.values()), []).append(row)
    named_keys = {name: key.kind for name, key in keys.items()}
    summed = [
        dict(zip(keys, values, strict=True)) | {f"${number}": one.over(rows) for number, one in enumerate(aggregates)}
        for values, rows in groups.items()
    ]
    results = _compiled(
        outer,
        scope._replace(columns=_numbered(aggregates)),
        set(named_keys),
    )
    columns = named_keys | {name: one.kind for name, one in results.items()}
    rows = [
        {name: row[name] for name in named_keys} | {name: one.of(row) for name, one in results.items()}
        for row in summed
    ]
    return Table(columns, rows)


def _numbered(aggregates: Iterable[Aggregate]) -> dict[str, str]:
    return {f"${number}": one.kind for number, one in enumerate(aggregates)}


def mv_expand(table: Table, step: syntax.MvExpand, scope: Scope) -> Table:
    """Make a row of each element of an array, and of each member of a bag; null stays one row, empty makes none."""
    limit = _EXPANDED_ROWS if step.limit is None else step.limit
    if not 0 < limit <= _MOST_EXPANDED_ROWS:
        raise SemanticFailure(f"mv-expand: the row limit has to be from 1 to {_MOST_EXPANDED_ROWS}.")
    named = _compiled([one.column for one in step.expansions], scope, set())
    kinds = {
        name: _TYPE_NAMES.get(one.kind or "dynamic", one.kind or "dynamic")
        for name, one in zip(named, step.expansions, strict=True)
    }
    for name, kind in kinds.items():
        if kind not in CONVERT:
            raise SemanticFailure(f"mv-expand: unknown type '{kind}'.")
        if named[name].kind != "dynamic":
            raise SemanticFailure(f"mv-expand: expanded expression expected to have dynamic type; '{name}' has not.")
    rows = []
    for row in table.rows:
        expanded = [_elements(one.of(row), is_array=step.is_array) for one in named.values()]
        for elements in list(zip_longest(*expanded))[:limit]:
            values = zip(kinds.items(), elements, strict=True)
            new = {name: value if kind == "dynamic" else as_kind(value, kind) for (name, kind), value in values}
            rows.append(Layered(new, row))
    return Table(table.columns | kinds, rows)


def _elements(value: Any, *, is_array: bool) -> list[Any]:
    if isinstance(value, dict):
        return [[name, inner] if is_array else {name: inner} for name, inner in value.items()]
    return value if isinstance(value, list) else [value]


def _compiled(columns: Iterable[syntax.Named], scope: Scope, taken: set[str]) -> dict[str, Compiled]:
    """Compile named expressions; those without a name are `Column1`, `Column2` and so on.

    A name that is given twice fails; one that is made twice gets a number, as Kusto has it.
    """
    found: dict[str, Compiled] = {}
    unnamed = 0
    for column in columns:
        name = column.name or column_name(column.expression)
        if name is None:
            unnamed += 1
            name = f"Column{unnamed}"
        if name in found and column.name:
            raise SemanticFailure(f"'{scope.where}' operator: column named '{name}' already exists.")
        if column.name is None and not isinstance(column.expression, syntax.Name):
            name = _free_name(name, taken | set(found))
        found[name] = compile_expression(column.expression, scope)
    return found


def _free_name(name: str, taken: set[str]) -> str:
    return next(free for number in count_from(0) if (free := f"{name}{number or ''}") not in taken)
