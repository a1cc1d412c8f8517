"""The rules E1 to E4 of `fleet.engine`, on jobs that do nothing but ask."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import law
from vmident.errors import (
    AzureUnavailable,
    Conflict,
    Interrupted,
    NotAllowed,
    NotSignedIn,
    StoppedEarly,
    Throttled,
    TimedOut,
    VmidentError,
)
from vmident.fleet.azure_limits import BUCKETS, UPDATES, WRITES, buckets_behind, token_uses_of
from vmident.fleet.request_queues import Response
from vmident.fleet.scheduler import THROTTLED_TRIES, TROUBLED_TRIES, Dispatch, Scheduler
from vmident.ports.fleet import AzureRequest, Job, Limit, Pause, RequestCost, RequestKind, Steps, StopPolicy

SUBSCRIPTION = "5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1"
WRITE, LOOK, READ = (
    RequestCost(kind, SUBSCRIPTION, "westus") for kind in (RequestKind.WRITE_VM, RequestKind.LOOK, RequestKind.READ_VM)
)
THROTTLED = Throttled("Too many.", code="SubscriptionRequestsThrottled", retry_after_seconds=3.0)


@dataclass
class Result:
    """What a job of these tests returns: the steps that it took, and the failure that it met."""

    number: int
    took: list[str] = field(default_factory=list)
    error: VmidentError | None = None


@dataclass
class Answering:
    """Answers every order, with these errors first; `asked` has the orders."""

    errors: Sequence[VmidentError | None] = ()
    for_ever: VmidentError | None = None
    asked: list[Dispatch] = field(default_factory=list)

    def __call__(self, dispatch: Dispatch) -> Response:
        self.asked.append(dispatch)
        place = len(self.asked) - 1
        return Response(error=self.errors[place] if place < len(self.errors) else self.for_ever)


def asking(number: int, *costs: RequestCost, pause: float = 2.0) -> Job:
    """A job that sends these requests, with a pause before each but the first, and fails where one fails."""

    def steps() -> Steps[Result]:
        result = Result(number)
        try:
            for place, cost in enumerate(costs):
                if place:
                    yield Pause(pause, "waiting")
                yield AzureRequest(cost, lambda: None)
                result.took.append(cost.kind.name)
        except VmidentError as failure:
            result.error = failure
        return result

    return Job(steps, costs[0])


def drive(
    scheduler: Scheduler[Result],
    answer: Callable[[Dispatch], Response] | None = None,
    *,
    until: float = 1e9,
) -> float:
    """Answer every order after a tenth of a second, in virtual time; gives the moment of the end."""
    answer = answer or Answering()
    now, under_way = 0.0, list[tuple[float, Dispatch]]()
    while not scheduler.is_over and now < until:
        under_way += [(now + 0.1, dispatch) for dispatch in scheduler.due(now, 32 - len(under_way))]
        at = scheduler.next_at() if len(under_way) < 32 else None
        moments = [moment for moment, _ in under_way] + ([] if at is None else [at])
        now = max([now, *sorted(moments)[:1]])
        arrived = [dispatch for moment, dispatch in under_way if moment <= now]
        under_way = [one for one in under_way if one[0] > now]
        for dispatch in arrived:
            scheduler.answered(dispatch.ticket, answer(dispatch), now)
    for _, dispatch in under_way:
        scheduler.answered(dispatch.ticket, answer(dispatch), now)
    return now


def engine_of(number: int, *costs: RequestCost, policy: StopPolicy = StopPolicy()) -> Scheduler[Result]:  # noqa: B008 - frozen
    return Scheduler([asking(one, *costs) for one in range(number)], 0.0, policy)


def statuses(results: Sequence[Result | None]) -> list[str]:
    return ["left" if one is None else "failed" if one.error else "done" for one in results]


@law
@given(st.lists(st.lists(st.sampled_from([WRITE, LOOK, READ]), min_size=1, max_size=4), max_size=40))
def test_every_job_takes_all_its_steps_and_results_are_in_the_order_of_the_jobs(plans: list[list[RequestCost]]) -> None:
    scheduler = Scheduler[Result]([asking(number, *plan) for number, plan in enumerate(plans)], 0.0)
    drive(scheduler)
    assert [one.number for one in scheduler.results if one] == list(range(len(plans)))
    assert [one.took for one in scheduler.results if one] == [[cost.kind.name for cost in plan] for plan in plans]


def test_no_budget_is_overdrawn_and_none_is_left_unused() -> None:
    """E1: of 500 writes 200 leave at once and 10 a second after them."""
    assert drive(engine_of(500, WRITE)) == pytest.approx(30.0, abs=0.5)


def test_what_was_begun_comes_before_what_was_not() -> None:
    """E2: of two writes that each job has, the second leaves before the first of another."""
    scheduler = Scheduler[Result]([asking(number, WRITE, WRITE, pause=0.0) for number in range(400)], 0.0)
    answering = Answering()
    drive(scheduler, answering, until=10.0)
    assert len(answering.asked) == pytest.approx(300, abs=5)
    assert statuses(scheduler.results).count("done") >= 140


def test_a_throttled_write_is_sent_again_without_its_job_being_troubled() -> None:
    """E3."""
    scheduler = engine_of(1, WRITE)
    now = drive(scheduler, Answering([THROTTLED] * 5))
    assert statuses(scheduler.results) == ["done"]
    assert now >= 15.0, "each refusal said to wait for three seconds"


@pytest.mark.parametrize(
    ("cost", "error", "tries"),
    [
        (WRITE, THROTTLED, THROTTLED_TRIES),
        (READ, THROTTLED, THROTTLED_TRIES),
        (READ, AzureUnavailable("busy"), TROUBLED_TRIES),
        (WRITE, AzureUnavailable("busy"), 1),
        (READ, NotAllowed("No."), 1),
    ],
)
def test_what_is_repeated_is_repeated_so_often_and_then_its_job_meets_it(
    cost: RequestCost, error: VmidentError, tries: int
) -> None:
    scheduler, answering = engine_of(1, cost), Answering(for_ever=error)
    drive(scheduler, answering)
    assert (len(answering.asked), statuses(scheduler.results)) == (tries, ["failed"])


def test_a_stop_lets_what_is_in_flight_come_to_its_end_and_begins_nothing() -> None:
    """E4."""
    scheduler, answering = engine_of(400, WRITE, LOOK), Answering()
    drive(scheduler, until=1.0)
    scheduler.stop(1.0)
    drive(scheduler, answering)
    assert {dispatch.request.cost.kind for dispatch in answering.asked} == {RequestKind.LOOK}
    assert set(statuses(scheduler.results)) == {"done", "left"}


def test_a_stop_keeps_a_second_write_of_the_same_job_from_leaving() -> None:
    scheduler = engine_of(10, WRITE, WRITE)
    drive(scheduler, until=1.0)
    scheduler.stop(1.0)
    drive(scheduler)
    assert {type(one.error) for one in scheduler.results if one} == {Interrupted}


def test_an_end_is_thrown_into_every_job_that_is_not_over() -> None:
    scheduler = engine_of(400, WRITE, LOOK)
    drive(scheduler, until=1.0)
    scheduler.end(TimedOut("The time is over."), 1.0)
    assert scheduler.is_over
    assert {type(one.error) if one else None for one in scheduler.results} == {TimedOut, None}


@pytest.mark.parametrize("failure", [NotSignedIn("Signed out."), TimedOut("Over.")])
def test_what_would_fail_for_all_stops_the_run(failure: VmidentError) -> None:
    scheduler = engine_of(400, WRITE)
    drive(scheduler, Answering(for_ever=failure))
    assert statuses(scheduler.results).count("left") > 100


def test_a_canary_comes_first_and_the_others_only_when_it_is_over() -> None:
    scheduler = engine_of(50, WRITE, LOOK, policy=StopPolicy(canary=3))
    drive(scheduler, until=1.0)
    assert scheduler.progress(1.0).in_flight == 3
    drive(scheduler)
    assert statuses(scheduler.results) == ["done"] * 50


def test_a_canary_that_is_not_well_stops_the_run() -> None:
    scheduler = engine_of(50, WRITE, policy=StopPolicy(canary=3))
    drive(scheduler, Answering([None, Conflict("Busy.")]))
    assert statuses(scheduler.results) == ["done", "failed", "done"] + ["left"] * 47
    assert scheduler.stopped_by_policy
    reason = StopPolicy(canary=3).canary_failure(scheduler.results)
    assert reason == "1 of 3 canary VMs failed; the remaining 47 VMs were not changed."


def test_a_canary_of_all_is_no_canary() -> None:
    scheduler = engine_of(3, WRITE, policy=StopPolicy(canary=3))
    drive(scheduler, Answering([None, Conflict("Busy.")]))
    assert scheduler.stopped_by_policy is None


def test_a_canary_is_the_first_jobs_in_whatever_lanes_they_are() -> None:
    """E5: a region's jobs at the end of the list are none of the first."""
    regions = ["westus"] * 20 + ["northeurope"] * 20
    jobs = [
        asking(number, RequestCost(RequestKind.WRITE_VM, SUBSCRIPTION, region)) for number, region in enumerate(regions)
    ]
    scheduler, answering = (
        Scheduler[Result](jobs, 0.0, StopPolicy(canary=3)),
        Answering([None, None, Conflict("Busy.")]),
    )
    drive(scheduler, answering)
    assert statuses(scheduler.results) == ["done", "done", "failed"] + ["left"] * 37
    scheduler = Scheduler[Result](jobs, 0.0, StopPolicy(canary=3))
    drive(scheduler)
    assert statuses(scheduler.results) == ["done"] * 40


FEW, TWO_OF_A_HUNDRED = Limit(2), Limit(2, is_percent=True)


@pytest.mark.parametrize(
    ("limit", "is_stopped"),
    [
        (None, False),
        (Limit(0), True),
        (FEW, True),
        (Limit(3), False),
        (Limit(0, is_percent=True), True),
        (Limit(1, is_percent=True), False),
    ],
)
def test_a_run_stops_above_so_many_failures(limit: Limit | None, is_stopped: bool) -> None:
    scheduler = engine_of(400, WRITE, policy=StopPolicy(max_failures=limit))
    drive(scheduler, Answering([Conflict("Busy.")] * 3))
    assert ("left" in statuses(scheduler.results), bool(scheduler.stopped_by_policy)) == (is_stopped, is_stopped)


def test_a_limit_of_a_hundred_parts_is_passed_by_more_than_that_part_of_all() -> None:
    assert [TWO_OF_A_HUNDRED.is_passed_by(count, 100) for count in (2, 3)] == [False, True]
    assert [TWO_OF_A_HUNDRED.is_passed_by(count, 10) for count in (0, 1)] == [False, True]
    assert [str(TWO_OF_A_HUNDRED), str(FEW)] == ["2%", "2"]


def test_what_failed_before_there_was_a_job_counts() -> None:
    jobs = [asking(number, WRITE) for number in range(97)]
    scheduler = Scheduler[Result](jobs, 0.0, StopPolicy(max_failures=FEW), failed=3)
    assert (scheduler.is_over, scheduler.stopped_by_policy) == (
        True,
        "More than 2 of 100 VMs failed; the remaining VMs were not changed.",
    )
    scheduler, answering = (
        Scheduler[Result](jobs, 0.0, StopPolicy(max_failures=FEW), failed=2),
        Answering([Conflict("Busy.")]),
    )
    drive(scheduler, answering, until=0.5)
    assert scheduler.stopped_by_policy


def test_a_write_that_a_policy_holds_back_is_no_interruption() -> None:
    scheduler = engine_of(400, WRITE, WRITE, policy=StopPolicy(max_failures=Limit(0)))
    drive(scheduler, Answering([Conflict("Busy.")]))
    errors = {type(one.error) for one in scheduler.results if one}
    assert errors == {Conflict, StoppedEarly}


@law
@given(st.integers(0, 10_000))
def test_progress_counts_every_job_once_at_every_moment(seed: int) -> None:
    chance = random.Random(seed)
    scheduler = engine_of(60, WRITE, LOOK, policy=StopPolicy(canary=5))

    def answer(_order: Dispatch) -> Response:
        seen = scheduler.progress(0.0)
        assert seen.is_stopping or seen.done + seen.in_flight + seen.waiting == 60
        assert 0 <= seen.failed <= seen.done
        return Response(error=NotAllowed("No.") if chance.random() < 0.01 else None)

    drive(scheduler, answer)


def test_the_time_left_is_what_the_limits_still_take() -> None:
    scheduler = engine_of(1_000, WRITE)
    assert scheduler.progress(0.0).seconds_left == pytest.approx(80.0)
    drive(scheduler, until=40.0)
    assert scheduler.progress(40.0).seconds_left == pytest.approx(40.0, abs=2.0)
    assert scheduler.progress(40.0).limit_per_minute == pytest.approx(600.0, abs=30.0)


def test_a_refusal_names_the_budgets_that_it_speaks_of() -> None:
    making = RequestCost(RequestKind.WRITE_VM, SUBSCRIPTION, "westus", made=1, attached=2)

    def names(code: str, target: str | None) -> set[str]:
        return {key[0] for key in buckets_behind(making, code, target)}

    assert names("OperationNotAllowed", UPDATES) == {UPDATES}
    assert names("OperationNotAllowed", "UpdateVMResource") == set(), "one VM's own"
    assert names("SubscriptionRequestsThrottled", None) == {WRITES}
    assert names("TooManyRequests", None) == {"identities made", "identities attached"}


@pytest.mark.parametrize("kind", RequestKind)
def test_every_request_draws_on_budgets_that_are_known(kind: RequestKind) -> None:
    for made, attached, assignments in itertools.product((0, 1), (0, 2), (1, 3)):
        draws = token_uses_of(RequestCost(kind, SUBSCRIPTION, "westus", made, attached, assignments))
        assert draws
        assert {draw.key[0] for draw in draws} <= BUCKETS.keys()
