from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import law
from vmident.core.rate_limit import Bucket, TokenBucket

BUCKET = Bucket(200, 10)
NUMBERS = st.integers(1, 20)


def drawn_by(budget: TokenBucket, until: float, count: int = 1) -> int:
    """Draw whenever it may be drawn, and give how many tokens that were."""
    now, draw_table = 0.0, 0
    while True:
        now += budget.wait(now, count)
        if now > until:
            return draw_table
        budget.draw(now, count)
        budget.done(now, count, None)
        draw_table += count


@law
@given(NUMBERS, st.floats(0.0, 100.0))
def test_no_more_is_drawn_than_the_bucket_holds_and_refills(count: int, seconds: float) -> None:
    assert drawn_by(TokenBucket(BUCKET, 0.0), seconds, count) <= 200 + 10 * seconds + 1e-6


@law
@given(NUMBERS, st.floats(0.0, 100.0))
def test_what_the_bucket_gives_is_used(count: int, seconds: float) -> None:
    assert drawn_by(TokenBucket(BUCKET, 0.0), seconds, count) > 200 + 10 * seconds - 2 * count


def test_what_an_answer_says_is_left_is_believed_less_what_is_under_way() -> None:
    budget = TokenBucket(BUCKET, 0.0)
    for _ in range(3):
        budget.draw(0.0, 1)
    budget.done(0.0, 1, 50)
    assert budget.tokens(0.0) == 48
    budget.done(1.0, 1, 60)
    assert budget.tokens(1.0) == 59
    assert budget.tokens(2.0) == 69


def test_the_last_tokens_of_a_bucket_that_answers_name_are_left_to_others() -> None:
    budget = TokenBucket(BUCKET, 0.0)
    budget.draw(0.0, 1)
    budget.done(0.0, 1, 4)
    assert budget.wait(0.0, 1) > 0
    assert budget.wait(0.1, 1) == 0


def test_a_bucket_that_others_keep_empty_is_tried_all_the_same() -> None:
    budget, tried, now = TokenBucket(BUCKET, 0.0), 0, 0.0
    while now < 60:
        now += max(budget.wait(now, 1), 0.01)
        budget.draw(now, 1)
        budget.done(now, 1, 0)
        tried += 1
    assert tried > 60


def test_a_refusal_holds_everything_back_for_as_long_as_it_says() -> None:
    budget = TokenBucket(BUCKET, 0.0)
    budget.draw(0.0, 1)
    budget.refused(0.0, 1, 7.0)
    assert budget.wait(0.0, 1) == 7.0
    assert budget.wait(7.0, 1) == 0.0


def test_of_a_bucket_that_no_answer_names_refusals_slow_the_pace_and_success_brings_it_back() -> None:
    budget = TokenBucket(BUCKET, 0.0)
    for _ in range(5):
        budget.draw(0.0, 1)
    for _ in range(5):
        budget.refused(0.0, 1, 1.0)
    assert budget.per_second == 7.0, "several that meet the same empty bucket tell one thing"
    for second in range(2, 20):
        budget.draw(second, 1)
        budget.done(second, 1, None)
    assert budget.per_second == 10.0


@law
@given(st.lists(st.floats(0.0, 30.0), max_size=30))
def test_the_pace_never_comes_to_a_stand(refusals: list[float]) -> None:
    budget, now = TokenBucket(BUCKET, 0.0), 0.0
    for seconds in refusals:
        now += budget.wait(now, 1)
        budget.draw(now, 1)
        budget.refused(now, 1, seconds)
    assert budget.per_second >= 1.0
    assert budget.wait(now, 1) <= max([31.0, *refusals])


def test_more_than_a_bucket_holds_waits_for_a_full_one() -> None:
    assert TokenBucket(BUCKET, 0.0).wait(0.0, 500) == 0.0


def test_a_lower_bound_counts_from_a_full_bucket() -> None:
    assert (BUCKET.seconds_for(200), BUCKET.seconds_for(1000)) == (0.0, 80.0)
