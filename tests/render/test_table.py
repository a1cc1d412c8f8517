from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmident.render.table import _wrapped, draw_table

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
def test_what_fits_is_drawn_as_rich_would_draw_it(table: tuple[list[str], list[list[str]]]) -> None:
    heads, rows = table
    assert draw_table(heads, rows) == draw_table(heads, rows, width_columns=200) == _wrapped(heads, rows, 200)


@pytest.mark.parametrize(("width", "wraps"), [(7, True), (8, False)])
def test_a_table_is_wrapped_where_it_is_wider_than_it_may_be_and_not_before(width: int, wraps: bool) -> None:
    text = draw_table(["a", "b"], [["xx", "yyy"]], width_columns=width)
    assert (text == "a    b\n--------\nxx   yyy") is not wraps


def test_ten_thousand_rows_are_drawn_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.table", None)
    rows = [[f"vm-{number}", "westus"] for number in range(10_000)]
    assert len(draw_table(["name", "location"], rows).splitlines()) == 10_002
