"""The thin shell around the engine: takes its orders to whoever sends them, brings the answers, minds Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from vmident.core.progress import Progress
from vmident.errors import Interrupted, StoppedEarly, TimedOut, VmidentError
from vmident.fleet.scheduler import Engine
from vmident.fleet.workers import Hands
from vmident.ports.azure import Clock
from vmident.ports.fleet import NO_POLICY, Job, Policy

_SHOWS_EVERY_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 0.25
_LEAVES_AT = 2


class Runner:
    """`vmident.ports.fleet.Fleet`. `show` is told how the run stands, every now and then.

    The first Ctrl-C begins no more jobs and waits for what is in flight, the second waits no longer.
    """

    def __init__(self, clock: Clock, hands: Hands, show: Callable[[Progress], None]) -> None:
        self._clock = clock
        self._hands = hands
        self._show = show
        self._presses = 0
        self.stopped: VmidentError | None = None

    def run(self, jobs: Sequence[Job], policy: Policy = NO_POLICY, failed: int = 0) -> Sequence[Any]:
        """Carry out jobs side by side; see `vmident.ports.fleet.Fleet`."""
        engine: Engine[Any] = Engine(jobs, self._clock.now(), policy, failed)
        self._presses = 0
        with _pressing(self._signalled):
            try:
                self._until_over(engine)
            except TimedOut as failure:
                engine.end(failure, self._clock.now())
        if self._presses:
            self.stopped = Interrupted("Interrupted.")
        elif engine.stopped_by_policy:
            self.stopped = StoppedEarly(
                engine.stopped_by_policy, hint="See what failed before you go on with the others."
            )
        return engine.results

    def _until_over(self, engine: Engine[Any]) -> None:
        shown_at = self._clock.now()
        while not engine.is_over:
            try:
                self._heed_presses(engine)
                shown_at = self._once(engine, shown_at)
            except KeyboardInterrupt:
                if self._presses < _LEAVES_AT:
                    self._presses += 1
            if self._presses >= _LEAVES_AT:
                engine.end(Interrupted("Interrupted."), self._clock.now())

    def _heed_presses(self, engine: Engine[Any]) -> None:
        if self._presses and not engine.is_stopping:
            engine.stop(self._clock.now())
            self._show(engine.progress(self._clock.now()))

    def _once(self, engine: Engine[Any], shown_at: float) -> float:
        self._clock.remaining_seconds()
        now = self._clock.now()
        for order in engine.due(now, self._hands.room):
            self._hands.start(order)
        at = engine.next_at() if self._hands.room else None
        longest = _LONGEST_WAIT_SECONDS if at is None else min(_LONGEST_WAIT_SECONDS, max(0.0, at - now))
        met = self._hands.wait(longest)
        now = self._clock.now()
        if met:
            ticket, answer = met
            if isinstance(answer.error, KeyboardInterrupt):
                self._presses += 1
            elif answer.error is not None and not isinstance(answer.error, VmidentError):
                raise answer.error
            engine.answered(ticket, answer, now)
        if now - shown_at < _SHOWS_EVERY_SECONDS:
            return shown_at
        self._show(engine.progress(now))
        return now

    def _signalled(self) -> None:
        # Raised, it would come in the middle of anything; it is heeded after the next short wait. But a question that
        # is being asked would never end.
        self._presses += 1
        if self._presses > _LEAVES_AT:
            raise KeyboardInterrupt


@contextmanager
def _pressing(act: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C noted instead of raised: it may come in the middle of anything."""
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
