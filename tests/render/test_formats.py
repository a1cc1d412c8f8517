from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vmident.errors import QueryFailed, UsageError
from vmident.render.formats import as_json, as_json_line, as_table, as_tsv, as_yaml, compiled_query, queried

law = settings(max_examples=25, deadline=None)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)
NASTY = "web\x1b[31m[bold]\u202e\ngrüße"
ROWS = [
    {"name": "myVM", "type": "None", "principalId": None},
    {"name": "webVM", "type": "SystemAssigned", "principalId": "p"},
]


@law
@given(documents)
def test_json_is_ascii_and_reads_as_the_same_document(document: Any) -> None:
    for text in (as_json(document), as_json_line(document)):
        assert text.isascii()
        assert json.loads(text) == document
    assert "\n" not in as_json_line(document)


@law
@given(documents)
def test_yaml_is_ascii_and_reads_as_the_same_document(document: Any) -> None:
    text = as_yaml(document)
    assert text.isascii()
    assert yaml.safe_load(text) == document
    assert not text.endswith("\n")


def test_control_characters_are_escaped_in_json_and_yaml_but_not_lost() -> None:
    for text, read in ((as_json({"n": NASTY}), json.loads), (as_yaml({"n": NASTY}), yaml.safe_load)):
        assert "\x1b" not in text
        assert read(text) == {"n": NASTY}


def test_the_keys_of_a_document_keep_their_order() -> None:
    assert list(json.loads(as_json({"b": 1, "a": 2}))) == ["b", "a"]
    assert as_yaml({"b": 1, "a": 2}) == "b: 1\na: 2"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (None, ""),
        ([], ""),
        ("myVM", "myVM"),
        (["myVM", "webVM"], "myVM\nwebVM"),
        ({"name": "myVM", "id": None, "n": 2}, "myVM\t\t2"),
        (ROWS, "myVM\tNone\t\nwebVM\tSystemAssigned\tp"),
        ([["myVM", None], ["webVM", True]], "myVM\t\nwebVM\ttrue"),
        ([{"name": "myVM", "users": {"one": {}}}], 'myVM\t{"one": {}}'),
        (0, "0"),
    ],
)
def test_tsv_is_a_line_for_each_row_without_a_header(rows: Any, text: str) -> None:
    assert as_tsv(rows) == text


def test_a_tab_or_a_line_break_inside_a_value_makes_no_cell_and_no_line() -> None:
    assert as_tsv([{"a": "x\ty\nz", "b": "\x1b[2J"}]) == "x\\x09y\\x0az\t\\x1b[2J"


@law
@given(st.lists(st.tuples(st.text(st.characters()), st.text(st.characters())), min_size=1, max_size=4))
def test_tsv_has_a_line_for_each_row_and_a_tab_between_values_whatever_they_hold(rows: list[tuple[str, str]]) -> None:
    lines = as_tsv([list(row) for row in rows]).split("\n")
    assert [line.count("\t") for line in lines] == [1] * len(rows)


def _cells(table: str) -> list[list[str]]:
    return [line.split() for line in table.splitlines()]


def test_a_table_has_a_header_a_rule_and_a_line_for_each_row() -> None:
    heading, rule, *rows = as_table(ROWS).splitlines()
    assert heading.split() == ["name", "type", "principalId"]
    assert not any(character.isalnum() for character in rule)
    assert [row.split() for row in rows] == [["myVM", "None"], ["webVM", "SystemAssigned", "p"]]


def test_the_columns_of_a_table_stand_under_each_other() -> None:
    heading, _, *rows = as_table(ROWS).splitlines()
    assert {heading.index("type")} == {rows[0].index("None"), rows[1].index("SystemAssigned")}


def test_a_table_takes_the_columns_of_every_row() -> None:
    heading, _, first, second = as_table([{"a": "1"}, {"b": "2"}]).splitlines()
    assert heading.split() == ["a", "b"]
    assert first.index("1") == heading.index("a")
    assert second.index("2") == heading.index("b")


@pytest.mark.parametrize("rows", [None, []])
def test_a_table_of_nothing_is_empty(rows: Any) -> None:
    assert as_table(rows) == ""


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        ("myVM", [["myVM"]]),
        (["myVM", "webVM"], [["myVM"], ["webVM"]]),
        ([["myVM", 1], ["webVM", None]], [["myVM", "1"], ["webVM"]]),
        (7, [["7"]]),
    ],
)
def test_a_table_of_what_a_query_picked_has_no_header(rows: Any, cells: list[list[str]]) -> None:
    assert _cells(as_table(rows)) == cells


def test_a_table_without_a_width_cuts_and_wraps_no_line() -> None:
    users = ",".join(f"/subscriptions/sub/resourceGroups/myGroup/{number:04}" for number in range(100))
    assert as_table([{"name": "myVM", "users": users}]).splitlines()[-1].endswith(users)


@pytest.mark.parametrize("width", [None, 60])
def test_text_in_a_table_is_neither_markup_nor_a_command_to_the_terminal(width: int | None) -> None:
    table = as_table([{"name": "[bold red]x[/bold red]", "[u]": ":smile: \x1b[31m\u202e"}], width_columns=width)
    assert "[bold red]x[/bold red]" in table
    assert "[u]" in table
    assert ":smile: \\x1b[31m\\u202e" in table
    assert "\x1b" not in table
    assert "\u202e" not in table


def test_a_line_break_inside_a_name_makes_no_row() -> None:
    assert len(as_table([{"name": "a\nb\u2028c\x85d"}]).splitlines()) == 3


def test_a_query_picks_from_the_document() -> None:
    assert queried({"identity": {"principalId": "p"}}, "identity.principalId") == "p"
    assert queried(ROWS, "[?type=='None'].name") == ["myVM"]
    assert queried(ROWS, "[].{vm: name}") == [{"vm": "myVM"}, {"vm": "webVM"}]
    assert queried({"a": 1}, "missing") is None


def test_without_a_query_the_whole_document_is_the_answer() -> None:
    assert queried(ROWS, None) is ROWS


@pytest.mark.parametrize("query", ["[", "a b", "a.", "[?x=", "", "foo("])
def test_a_query_that_is_not_jmespath_is_wrong_usage(query: str) -> None:
    with pytest.raises(UsageError) as refused:
        compiled_query(query)
    assert f"--query '{query}' is not a valid JMESPath expression: " in refused.value.message
    assert "\n" not in refused.value.message
    assert refused.value.hint


def test_a_table_is_ascii_where_its_cells_are() -> None:
    assert as_table(ROWS).isascii()


@pytest.mark.parametrize("query", ["length(n)", "sort_by(@, &a)", "join(',', [n])"])
def test_a_query_that_the_document_makes_no_sense_of_is_unfit(query: str) -> None:
    with pytest.raises(QueryFailed) as unfit:
        queried({"n": 7}, query)
    assert f"--query '{query}'" in unfit.value.message


@pytest.mark.parametrize("query", ["nosuch(@)", "to_number(@, @)"])
def test_a_query_of_unknown_functions_is_wrong_usage_before_there_is_a_document(query: str) -> None:
    with pytest.raises(UsageError, match="--query"):
        compiled_query(query)


@pytest.mark.parametrize("mixed", [[{"a": 1}, None], [{"a": 1}, "myVM"], [{"a": 1}, 7], [None, {"a": 1}], [{}]])
def test_a_table_of_unlike_rows_is_drawn_all_the_same(mixed: Any) -> None:
    assert isinstance(as_table(mixed), str)


def test_a_table_without_a_width_cuts_no_line_however_long() -> None:
    users = ",".join(f"/subscriptions/sub/resourceGroups/myGroup/{number:06}" for number in range(2000))
    assert as_table([{"name": "myVM", "users": users}]).splitlines()[-1].endswith(users)


def test_a_table_off_a_terminal_is_as_wide_as_it_needs_whatever_term_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert len(as_table(["x" * 200])) == 200
