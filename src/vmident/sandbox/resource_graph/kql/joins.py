"""Operators over two tables or more: `join` and `union`.

Source: 'join operator' and 'union operator' in Microsoft's reference of the Kusto Query Language; that a column of the
same name gets a 1 at its end, from 'Understanding the Azure Resource Graph query language'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.resource_graph.kql.binary_operators import Compiled
from vmident.sandbox.resource_graph.kql.errors import SemanticFailure
from vmident.sandbox.resource_graph.kql.expressions import compile_expression
from vmident.sandbox.resource_graph.kql.operators import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmident.sandbox.resource_graph.kql import syntax
    from vmident.sandbox.resource_graph.kql.expressions import Scope
    from vmident.sandbox.resource_graph.kql.values import Row

_KEEPS_LEFT = ("leftouter", "fullouter", "leftanti")


def join(left: Table, right: Table, step: syntax.Join, left_scope: Scope, right_scope: Scope) -> Table:
    """Join two tables where all keys are equal; null equals nothing.

    `innerunique`, the default, keeps one row of the left table for each key; `leftanti` and `leftsemi` have the left
    table's columns alone.
    """
    left_keys = [_key(one, left_scope) for one, _ in step.conditions]
    right_keys = [_key(one, right_scope) for _, one in step.conditions]
    for one, other in zip(left_keys, right_keys, strict=True):
        if one.kind != other.kind:
            raise SemanticFailure(f"join: keys have different types, {one.kind} and {other.kind}.")
    index: dict[tuple[Any, ...], list[Row]] = {}
    for row in right.rows:
        index.setdefault(_values(right_keys, row), []).append(row)
    lefts = _unique(left.rows, left_keys) if step.kind == "innerunique" else left.rows
    pairs = [(row, _matches(index, _values(left_keys, row))) for row in lefts]
    if step.kind in ("leftanti", "leftsemi"):
        return Table(left.columns, [row for row, found in pairs if bool(found) is (step.kind == "leftsemi")])
    names = _joined_names(left, right)
    columns = left.columns | {names[name]: kind for name, kind in right.columns.items()}
    no_left, no_right = _nothing(left), _nothing(right)
    rows: list[Row] = []
    for row, found in pairs:
        rows += [_joined(left, row, right, other, names) for other in found]
        if not found and step.kind in _KEEPS_LEFT:
            rows.append(_joined(left, row, right, no_right, names))
    if step.kind == "fullouter":
        there = {_values(left_keys, row) for row in left.rows}
        rows += [
            _joined(left, no_left, right, row, names)
            for row in right.rows
            if None in (values := _values(right_keys, row)) or values not in there
        ]
    return Table(columns, rows)


def _key(expression: syntax.Expression, scope: Scope) -> Compiled:
    key = compile_expression(expression, scope)
    if key.kind == "dynamic":
        # Kusto's text.
        name = getattr(expression, "name", "")
        raise SemanticFailure(f"join key '{name}' is of a 'dynamic' type. Please use an explicit cast")
    return key


def _values(keys: Sequence[Compiled], row: Row) -> tuple[Any, ...]:
    return tuple(key.of(row) for key in keys)


def _matches(index: dict[tuple[Any, ...], list[Row]], values: tuple[Any, ...]) -> list[Row]:
    return [] if None in values else index.get(values, [])


def _unique(rows: Sequence[Row], keys: Sequence[Compiled]) -> list[Row]:
    first: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        first.setdefault(_values(keys, row), row)
    return list(first.values())


def _joined_names(left: Table, right: Table) -> dict[str, str]:
    names: dict[str, str] = {}
    for name in right.columns:
        number, free = 0, name
        while free in left.columns or free in names.values():
            number += 1
            free = f"{name}{number}"
        names[name] = free
    return names


def _nothing(table: Table) -> Row:
    return {name: "" if kind == "string" else None for name, kind in table.columns.items()}


def _joined(left: Table, row: Row, right: Table, other: Row, names: dict[str, str]) -> Row:
    return {name: row[name] for name in left.columns} | {names[name]: other[name] for name in right.columns}


def union(tables: Sequence[tuple[str, Table]], step: syntax.Union) -> Table:
    """Put the rows of tables below one another; a column that a table lacks is null there, or left out by `kind=inner`.

    Two columns of one name and different types are both kept, each with its type at its end.
    """
    kinds: dict[str, set[str]] = {}
    for _, table in tables:
        for name, kind in table.columns.items():
            kinds.setdefault(name, set()).add(kind)
    if step.kind not in ("outer", "inner"):
        raise SemanticFailure(f"union: unknown kind '{step.kind}'.")
    if step.kind == "inner":
        kinds = {name: found for name, found in kinds.items() if all(name in one.columns for _, one in tables)}
    columns = {
        (name if len(found) == 1 else f"{name}_{kind}"): (name, kind)
        for name, found in kinds.items()
        for kind in sorted(found)
    }
    named = {step.source_column: "string"} if step.source_column else {}
    rows = [
        (dict.fromkeys(named, source))
        | {
            column: row[name] if table.columns.get(name) == kind else ("" if kind == "string" else None)
            for column, (name, kind) in columns.items()
        }
        for source, table in tables
        for row in table.rows
    ]
    return Table(named | {column: kind for column, (_, kind) in columns.items()}, rows)
