"""The loop around the scheduler: passes requests to workers, returns responses, handles Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from vmident.core.run_record import Progress
from vmident.errors import Interrupted, StoppedEarly, TimedOut, VmidentError
from vmident.fleet.scheduler import Scheduler
from vmident.fleet.workers import Executor
from vmident.ports.clock import Clock
from vmident.ports.fleet import NO_POLICY, Job, StopPolicy

_SHOWS_EVERY_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 0.25
_LEAVES_AT = 2


class Runner:
    """`vmident.ports.fleet.Fleet`. `show` receives the progress of the run every `_SHOWS_EVERY_SECONDS`.

    After the first Ctrl-C no job starts, and requests in flight are waited for; after the second nothing is.
    """

    def __init__(self, clock: Clock, executor: Executor, show: Callable[[Progress], None]) -> None:
        self._clock = clock
        self._executor = executor
        self._show = show
        self._presses = 0
        self.stopped: VmidentError | None = None

    def run(self, jobs: Sequence[Job], policy: StopPolicy = NO_POLICY, failed: int = 0) -> Sequence[Any]:
        """Run jobs side by side; see `vmident.ports.fleet.Fleet`."""
        scheduler: Scheduler[Any] = Scheduler(jobs, self._clock.now(), policy, failed)
        self._presses = 0
        with _catching_ctrl_c(self._signalled):
            try:
                self._until_over(scheduler)
            except TimedOut as failure:
                scheduler.end(failure, self._clock.now())
        if self._presses:
            self.stopped = Interrupted("Interrupted.")
        elif scheduler.stopped_by_policy:
            reason = policy.canary_failure(scheduler.results) or scheduler.stopped_by_policy
            self.stopped = StoppedEarly(reason, hint="Check the failures before you resume the run.")
        return scheduler.results

    def _until_over(self, scheduler: Scheduler[Any]) -> None:
        shown_at = self._clock.now()
        while not scheduler.is_over:
            try:
                self._heed_presses(scheduler)
                shown_at = self._once(scheduler, shown_at)
            except KeyboardInterrupt:
                if self._presses < _LEAVES_AT:
                    self._presses += 1
            if self._presses >= _LEAVES_AT:
                scheduler.end(Interrupted("Interrupted."), self._clock.now())

    def _heed_presses(self, scheduler: Scheduler[Any]) -> None:
        if self._presses and not scheduler.is_stopping:
            scheduler.stop(self._clock.now())
            self._show(scheduler.progress(self._clock.now()))

    def _once(self, scheduler: Scheduler[Any], shown_at: float) -> float:
        self._clock.remaining_seconds()
        now = self._clock.now()
        for dispatch in scheduler.due(now, self._executor.room):
            self._executor.start(dispatch)
        at = scheduler.next_at() if self._executor.room else None
        longest = _LONGEST_WAIT_SECONDS if at is None else min(_LONGEST_WAIT_SECONDS, max(0.0, at - now))
        met = self._executor.wait(longest)
        now = self._clock.now()
        if met:
            ticket, response = met
            if isinstance(response.error, KeyboardInterrupt):
                self._presses += 1
            elif response.error is not None and not isinstance(response.error, VmidentError):
                raise response.error
            scheduler.answered(ticket, response, now)
        if now - shown_at < _SHOWS_EVERY_SECONDS:
            return shown_at
        self._show(scheduler.progress(now))
        return now

    def _signalled(self) -> None:
        # Raised, it would come in the middle of anything; it is heeded after the next short wait. But a question that
        # is being asked would never end.
        self._presses += 1
        if self._presses > _LEAVES_AT:
            raise KeyboardInterrupt


@contextmanager
def _catching_ctrl_c(act: Callable[[], None]) -> Iterator[None]:
    """Call `act` on Ctrl-C instead of raising `KeyboardInterrupt`, which may come in the middle of anything."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(_signal: int, _frame: FrameType | None) -> None:
        act()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
