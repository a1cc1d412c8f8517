from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmident.core.verification.sampling import SampleSize, sample


@pytest.mark.parametrize(
    ("size", "total", "chosen"),
    [
        (SampleSize(3), 10, 3),
        (SampleSize(30), 10, 10),
        (SampleSize(5, is_percent=True), 41, 3),
        (SampleSize(1, is_percent=True), 1, 1),
        (SampleSize(100, is_percent=True), 41, 41),
        (SampleSize(5), 0, 0),
    ],
)
def test_a_sample_is_so_many_or_a_share_rounded_up(size: SampleSize, total: int, chosen: int) -> None:
    assert size.of(total) == chosen


@given(st.lists(st.text(max_size=3), unique=True), st.integers(1, 20), st.text(max_size=3))
def test_a_sample_is_a_part_in_the_order_of_the_whole_and_the_same_for_the_same_seed(
    items: list[str], number: int, seed: str
) -> None:
    chosen = sample(items, SampleSize(number), seed, str)
    assert len(chosen) == min(number, len(items))
    assert chosen == [one for one in items if one in chosen]
    assert sample(items[::-1], SampleSize(number), seed, str) == chosen[::-1]


def test_another_seed_chooses_others() -> None:
    items = [str(number) for number in range(100)]
    assert sample(items, SampleSize(5), "a", str) != sample(items, SampleSize(5), "b", str)
