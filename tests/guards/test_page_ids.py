"""IDs of a page are compared with those of its run as a bijection."""

from __future__ import annotations

import pytest

from tests.guards.page_ids import PageIds

A, B = "8e8cfd43-0000-4000-8000-000000000000", "c1c29626-0000-4000-8000-000000000000"
X, Y = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(f"{X} {Y}", f"{A} {B}"), (Y, B)], [f"{A} {B}", B]),
        # One thing under two IDs, or two things under one.
        ([(X, A), (X, B)], [A, A]),
        ([(X, A), (Y, A)], [A, Y]),
        # Texts that differ in more than IDs: what is known keeps the page's ID, what is new its own.
        ([(X, A), (f"new {X} {Y}", f"{A} {B}")], [A, f"new {A} {Y}"]),
        # Runs.
        ([("aaaaaaaa", "bbbbbbbb"), ("cccccccc aaaaaaaa", "dddddddd eeeeeeee")], ["bbbbbbbb", "dddddddd bbbbbbbb"]),
    ],
)
def test_one_thing_has_one_id_in_a_page(steps: list[tuple[str, str]], expected: list[str]) -> None:
    ids = PageIds()
    assert [ids.replaced(printed, shown) for printed, shown in steps] == expected
