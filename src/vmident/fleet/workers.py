"""Who sends the requests that the engine orders: this thread one by one, or a few workers side by side."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from vmident.errors import UnexpectedError, VmidentError
from vmident.fleet.scheduler import Dispatch, Response
from vmident.ports.clock import Clock
from vmident.ports.fleet import RequestKind

Metering: TypeAlias = Callable[[], AbstractContextManager[Mapping[str, int]]]
"""Within it, this thread's requests are repeated by nobody else; it gives what their answers say is left, by bucket."""


class Executor(Protocol):
    """Send the requests of the scheduler."""

    @property
    def room(self) -> int:
        """How many more requests may be given now."""
        ...

    def start(self, dispatch: Dispatch) -> None:
        """Send a request; `wait` brings the answer."""
        ...

    def wait(self, seconds: float) -> tuple[int, Response] | None:
        """Wait for an answer, no longer than `seconds`; gives its ticket with it. Raises `TimedOut`."""
        ...


class InlineExecutor:
    """Sends each request in this thread, while everything else waits."""

    def __init__(self, clock: Clock, metering: Metering) -> None:
        self._clock = clock
        self._metering = metering
        self._order: Dispatch | None = None

    @property
    def room(self) -> int:
        """One, until its answer has been taken."""
        return 0 if self._order else 1

    def start(self, dispatch: Dispatch) -> None:
        """Keep the request until it is waited for."""
        self._order = dispatch

    def wait(self, seconds: float) -> tuple[int, Response] | None:
        """Send what was kept, else let time pass."""
        dispatch, self._order = self._order, None
        if dispatch:
            return dispatch.ticket, response_to(dispatch, self._metering)
        self._clock.sleep(seconds)
        return None


class ThreadExecutor:
    """A few threads, started as they are needed; those that still wait for Azure do not keep the process alive."""

    def __init__(self, number: int, clock: Clock, metering: Metering, real_seconds: Callable[[float], float]) -> None:
        self._number = number
        self._clock = clock
        self._metering = metering
        self._real_seconds = real_seconds
        self._orders: queue.SimpleQueue[Dispatch] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[int, Response]] = queue.SimpleQueue()
        self._busy = self._started = 0

    @property
    def room(self) -> int:
        """How many workers are free."""
        return self._number - self._busy

    def start(self, dispatch: Dispatch) -> None:
        """Return the request to a worker."""
        self._busy += 1
        if self._busy > self._started:
            self._started += 1
            threading.Thread(target=self._work, name=f"worker-{self._started}", daemon=True).start()
        self._orders.put(dispatch)

    def wait(self, seconds: float) -> tuple[int, Response] | None:
        """Wait for the next answer."""
        if not self._busy:
            self._clock.sleep(seconds)
            return None
        left = self._clock.remaining_seconds()
        longest = seconds if left is None else min(seconds, left)
        try:
            ticket, answer = self._answers.get(timeout=self._real_seconds(longest))
        except queue.Empty:
            self._clock.remaining_seconds()
            return None
        self._busy -= 1
        return ticket, answer

    def _work(self) -> None:
        while True:
            dispatch = self._orders.get()
            self._answers.put((dispatch.ticket, response_to(dispatch, self._metering)))


def response_to(dispatch: Dispatch, metering: Metering) -> Response:
    """Send one request, and give what came of it: whatever is raised belongs to whoever ordered it."""
    try:
        if dispatch.request.cost.kind is RequestKind.SETTLE_ROLES:
            return Response(dispatch.request.act())
        with metering() as remaining:
            try:
                return Response(dispatch.request.act(), remaining=remaining)
            except VmidentError as failure:
                return Response(error=failure, remaining=remaining)
    except VmidentError as failure:
        return Response(error=failure)
    except Exception as stray:  # noqa: BLE001 - it is the failure of this request, and of no other
        return Response(error=UnexpectedError.of(stray))
    except BaseException as failure:  # noqa: BLE001 - a worker that died of it would leave everybody waiting
        return Response(error=failure)
