from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.resource_graph.kql.tables import names, run, values
from vmident.sandbox.resource_graph.kql.errors import NotSupported, SemanticFailure


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("T | order by size asc, name desc", ["Web", "web", "", "db"]),
        ("T | sort by size", ["db", "web", "", "Web"]),
        ("T | order by size desc nulls first, name asc", ["Web", "db", "", "web"]),
        ("T | order by size asc nulls last, name asc", ["", "web", "db", "Web"]),
        ("T | order by strlen(name) asc, name asc | take 2", ["", "db"]),
        ("T | top 2 by name desc", ["web", "db"]),
        ("T | limit 0", []),
        ("T | where name != '' // the rest of the line\n | where size > 4", ["db"]),
        ("let least = 4; T | where size > least", ["db"]),
        ("let big = T | where size > 4; big", ["db"]),
        ("let big = T | where size > 4; T | where name !in (big)", ["web", "Web", ""]),
        ("let wanted = dynamic(['db', 'web']); T | where name in (wanted)", ["web", "db"]),
        ("T | where name in~ (T | where size == 4 | project name)", ["web", "Web", ""]),
        ("(T | where size == 8)", ["db"]),
        ("where size == 8", ["db"]),
        ("top 1 by size;", ["db"]),
    ],
)
def test_rows_are_kept_and_ordered(query: str, expected: list[str]) -> None:
    assert names(query) == expected


@pytest.mark.parametrize(
    ("query", "columns", "rows"),
    [
        (
            "T | where size == 8 | project bag.team, name, twice = size * 2, strlen(name), tostring(bag.ports[0])",
            ["bag_team", "name", "twice", "Column1", "bag_ports_0"],
            [("red", "db", 16, 2, "")],
        ),
        ("T | where size == 8 | extend size = size + 1, n = name", ["name", "size", "bag", "n"], None),
        ("T | project-away size, b*", ["name"], [("web",), ("db",), ("Web",), ("",)]),
        ("T | take 1 | project-rename id = name | project-away bag", ["id", "size"], [("web", 4)]),
        ("T | count", ["Count"], [(4,)]),
        ("T | take 1 | project ['a b'] = size, ['size'] * 2", ["a b", "Column1"], [(4, 8)]),
        ("T | summarize first = make_list(name)[0]", ["first"], [("web",)]),
        ("T | distinct size", ["size"], [(4,), (8,), (None,)]),
        ("T | project size | distinct *", ["size"], [(4,), (8,), (None,)]),
        ("T | summarize count()", ["count_"], [(4,)]),
        ("T | where false | summarize count(), max(size)", ["count_", "max_size"], [(0, None)]),
        ("T | where false | summarize count() by name", ["name", "count_"], []),
        ("T | summarize by size", ["size"], [(4,), (8,), (None,)]),
        (
            "T | summarize n = count(), countif(name has 'web'), dcount(tolower(name)) by tostring(bag.team)",
            ["bag_team", "n", "countif_", "dcount_"],
            [("blue", 2, 1, 2), ("red", 1, 0, 1), ("", 1, 1, 1)],
        ),
        (
            "T | summarize make_list(size), make_set(size, 1), min(name), max(size), sum(size), avg(size)",
            ["list_size", "set_size", "min_name", "max_size", "sum_size", "avg_size"],
            [([4, 8, 4], [4], "", 8, 16, 16 / 3)],
        ),
        (
            "T | summarize share = 100 * countif(size == 4) / count()",
            ["share"],
            [(50,)],
        ),
        (
            "T | mv-expand port = bag.ports to typeof(long) | project name, port",
            ["name", "port"],
            [("web", 80), ("web", 443), ("Web", None), ("", 22)],
        ),
        ("T | mv-expand bag.ports limit 1 | project name, bag_ports", ["name", "bag_ports"], None),
        (
            "T | take 1 | mv-expand bag | project bag",
            ["bag"],
            [({"team": "blue"},), ({"ports": [80, 443]},), ({"on": True},)],
        ),
        (
            "T | take 1 | mv-expand kind=array bag | project tostring(bag[0])",
            ["bag_0"],
            [("team",), ("ports",), ("on",)],
        ),
        (
            "T | take 1 | mv-expand key = bag_keys(bag), port = bag.ports | project key, port",
            ["key", "port"],
            [("team", 80), ("ports", 443), ("on", None)],
        ),
    ],
)
def test_columns_are_named_and_filled(query: str, columns: list[str], rows: list[tuple[Any, ...]] | None) -> None:
    assert list(run(query).columns) == columns
    if rows is not None:
        assert values(query) == rows


_LEFT = "T | where name != '' | extend team = tostring(bag.team) | project name, team"


@pytest.mark.parametrize(
    ("kind", "columns", "rows"),
    [
        (
            "kind=inner",
            ["name", "team", "team1", "owner", "name1"],
            [("web", "blue", "blue", "ann", "x"), ("web", "blue", "blue", "bob", "y")],
        ),
        (
            "kind = leftouter",
            ["name", "team", "team1", "owner", "name1"],
            [
                ("web", "blue", "blue", "ann", "x"),
                ("web", "blue", "blue", "bob", "y"),
                ("db", "red", "", "", ""),
                ("Web", "", "", "", ""),
            ],
        ),
        (
            "kind=fullouter",
            ["name", "team", "team1", "owner", "name1"],
            [
                ("web", "blue", "blue", "ann", "x"),
                ("web", "blue", "blue", "bob", "y"),
                ("db", "red", "", "", ""),
                ("Web", "", "", "", ""),
                ("", "", "green", "eve", "z"),
            ],
        ),
        ("kind=leftanti", ["name", "team"], [("db", "red"), ("Web", "")]),
        ("kind=leftsemi", ["name", "team"], [("web", "blue")]),
    ],
)
def test_joins(kind: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    for condition in ("team", "$left.team == $right.team", "$right.team == $left.team"):
        query = f"{_LEFT} | join {kind} owners on {condition}"
        assert list(run(query).columns) == columns
        assert values(query) == rows


def test_a_join_without_a_kind_keeps_one_row_of_the_left_for_each_key() -> None:
    left = "T | where size == 4 | project size, team = tostring(bag.team), name"
    assert [row[2] for row in values(f"{left} | join (owners) on team")] == ["web", "web"]
    assert len(values(f"{left} | join kind=inner (owners) on team")) == 4


def test_null_joins_nothing() -> None:
    assert values("T | where isnull(size) | join kind=inner (T) on size") == []


@pytest.mark.parametrize(
    ("query", "columns", "rows"),
    [
        (
            "T | project size | take 1 | union (owners | project owner | take 1)",
            ["size", "owner"],
            [(4, ""), (None, "ann")],
        ),
        ("union kind=inner (T | take 1), owners | project name", ["name"], [("web",), ("x",), ("y",), ("z",)]),
        ("union withsource=from (owners | take 1), T | count", ["Count"], [(5,)]),
        (
            "T | take 1 | project a = size | union (T | take 1 | project a = name)",
            ["a_long", "a_string"],
            [(4, ""), (None, "web")],
        ),
        ("union withsource=from owners, T | distinct from", ["from"], [("owners",), ("T",)]),
    ],
)
def test_unions(query: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    assert list(run(query).columns) == columns
    assert values(query) == rows


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("T | order by bag", "key can't be of dynamic type"),
        ("T | summarize count() by bag", "Summarize group key 'bag' is of a 'dynamic' type"),
        ("T | join (T) on bag", "join key 'bag' is of a 'dynamic' type"),
        ("T | join (T) on $left.name == $right.size", "join: keys have different types, string and long."),
        ("T | join (T) on $left.name == $left.name", "join: only column entities or equality expressions"),
        ("T | join kind=sideways (T) on name", "join: unknown kind 'sideways'."),
        ("T | summarize max(bag)", "max(): argument cannot be of type dynamic."),
        ("T | summarize sum(name)", "sum(): argument has to be a number; found string."),
        ("T | summarize count(name)", "count(): function expects 0 argument(s)."),
        ("T | summarize name", "'summarize' operator: Failed to resolve column or scalar expression named 'name'"),
        ("T | project a = name, a = size", "'project' operator: column named 'a' already exists."),
        ("T | project-away nme", "'project-away' operator: Failed to resolve"),
        ("T | project-rename x = nme", "'project-rename' operator: Failed to resolve"),
        ("T | take -1", "'take' operator: the number of rows has to be a whole number, 0 or more."),
        ("T | mv-expand bag.ports limit 401", "mv-expand: the row limit has to be from 1 to 400."),
        ("T | mv-expand bag.ports to typeof(blob)", "mv-expand: unknown type 'blob'."),
        ("T | mv-expand name", "mv-expand: expanded expression expected to have dynamic type; 'name' has not."),
        ("T | union kind=x owners", "union: unknown kind 'x'."),
        ("T | where " + "(" * 5000 + "true" + ")" * 5000, "The query is nested too deeply."),
    ],
)
def test_what_an_operator_cannot_do_is_said(query: str, message: str) -> None:
    with pytest.raises(SemanticFailure) as failed:
        run(query)
    assert message in str(failed.value)


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("T | parse name with *", "the operator 'parse'"),
        ("T | make-series count() on size", "the operator 'make-series'"),
        ("print 1", "the operator 'print'"),
        ("T | join hint.strategy=broadcast (T) on name", "hints"),
        ("T | join kind=rightanti (T) on name", "the join kind 'rightanti'"),
        ("T | mv-expand with_itemindex=i bag", "'with_itemindex' of mv-expand"),
        ("union isfuzzy=true T", "'isfuzzy' of union"),
        ("let f = () { T }; f()", "functions in 'let'"),
        ("T | summarize take_any(name)", "the function 'take_any'"),
    ],
)
def test_what_the_sandbox_lacks_is_named(query: str, what: str) -> None:
    with pytest.raises(NotSupported) as failed:
        run(query)
    assert failed.value.what == what
