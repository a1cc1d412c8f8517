from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.sandbox.resource_graph.kql.tables import NOW, names, run, value
from vmident.sandbox.resource_graph.kql.errors import NotSupported, SemanticFailure, SyntaxFailure


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'abc' == 'ABC'", False),
        ("'abc' =~ 'ABC'", True),
        ("'abc' !~ 'ABC'", False),
        ("'abc' <> 'abd'", True),
        ("'b' in ('a', 'b')", True),
        ("'B' in ('a', 'b')", False),
        ("'B' in~ ('a', 'b')", True),
        ("'B' !in~ ('a', 'b')", False),
        ("3 in (1, 2, 3)", True),
        ("3 !in (dynamic([1, 2]), 3)", False),
        # Microsoft's own examples of string operators.
        ("'North America' has 'america'", True),
        ("'North America' !has 'amer'", True),
        ("'KustoExplorerQueryRun' has 'Explorer'", False),
        ("'KustoExplorerQueryRun' contains 'explorer'", True),
        ("'North America' has_cs 'america'", False),
        ("'North America' hasprefix 'ame'", True),
        ("'North America' hassuffix 'ica'", True),
        ("'Standard_D2s_v5' has 'd2s'", True),
        ("'a/b-c' has 'b-c'", True),
        ("'North America' has_any ('x', 'north')", True),
        ("'North America' has_all ('x', 'north')", False),
        ("'Fabrikam' startswith 'fab'", True),
        ("'Fabrikam' !startswith_cs 'fab'", True),
        ("'Fabrikam' endswith 'Kam'", True),
        ("'Fabrikam' matches regex 'b.*k'", True),
        ("5 between (1 .. 5)", True),
        ("5 !between (1 .. 5)", False),
        ("1 + 2 * 3 - 4", 3),
        ("7 / 2", 3),
        ("7 / 2.0", 3.5),
        ("-7 % 4", 1),
        ("1 / 0", None),
        ("true or 1 / 0 == 1", True),
        ("datetime(2026-03-01) - 1d == datetime(2026-02-28)", True),
        ("now() - ago(2h) == 120m", True),
        (r"'it\'s' == @'it''s'", True),
        (r"'a\tb'", "a\tb"),
        ("'\\u0041'", "A"),
    ],
)
def test_operators(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # Microsoft's page 'Null values'.
        ("int(null) == int(null)", None),
        ("int(null) != int(null)", None),
        ("int(null) == 5", False),
        ("int(null) != 5", True),
        ("int(null) > 3", False),
        ("int(null) > 3 or isnull(int(null))", True),
        ("not(int(null) == int(null))", None),
        ("false and int(null) == int(null)", False),
        ("true and int(null) == int(null)", None),
        ("int(null) + 1", None),
        ("isnull('')", False),
        ("isempty('')", True),
        ("isempty(int(null))", True),
        ("isempty(dynamic({}))", False),
        ("isnotempty('x')", True),
        ("coalesce('', 'a')", "a"),
        ("coalesce(int(null), 0)", 0),
        ("tostring(int(null))", ""),
    ],
)
def test_null(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("p.a.b", 1),
        ("p['a'].b", 1),
        ("p.a.['b']", 1),
        ("p.list[0]", "x"),
        ("p.list[-1]", {"y": "z"}),
        ("p.list[1].y", "z"),
        ("p.list[9]", None),
        ("p.none.at.all", None),
        ("p.list.name", None),
        ("p[strcat('a', '')]['b']", 1),
        ("p.a.b == 1", True),
        ("p.text == '1'", True),
        ("p.a.b == '1'", True),
        # A missing member compared with a text is empty: published queries for orphaned resources rely on it.
        ("p.none == ''", True),
        ("p.none != 'x'", True),
        ("p.none == 5", False),
        ("p.empty == '[]'", True),
        ("p.on == true", True),
        ("p.on == 'true'", True),
        ("p.text == 1", False),
        ("p has 'text'", True),
        ("p.when > datetime(2026-01-01)", True),
        ("p.none in ('x')", False),
        ("isnull(p.none)", True),
        ("bag_keys(p.a)", ["b"]),
        ("array_length(p.list)", 2),
        ("array_length(bag_keys(p.none)) > 0", False),
    ],
)
def test_members_of_dynamic_values(expression: str, expected: Any) -> None:
    bag = {
        "a": {"b": 1},
        "list": ["x", {"y": "z"}],
        "text": "1",
        "on": True,
        "empty": [],
        "when": "2026-02-01T00:00:00Z",
    }
    assert value(expression, p=bag) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("tostring(dynamic({'a': [1, -2.5, null, true]}))", '{"a":[1,-2.5,null,true]}'),
        ("tostring(true)", "true"),
        ("tostring(1d + 2h)", "1.02:00:00"),
        ("tostring(-90m)", "-01:30:00"),
        ("tostring(datetime(2026-03-01T10:00:00.5+02:00))", "2026-03-01T08:00:00.5000000Z"),
        ("tolower('AbC')", "abc"),
        ("toupper('AbC')", "ABC"),
        ("toint('12')", 12),
        ("tolong(' 3.9')", 3),
        ("toint('x')", None),
        ("todouble('1.5')", 1.5),
        ("tobool('TRUE')", True),
        ("tobool('maybe')", None),
        ("todatetime('2026-03-01')", datetime(2026, 3, 1, tzinfo=timezone.utc)),
        ("todatetime('soon')", None),
        ("totimespan('2h')", timedelta(hours=2)),
        ("ago(1d)", NOW - timedelta(days=1)),
        ("now(1d)", NOW + timedelta(days=1)),
        ("split('a/b/c', '/')", ["a", "b", "c"]),
        ("split('a/b/c', '/', 1)", ["b"]),
        ("split('abc', '')", ["abc"]),
        ("strcat('a', 1, true)", "a1true"),
        ("strcat_array(dynamic(['a', 'b']), ', ')", "a, b"),
        ("strlen('abc')", 3),
        ("substring('abcdef', 2)", "cdef"),
        ("substring('abcdef', 2, 3)", "cde"),
        ("indexof('abc', 'c')", 2),
        ("indexof('abc', 'x')", -1),
        ("replace_string('a-b-c', '-', '+')", "a+b+c"),
        ("trim('-+', '--a-b-')", "a-b"),
        ("extract('x=([0-9]+)', 1, 'hello x=45')", "45"),
        ("extract('x=([0-9]+)', 0, 'hello x=45')", "x=45"),
        ("extract('x=([0-9]+)', 1, 'none')", ""),
        ("extract('x', 7, 'x')", ""),
        ("parse_json('{\"a\": 1}').a", 1),
        ("parse_json('plain')", "plain"),
        ("parse_json('')", None),
        ("bag_pack('a', 1, 'b', dynamic([2]))", {"a": 1, "b": [2]}),
        ("iff(1 > 2, 'a', 'b')", "b"),
        ("iif(int(null) == 1, 1, 2.5)", 2.5),
        ("case(false, 'a', true, 'b', 'c')", "b"),
        ("case(false, 'a', 'c')", "c"),
        ("not(true)", False),
        ("iff(true, parse_json('[1]'), 'x')", [1]),
        ("timespan('1.5h')", timedelta(minutes=90)),
        ("timespan(1d) + time(1h)", timedelta(hours=25)),
        ("long(5) + real(0.5)", 5.5),
        ("totimespan(2h) == 2h", True),
        ("tolower('Ab') =~ toupper('aB')", True),
        ("dynamic(null)", None),
        ("guid(74be27de-1e4e-49d9-b579-fe0b331d3642) == '74be27de-1e4e-49d9-b579-fe0b331d3642'", True),
    ],
)
def test_functions(call: str, expected: Any) -> None:
    assert value(call) == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("T | where nme == 'x'", "'where' operator: Failed to resolve column or scalar expression named 'nme'"),
        ("T | where name == 5", "Cannot compare values of types string and long. Try adding explicit casts"),
        ("T | where bag.a == bag.b", "Cannot compare values of types dynamic and dynamic. Try adding explicit casts"),
        ("T | where name.x == 'y'", "must be of type dynamic. Received a source of type string"),
        ("T | where name", "'where' operator: a condition has to be of type bool; found string."),
        ("T | where cout(name) == 1", "Unknown function: 'cout'."),
        ("T | where strlen(name, name) == 1", "strlen(): function expects 1 argument(s)."),
        ("T | project case(true, 'a')", "case(): function expects 3 or more argument(s)."),
        ("T | project iff(true, 'a', 1)", "iff: all values have to be of one type; found long, string."),
        ("T | project name + 1", "Cannot apply '+' to values of types string and long."),
        ("T | project ago(5)", "ago(): function expects a timespan."),
        ("T | where name matches regex '('", "Regex pattern is ill-formed"),
        ("T | where name in (size)", "'where' operator: Failed to resolve column or scalar expression named 'size'"),
    ],
)
def test_what_has_no_meaning_fails_whatever_rows_there_are(query: str, message: str) -> None:
    with pytest.raises(SemanticFailure) as failed:
        run(query)
    assert message in str(failed.value)


def test_what_kusto_has_and_the_sandbox_has_not_is_named() -> None:
    with pytest.raises(NotSupported, match="the function 'format_datetime'"):
        run("T | project format_datetime(now(), 'yyyy')")


@pytest.mark.parametrize(
    ("expression", "token", "position"),
    [
        (r"'x\q'", r"\q", 20),
        ("datetime(soon)", "datetime(soon)", 18),
        ("dynamic([1, x])", "x", 30),
        ("dynamic({'a' 1})", "1", 31),
        ("1 +", "<EOF>", 21),
        ("name has", "<EOF>", 26),
        ("#", "#", 18),
        ("12abc", "12abc"[0], 18),
    ],
)
def test_a_syntax_error_names_the_token_and_its_place(expression: str, token: str, position: int) -> None:
    with pytest.raises(SyntaxFailure) as failed:
        run(f"T | project found={expression}")
    assert (failed.value.line, failed.value.position, failed.value.token) == (1, position, token)


def test_columns_of_the_row_are_seen() -> None:
    assert names("T | where size >= 4 and bag.team == 'blue'") == ["web", ""]
    assert names("T | where isnull(size)") == ["Web"]
    assert names("T | where isempty(name)") == [""]
    assert names("T | where ['name'] == 'db'") == ["db"]
    assert names("T | where bag.on") == ["web"]
    assert names("T | where array_length(bag.ports) == 0") == ["db"]
