"""Executors of the scheduler's requests: this thread, one by one, or a few threads side by side."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from vmident.errors import UnexpectedError, VmidentError
from vmident.fleet.request_queues import Response
from vmident.fleet.scheduler import Dispatch
from vmident.ports.clock import Clock
from vmident.ports.fleet import RequestKind

Metering: TypeAlias = Callable[[], AbstractContextManager[Mapping[str, int]]]
"""A context in which the connection repeats no request of this thread; yields the tokens left that responses name."""


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
        """Wait for an answer, no longer than `seconds`; returns its ticket and the response. Raises `TimedOut`."""
        ...


class InlineExecutor:
    """Send each request in this thread, while everything else waits."""

    def __init__(self, clock: Clock, metering: Metering) -> None:
        self._clock = clock
        self._metering = metering
        self._dispatch: Dispatch | None = None

    @property
    def room(self) -> int:
        """One, until its answer has been taken."""
        return 0 if self._dispatch else 1

    def start(self, dispatch: Dispatch) -> None:
        """Keep the request until it is waited for."""
        self._dispatch = dispatch

    def wait(self, seconds: float) -> tuple[int, Response] | None:
        """Send what was kept, else let time pass."""
        dispatch, self._dispatch = self._dispatch, None
        if dispatch:
            return dispatch.ticket, response_to(dispatch, self._metering)
        self._clock.sleep(seconds)
        return None


class ThreadExecutor:
    """A few threads, started as needed; a thread that still waits for Azure does not keep the process alive."""

    def __init__(self, number: int, clock: Clock, metering: Metering, real_seconds: Callable[[float], float]) -> None:
        self._number = number
        self._clock = clock
        self._metering = metering
        self._real_seconds = real_seconds
        self._dispatches: queue.SimpleQueue[Dispatch] = queue.SimpleQueue()
        self._responses: queue.SimpleQueue[tuple[int, Response]] = queue.SimpleQueue()
        self._busy = self._started = 0

    @property
    def room(self) -> int:
        """How many workers are free."""
        return self._number - self._busy

    def start(self, dispatch: Dispatch) -> None:
        """Pass the request to a worker."""
        self._busy += 1
        if self._busy > self._started:
            self._started += 1
            threading.Thread(target=self._work, name=f"worker-{self._started}", daemon=True).start()
        self._dispatches.put(dispatch)

    def wait(self, seconds: float) -> tuple[int, Response] | None:
        """Wait for the next answer."""
        if not self._busy:
            self._clock.sleep(seconds)
            return None
        left = self._clock.remaining_seconds()
        longest = seconds if left is None else min(seconds, left)
        try:
            ticket, response = self._responses.get(timeout=self._real_seconds(longest))
        except queue.Empty:
            self._clock.remaining_seconds()
            return None
        self._busy -= 1
        return ticket, response

    def _work(self) -> None:
        while True:
            dispatch = self._dispatches.get()
            self._responses.put((dispatch.ticket, response_to(dispatch, self._metering)))


def response_to(dispatch: Dispatch, metering: Metering) -> Response:
    """Send one request and return the response; an exception is one too, and is raised in the job that sent it."""
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
    except BaseException as failure:  # noqa: BLE001 - a worker that died of it would block the run
        return Response(error=failure)
