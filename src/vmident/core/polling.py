"""When to look again: polling and back-off schedules as functions of time, never of a clock.

An operation on a VM takes 2 to 8 seconds (recordings of 2020, 2025 and 2026) and sends no `Retry-After`. Its reads come
from a bucket of 45 that refills with 15 a minute; reads of the VM itself from one of 36 that refills with 12 a minute.
The schedules below look often while the end is likely and then ever less, and stay within 45 looks in any minute
for an operation, 36 for a VM.
"""

from __future__ import annotations

import math
from collections import deque

from msgspec import Struct

from vmident.errors import AzureUnavailable, Throttled, VmidentError

_FIRST_LOOK_SECONDS = 0.5
_CLOSE_LOOKS_SECONDS = 1.0
_CLOSE_LOOKS_UNTIL_SECONDS = 15.0
_LATER_SHARE_OF_ELAPSED = 0.1
_LONGEST_PAUSE_SECONDS = 15.0

_SCOUTS = 3
_USUAL_SECONDS = 5.0
_LEARNT_FROM = 50
_LIKELY_SHARE = 0.8
_MARGIN_SECONDS = 0.1

LONGEST_RETRY_AFTER_SECONDS = 7_200.0
"""A `Retry-After` beyond this is not waited for: the refusal that carries it is the answer."""

_BACK_OFF_FIRST_SECONDS = 1.0
_BACK_OFF_LONGEST_SECONDS = 30.0


def pause_before_look(elapsed_seconds: float, retry_after_seconds: float | None = None) -> float:
    """Return the seconds to wait before the next look at a running operation that began `elapsed_seconds` ago.

    What Azure asks for with `Retry-After` is obeyed; a 0 does not make the looks spin.
    """
    if retry_after_seconds is not None:
        return max(_FIRST_LOOK_SECONDS, retry_after_seconds)
    if elapsed_seconds < _FIRST_LOOK_SECONDS:
        return _FIRST_LOOK_SECONDS
    if elapsed_seconds < _CLOSE_LOOKS_UNTIL_SECONDS:
        return _CLOSE_LOOKS_SECONDS
    return min(_LONGEST_PAUSE_SECONDS, max(_CLOSE_LOOKS_SECONDS, elapsed_seconds * _LATER_SHARE_OF_ELAPSED))


class OperationTimes:
    """How long operations take, learnt as they end: where many run, most are then looked at once, when they are over.

    Until the first has ended, a few are looked at often, to learn from, and the others after a usual time.
    """

    def __init__(self) -> None:
        self._taken: deque[float] = deque(maxlen=_LEARNT_FROM)
        self._scouts = 0

    def learn(self, seconds: float) -> None:
        """Take note of an operation that took so long."""
        self._taken.append(seconds)

    def pause_before_first_look(self) -> float:
        """Return the seconds from an operation's begin to the first look at it."""
        if self._taken:
            ordered = sorted(self._taken)
            likely = ordered[math.ceil(len(ordered) * _LIKELY_SHARE) - 1]
            return max(_FIRST_LOOK_SECONDS, likely + _MARGIN_SECONDS)
        if self._scouts < _SCOUTS:
            self._scouts += 1
            return _FIRST_LOOK_SECONDS
        return _USUAL_SECONDS


def pause_before_vm_look(elapsed_seconds: float) -> float:
    """Return the seconds to wait before reading a VM again that another client is changing.

    Twice the pause of an operation: the budget is smaller, and the change's own reads come from it too.
    """
    return 2 * pause_before_look(elapsed_seconds)


def is_too_long(retry_after_seconds: float | None) -> bool:
    """Return whether a `Retry-After` is not waited for."""
    return retry_after_seconds is not None and retry_after_seconds > LONGEST_RETRY_AFTER_SECONDS


def pause_before_retry(attempt: int, retry_after_seconds: float | None = None) -> float:
    """Return the seconds to wait before trying a refused request again, `attempt` counted from 0.

    1, 2, 4, … up to 30 seconds, or what Azure asks for with `Retry-After`.
    """
    if retry_after_seconds is not None:
        return max(0.0, retry_after_seconds)
    return float(min(_BACK_OFF_LONGEST_SECONDS, _BACK_OFF_FIRST_SECONDS * 2.0**attempt))


class RetrySchedule(Struct, frozen=True):
    """How often a request is sent at most, and which failures are transient.

    Every loop that sends a request again asks one of these for the pause, and waits on its own clock: a sleep up to the
    deadline of the command, or a pause of the scheduler (design note 0006).
    """

    tries: int
    transient: tuple[type[VmidentError], ...] = (Throttled, AzureUnavailable)

    def pause_after(self, failure: VmidentError, tries: int) -> float | None:
        """Return the seconds to wait after a failure of try number `tries`, counted from 1.

        `None` where the failure stands: it is not transient, it was the last try, or its `Retry-After` is too long.
        """
        if not isinstance(failure, self.transient) or tries >= self.tries or is_too_long(failure.retry_after_seconds):
            return None
        return pause_before_retry(tries - 1, failure.retry_after_seconds)
