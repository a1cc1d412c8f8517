from __future__ import annotations

import threading

import pytest

from vmident.arm.access.paced_reads import STARTED_AT_ONCE, STARTED_EACH_SECOND, read_each
from vmident.arm.access.reader import those_to_list
from vmident.arm.limits import FEDERATED_IDENTITIES
from vmident.core.access.inventory import Machine, UserAssigned
from vmident.errors import NotAllowed, NotSignedIn, TimedOut


class StillClock:
    """A clock that stands still, and notes how long it was to sleep."""

    def __init__(self, *, is_over: bool = False) -> None:
        self.slept: list[float] = []
        self._is_over = is_over

    def now(self) -> float:
        return 100.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def remaining_seconds(self) -> float | None:
        if self._is_over:
            raise TimedOut("over")
        return None


@pytest.mark.parametrize("at_once", [1, 8])
def test_reads_are_paced_and_answered_in_their_order_each_with_its_error(at_once: int) -> None:
    clock, threads, count = StillClock(), set(), STARTED_AT_ONCE + 60

    def read(number: int) -> int:
        threads.add(threading.current_thread().name)
        if number == 7:
            raise NotAllowed("no")
        return number * 2

    found = read_each(range(count), read, clock, at_once=at_once)
    assert isinstance(found[7], NotAllowed)
    assert found[:7] + found[8:] == [number * 2 for number in range(count) if number != 7]
    assert sorted(clock.slept) == pytest.approx([at / STARTED_EACH_SECOND for at in range(1, 60)])
    assert (threads == {threading.current_thread().name}) is (at_once == 1)
    assert read_each([], read, clock, at_once=at_once) == []


@pytest.mark.parametrize("at_once", [1, 8])
@pytest.mark.parametrize("failure", [NotSignedIn("gone"), KeyError("defect")])
def test_what_ends_the_command_is_raised(failure: Exception, at_once: int) -> None:
    def read(_number: int) -> int:
        raise failure

    with pytest.raises(type(failure)):
        read_each(range(3), read, StillClock(), at_once=at_once)


def test_federated_credentials_of_identities_that_machines_carry_are_listed_first() -> None:
    identities = [UserAssigned(f"/i/{at:04}") for at in range(FEDERATED_IDENTITIES + 2)]
    last = identities[-1]
    chosen, rest = those_to_list(identities, [Machine("/vm", users=(UserAssigned(last.id.upper()),))])
    assert (chosen[0], len(chosen), rest) == (last, FEDERATED_IDENTITIES, identities[-3:-1])


def test_the_deadline_ends_it_whatever_the_readers_wait_for() -> None:
    released = threading.Event()
    with pytest.raises(TimedOut):
        read_each(range(3), lambda _number: released.wait(), StillClock(is_over=True), at_once=2)
    released.set()
