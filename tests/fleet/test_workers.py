"""The threads that send requests: no more of them than there may be, and whatever happens is an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.fleet.simulated import VirtualClock
from vmident.errors import NotFound, TimedOut, UnexpectedError
from vmident.fleet.request_queues import Response
from vmident.fleet.scheduler import Dispatch
from vmident.fleet.workers import ThreadExecutor
from vmident.ports.fleet import AzureRequest, RequestCost, RequestKind

PATIENCE_SECONDS = 60.0


class Metering:
    """Notes which threads send, and says that so much is left."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    @contextmanager
    def __call__(self) -> Iterator[Mapping[str, int]]:
        self.threads.add(threading.get_ident())
        yield {"subscription-reads": 7}


def dispatch(ticket: int, act: Callable[[], Any], kind: RequestKind = RequestKind.READ_VM) -> Dispatch:
    return Dispatch(ticket, AzureRequest(RequestCost(kind, "subscription", "region"), act))


def workers(number: int, metering: Metering | None = None) -> ThreadExecutor:
    return ThreadExecutor(number, VirtualClock(), metering or Metering(), lambda seconds: seconds)


def answers(executor: ThreadExecutor, number: int) -> dict[int, Response]:
    return dict(met for met in (executor.wait(PATIENCE_SECONDS) for _ in range(number)) if met)


def test_as_many_requests_as_there_are_workers_are_under_way_at_once() -> None:
    executor, meeting = workers(4), threading.Barrier(4, timeout=PATIENCE_SECONDS)
    for ticket in range(4):
        assert executor.room == 4 - ticket
        executor.start(dispatch(ticket, meeting.wait))
    assert executor.room == 0
    assert set(answers(executor, 4)) == {0, 1, 2, 3}, "none of them ends before all of them are there"
    assert executor.room == 4


def test_no_more_workers_are_started_than_there_is_work_for() -> None:
    metering = Metering()
    executor = workers(32, metering)
    for ticket in range(20):
        executor.start(dispatch(ticket, lambda: None))
        answers(executor, 1)
    assert len(metering.threads) == 1
    assert threading.get_ident() not in metering.threads


def test_what_an_answer_says_is_left_comes_with_it_and_so_does_a_failure() -> None:
    executor = workers(2)

    def fail() -> None:
        raise NotFound("It is gone.")

    executor.start(dispatch(1, lambda: "value"))
    executor.start(dispatch(2, fail))
    met = answers(executor, 2)
    assert (met[1].value, met[1].remaining) == ("value", {"subscription-reads": 7})
    assert isinstance(met[2].error, NotFound)
    assert met[2].remaining == {"subscription-reads": 7}


def test_a_defect_in_a_worker_is_an_answer_too() -> None:
    executor = workers(1)
    executor.start(dispatch(1, lambda: 1 // 0))
    error = answers(executor, 1)[1].error
    assert isinstance(error, UnexpectedError)
    assert isinstance(error.__cause__, ZeroDivisionError)


def test_what_asks_several_times_by_itself_is_not_metered() -> None:
    metering = Metering()
    executor = workers(1, metering)
    executor.start(dispatch(1, lambda: "settled", RequestKind.SETTLE_ROLES))
    assert answers(executor, 1)[1].value == "settled"
    assert metering.threads == set()


def test_while_nothing_is_under_way_time_passes() -> None:
    clock = VirtualClock()
    executor = ThreadExecutor(2, clock, Metering(), lambda seconds: seconds)
    assert executor.wait(12.5) is None
    assert clock.now() == 12.5


class Over(VirtualClock):
    """A clock whose deadline has come."""

    def remaining_seconds(self) -> float | None:
        raise TimedOut("The time is over.")


def test_nobody_is_waited_for_longer_than_the_command_may_take() -> None:
    executor, resume_recording = ThreadExecutor(1, Over(), Metering(), lambda seconds: seconds), threading.Event()
    executor.start(dispatch(1, lambda: resume_recording.wait(PATIENCE_SECONDS)))
    with pytest.raises(TimedOut):
        executor.wait(1.0)
    resume_recording.set()
