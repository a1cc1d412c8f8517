from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from vmident.render.table import draw_table

law = settings(max_examples=50, deadline=None)
cells = st.sampled_from(["", "a", "bb b", "漢字", "é", "e\u0301", "x" * 20, "-", " lead", "[bold]"])
tables = st.integers(1, 3).flatmap(
    lambda number: st.tuples(
        st.just([]) | st.lists(cells.filter(bool), min_size=number, max_size=number),
        st.lists(st.lists(cells, min_size=number, max_size=number), min_size=1, max_size=4),
    )
)


@law
@given(tables)
def test_what_fits_is_not_cut(table: tuple[list[str], list[list[str]]]) -> None:
    heads, rows = table
    assert draw_table(heads, rows) == draw_table(heads, rows, width_columns=200)


@law
@given(tables, st.integers(25, 60))
def test_no_line_is_wider_than_the_terminal(table: tuple[list[str], list[list[str]]], width: int) -> None:
    lines = draw_table(*table, width_columns=width).splitlines()
    assert max((cell_len(line) for line in lines), default=0) <= width


def test_the_widest_column_is_cut_and_shows_it() -> None:
    rows = [["vm-1", "a-very-long-name-of-an-identity"], ["vm-2", "short"]]
    assert draw_table(["name", "identities"], rows, width_columns=20).splitlines() == [
        "name   identities",
        "-" * 20,
        "vm-1   a-very-long-…",
        "vm-2   short",
    ]


def test_names_are_cut_last_and_a_narrow_terminal_has_narrow_gaps() -> None:
    rows = [["monitoredVM", "myResourceGroup", "westus", "SystemAssigned", "myUserAssignedIdentity"]]
    lines = draw_table(["name", "resourceGroup", "location", "type", "identities"], rows, width_columns=40).splitlines()
    assert lines[2] == "monitoredVM myRes… westus Syste… myUser…"


def test_a_narrow_terminal_shows_fewer_columns_whose_headers_can_be_read() -> None:
    heads = ["name", "resourceGroup", "location", "type", "identities"]
    rows = [["monitoredVM", "myResourceGroup", "westus", "SystemAssigned", "myUserAssignedIdentity"]]
    spare = ["location", "resourceGroup"]
    shown = {width: draw_table(heads, rows, width_columns=width, spare=spare).splitlines() for width in (40, 60, 80)}
    assert shown[40] == ["name        type          identities", "-" * 40, "monitoredVM SystemAssign… myUserAssigne…"]
    assert [shown[width][0].split() for width in (60, 80)] == [[heads[0], heads[1], *heads[3:]], heads]


def test_where_all_columns_are_at_their_least_they_are_cut_on() -> None:
    lines = draw_table(["a" * 20, "[bold]", "x" * 20], [["a" * 20, "[bold]", ""]], width_columns=22).splitlines()
    assert [len(line) for line in lines] == [22, 22, 15]


def test_ten_thousand_rows_are_drawn_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.table", None)
    rows = [[f"vm-{number}", "westus"] for number in range(10_000)]
    assert len(draw_table(["name", "location"], rows).splitlines()) == 10_002
