from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import law
from vmident.core.polling import RetrySchedule, pause_before_look, pause_before_retry, pause_before_vm_look
from vmident.errors import AzureUnavailable, NotFound, Throttled, VmidentError

HOURS = 3600.0
LOOKS_A_MINUTE = [(pause_before_look, 45), (pause_before_vm_look, 36)]


def _looks(pause: Callable[[float], float], until_seconds: float) -> Iterator[float]:
    """Return the moment of every look, where looking itself takes no time."""
    at = 0.0
    while at < until_seconds:
        at += pause(at)
        yield at


@pytest.mark.parametrize(("pause", "at_most"), LOOKS_A_MINUTE)
def test_no_minute_of_hours_has_more_looks_than_the_bucket_holds(pause: Callable[[float], float], at_most: int) -> None:
    looks = list(_looks(pause, 6 * HOURS))
    busiest = max(bisect_left(looks, look + 60.0) - at for at, look in enumerate(looks))
    assert busiest <= at_most


@pytest.mark.parametrize(("pause", "refill_a_second"), [(pause_before_look, 15 / 60), (pause_before_vm_look, 12 / 60)])
def test_the_bucket_never_runs_dry_however_long_it_takes(
    pause: Callable[[float], float], refill_a_second: float
) -> None:
    size = 45.0 if pause is pause_before_look else 36.0
    left, last = size, 0.0
    for look in _looks(pause, 6 * HOURS):
        left = min(size, left + (look - last) * refill_a_second) - 1
        last = look
        assert left >= 0


@law
@given(st.floats(0.0, 8.0))
def test_an_operation_that_ends_within_eight_seconds_is_noticed_within_one_and_a_half(ends_at: float) -> None:
    noticed = next(look for look in _looks(pause_before_look, 60.0) if look >= ends_at)
    assert noticed - ends_at <= 1.5


def test_the_recorded_operations_are_each_noticed_within_a_second() -> None:
    for ends_at in (2.2, 3.3, 4.0, 5.0, 5.4, 7.1, 7.6, 7.8):
        noticed = next(look for look in _looks(pause_before_look, 60.0) if look >= ends_at)
        assert noticed - ends_at <= 1.0


@law
@given(st.floats(0.0, 24 * HOURS))
def test_a_pause_is_never_so_short_as_to_spin_nor_so_long_as_to_seem_dead(elapsed: float) -> None:
    assert 0.5 <= pause_before_look(elapsed) <= 15.0
    assert pause_before_vm_look(elapsed) == 2 * pause_before_look(elapsed)


@law
@given(st.floats(0.0, 24 * HOURS), st.floats(0.0, 24 * HOURS))
def test_the_longer_it_takes_the_longer_the_pause(one: float, other: float) -> None:
    earlier, later = sorted((one, other))
    assert pause_before_look(earlier) <= pause_before_look(later)


@law
@given(st.floats(0.0, 24 * HOURS), st.integers(1, 3600))
def test_a_look_waits_just_as_long_as_azure_asks(elapsed: float, retry_after: int) -> None:
    assert pause_before_look(elapsed, float(retry_after)) == retry_after


@law
@given(st.integers(0, 1000), st.integers(1, 3600))
def test_a_retry_waits_just_as_long_as_azure_asks(attempt: int, retry_after: int) -> None:
    assert pause_before_retry(attempt, float(retry_after)) == retry_after


@law
@given(st.integers(0, 100), st.floats(-HOURS, 0.0))
def test_no_pause_is_negative_whatever_azure_asks(attempt: int, retry_after: float) -> None:
    assert pause_before_retry(attempt, retry_after) >= 0.0
    assert pause_before_look(float(attempt), retry_after) >= 0.0


def test_retries_back_off_by_doubling_up_to_half_a_minute() -> None:
    assert [pause_before_retry(attempt) for attempt in range(7)] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_a_retry_is_never_refused_a_pause_however_often_it_was_tried() -> None:
    assert pause_before_retry(1000) == 30.0


def test_a_retry_after_of_nothing_makes_no_poll_spin() -> None:
    assert pause_before_look(3.0, 0.0) > 0.0


@pytest.mark.parametrize(
    ("failure", "tries", "pause"),
    [
        (Throttled(""), 1, 1.0),
        (Throttled("", retry_after_seconds=7.0), 2, 7.0),
        (Throttled("", retry_after_seconds=7_201.0), 1, None),
        (AzureUnavailable(""), 2, 2.0),
        (AzureUnavailable(""), 3, None),
        (NotFound(""), 1, None),
    ],
)
def test_a_transient_failure_is_retried_up_to_the_last_try(
    failure: VmidentError, tries: int, pause: float | None
) -> None:
    assert RetrySchedule(3).pause_after(failure, tries) == pause
