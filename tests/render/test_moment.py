from __future__ import annotations

import pytest

from vmident.render.moment import ago, lasting, until

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (0.4, "just now"),
        (1, "1 second ago"),
        (59.9, "59 seconds ago"),
        (60, "1 minute ago"),
        (7_199, "1 hour ago"),
        (86_399, "23 hours ago"),
        (86_400, "1 day ago (2027-01-14)"),
        (29.9 * 86_400, "29 days ago (2026-12-16)"),
        (30 * 86_400, "2026-12-16"),
    ],
)
def test_a_moment_is_relative_for_a_month_and_dated_from_a_day_on(seconds: float, text: str) -> None:
    assert ago(NOW - seconds, NOW) == text


def test_a_moment_ahead_is_relative_too() -> None:
    assert [until(NOW + one, NOW) for one in (3_000, 1, 0.5, -61)] == [
        "in 50 minutes",
        "in 1 second",
        "just now",
        "1 minute ago",
    ]


def test_a_duration_is_in_its_largest_whole_unit() -> None:
    assert [lasting(one) for one in (0.5, 2, 61, 7_300)] == ["less than a second", "2 seconds", "1 minute", "2 hours"]
