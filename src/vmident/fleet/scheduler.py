"""Many jobs side by side at the pace of Azure's budgets: a state machine of events and orders.

Knows nothing of threads, sockets or clocks. `due` gives the requests that may leave at a moment, `answered` is told
what came of one, `next_at` says when to ask again. Jobs wait in lanes, one for each set of budgets that their requests
draw on, so that an event costs the same however many jobs there are.

E1  A request leaves only where every budget that it draws on has enough for it.
E2  A job is begun when its first request may leave; one that was begun comes before those that were not.
E3  A read that is throttled or meets Azure's own trouble is sent again, a bounded number of times; a write only where
    it was throttled, which is a refusal for certain, and is guarded. Every other failure is the job's own to meet.
E4  Once it is stopping, no job is begun and no VM is written to; what is in flight comes to its end.
E5  With a canary, the first jobs are begun alone, whichever lanes they wait in; the others when these are over.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Generic, cast

from vmident.core.polling import LONGEST_RETRY_AFTER_SECONDS, is_too_long, pause_before_retry
from vmident.core.rate_limit import Budget
from vmident.core.run_record import Progress
from vmident.errors import AzureUnavailable, Interrupted, StoppedEarly, Throttled
from vmident.fleet.azure_limits import BUCKETS, Key, TokenUse, buckets_behind, token_uses_of
from vmident.ports.fleet import (
    NO_POLICY,
    AzureRequest,
    Job,
    Pause,
    RequestCost,
    RequestKind,
    ResultT,
    Steps,
    StopPolicy,
)

THROTTLED_TRIES = 30
TROUBLED_TRIES = 4
_RATE_SECONDS = 60.0
# Below this, adding to the seconds of a clock may change nothing.
_SHORTEST_WAIT_SECONDS = 0.001


@dataclass(frozen=True)
class Dispatch:
    """A request that is to leave now; `ticket` names it when it is answered."""

    ticket: int
    request: AzureRequest


@dataclass(frozen=True)
class Response:
    """What came of a request: a value or an error, and what is left in the buckets that the answer named."""

    value: Any = None
    error: BaseException | None = None
    remaining: Mapping[str, int] = field(default_factory=dict)


@dataclass
class _RunningJob:
    """A job that was begun."""

    number: int
    steps: Steps[Any]
    request: AzureRequest | None = None
    throttled: int = 0
    troubled: int = 0


@dataclass
class _Queue:
    """Jobs whose next request draws on the same budgets: those that were begun, and numbers of those that were not."""

    draws: tuple[TokenUse, ...]
    going: deque[_RunningJob] = field(default_factory=deque)
    fresh: deque[int] = field(default_factory=deque)
    wakes_at: float | None = None


class Scheduler(Generic[ResultT]):
    """One run of jobs; moments are seconds of one clock that never goes back.

    `failed` VMs of the run have failed before, and have no job.
    """

    def __init__(self, jobs: Sequence[Job], now: float, policy: StopPolicy = NO_POLICY, failed: int = 0) -> None:
        self._jobs = jobs
        self._began_at = now
        self._policy = policy
        self._failed_before = failed
        self._results: list[ResultT | None] = [None] * len(jobs)
        self._budgets: dict[Key, Budget] = {}
        self._lanes: dict[tuple[TokenUse, ...], _Queue] = {}
        self._awake: list[tuple[float, int, _Queue]] = []
        self._paused: list[tuple[float, int, _RunningJob]] = []
        self._out: dict[int, _RunningJob] = {}
        self._open: dict[int, _RunningJob] = {}
        self._has_ended = False
        self._number = 0
        self._begun = self._done = self._failed = 0
        self._ends_of_late: deque[float] = deque()
        self._needs: dict[Key, int] = {}
        self.is_stopping = False
        for number, job in enumerate(jobs):
            queue = self._queue_for(job.cost, now)
            queue.fresh.append(number)
            for draw in queue.draws:
                self._needs[draw.key] = self._needs.get(draw.key, 0) + draw.count
        for queue in self._lanes.values():
            self._wake(queue, now)
        self.stopped_by_policy: str | None = self._too_many_failed()
        if self.stopped_by_policy:
            self.stop(now)

    @property
    def results(self) -> Sequence[ResultT | None]:
        """What came of each job, in their order; `None` of one that was not begun or is not over."""
        return self._results

    @property
    def is_over(self) -> bool:
        """Return whether nothing is left to do."""
        has_more = self._begun < len(self._jobs) and not self.is_stopping
        return self._has_ended or (not self._open and not has_more)

    def due(self, now: float, room: int) -> list[Dispatch]:
        """Return the requests that leave now, `room` at the most; each has to be `answered`."""
        self._end_pauses(now)
        orders: list[Dispatch] = []
        while len(orders) < room and self._awake and self._awake[0][0] <= now:
            _, _, queue = heapq.heappop(self._awake)
            queue.wakes_at = None
            dispatch = self._next_of(queue, now)
            if dispatch:
                orders.append(dispatch)
        return orders

    def next_at(self) -> float | None:
        """Return the moment at which something may be due without an answer; `None` where all wait for answers."""
        moments = [heap[0][0] for heap in (self._paused, self._awake) if heap]
        return min(moments, default=None)

    def answered(self, ticket: int, answer: Response, now: float) -> None:
        """Take note of an answer, and go on with the job that waited for it."""
        going = self._out.pop(ticket, None)
        if going is None or going.request is None:
            return
        request, going.request = going.request, None
        self._account(request.cost, answer, now)
        again = self._pause_to_repeat(going, request, answer.error)
        if again is not None:
            going.request = request
            self._pause(going, now + again)
        else:
            self._go_on(going, answer.value, answer.error, now)

    def stop(self, now: float) -> None:
        """Begin no more jobs, and let no more VMs be written to; what is in flight goes on (E4)."""
        if self.is_stopping:
            return
        self.is_stopping = True
        for queue in list(self._lanes.values()):
            queue.fresh.clear()
            waiting, queue.going = queue.going, deque()
            for going in waiting:
                self._queue(going, now)

    def end(self, failure: BaseException, now: float) -> None:
        """Fail every job that is not over, without waiting for requests in flight."""
        self.stop(now)
        self._out = {}
        for going in list(self._open.values()):
            self._go_on(going, None, copy(failure), now)
        self._has_ended = True

    def progress(self, now: float) -> Progress:
        """Return how the run stands."""
        while self._ends_of_late and self._ends_of_late[0] < now - _RATE_SECONDS:
            self._ends_of_late.popleft()
        since = now - self._ends_of_late[0] if len(self._ends_of_late) > 1 else 0.0
        rate = 60.0 * (len(self._ends_of_late) - 1) / since if since > 0 else 0.0
        waiting = 0 if self.is_stopping else len(self._jobs) - self._begun
        seconds = max((self._seconds_for(key, need, now) for key, need in self._needs.items() if need), default=0.0)
        limit = 60.0 * waiting / seconds if seconds and waiting else None
        return Progress(
            now - self._began_at,
            self._done,
            self._failed,
            self._begun - self._done,
            waiting,
            rate,
            limit,
            0.0 if self.is_stopping else seconds,
            self.is_stopping,
        )

    def _seconds_for(self, key: Key, need: int, now: float) -> float:
        budget = self._budget(key, now)
        return max(0.0, need - budget.tokens(now)) / budget.per_second

    # Lanes

    def _queue_for(self, cost: RequestCost, now: float) -> _Queue:
        draws = token_uses_of(cost)
        queue = self._lanes.get(draws)
        if queue is None:
            queue = self._lanes[draws] = _Queue(draws)
            for draw in draws:
                self._budget(draw.key, now)
        return queue

    def _budget(self, key: Key, now: float) -> Budget:
        budget = self._budgets.get(key)
        if budget is None:
            budget = self._budgets[key] = Budget(BUCKETS[key[0]], now)
        return budget

    def _wake(self, queue: _Queue, at: float) -> None:
        """Schedule a queue to be checked at a time, unless it is checked earlier anyway."""
        if queue.wakes_at is None and (queue.going or queue.fresh):
            queue.wakes_at = at
            heapq.heappush(self._awake, (at, self._next_number(), queue))

    def _next_of(self, queue: _Queue, now: float) -> Dispatch | None:
        """Take the lane's next request where its budgets allow it, else look again when they may."""
        may_begin = queue.fresh and self._may_begin(queue.fresh[0])
        if not queue.going and not may_begin:
            return None
        wait = max((self._budgets[draw.key].wait(now, draw.count) for draw in queue.draws), default=0.0)
        if wait > 0:
            self._wake(queue, now + max(wait, _SHORTEST_WAIT_SECONDS))
            return None
        going = queue.going.popleft() if queue.going else self._begin(queue.fresh.popleft(), now)
        self._wake(queue, now)
        if going is None or going.request is None:
            return None
        draws = token_uses_of(going.request.cost)
        if draws != queue.draws:
            # It asks for something else than it was expected to.
            self._queue(going, now)
            return None
        for draw in draws:
            self._budgets[draw.key].draw(now, draw.count)
        ticket = self._next_number()
        self._out[ticket] = going
        return Dispatch(ticket, going.request)

    def _may_begin(self, number: int) -> bool:
        canary = self._policy.canary
        return not self.is_stopping and (number < canary or self._done >= canary)

    def _begin(self, number: int, now: float) -> _RunningJob | None:
        job = self._jobs[number]
        self._begun += 1
        for draw in token_uses_of(job.cost):
            self._needs[draw.key] -= draw.count
        going = self._open[number] = _RunningJob(number, job.begin())
        step = self._step(going, lambda: next(going.steps), now)
        if isinstance(step, Pause):
            self._pause(going, now + step.seconds)
            return None
        going.request = step
        return going

    # Jobs

    def _go_on(self, going: _RunningJob, value: Any, error: BaseException | None, now: float) -> None:
        going.throttled = going.troubled = 0
        going.request = None
        act: Callable[[], Any] = (lambda: going.steps.throw(error)) if error else (lambda: going.steps.send(value))
        step = self._step(going, act, now)
        if isinstance(step, Pause):
            self._pause(going, now + step.seconds)
        elif step is not None:
            going.request = step
            self._queue(going, now)

    def _step(self, going: _RunningJob, act: Callable[[], Any], now: float) -> AzureRequest | Pause | None:
        try:
            return cast("AzureRequest | Pause", act())
        except StopIteration as over:
            self._over(going.number, over.value, now)
            return None

    def _over(self, number: int, result: ResultT, now: float) -> None:
        self._results[number] = result
        del self._open[number]
        self._done += 1
        self._ends_of_late.append(now)
        if result.error is not None:
            self._failed += 1
            if not self.is_stopping:
                self.stopped_by_policy = self._policy_broken_by(number)
            if self.stopped_by_policy or result.error.ends_run:
                self.stop(now)
        if self._policy.canary and self._done >= self._policy.canary:
            for queue in self._lanes.values():
                self._wake(queue, now)

    def _policy_broken_by(self, number: int) -> str | None:
        canary = self._policy.canary
        if number < canary < len(self._jobs):
            first = "The canary VM failed" if canary == 1 else f"Some of the {canary} canary VMs failed"
            return f"{first}; the remaining VMs were not changed."
        return self._too_many_failed() if self._begun < len(self._jobs) else None

    def _too_many_failed(self) -> str | None:
        before = self._failed_before
        return self._policy.reason_to_stop(before + self._failed, before + len(self._jobs))

    def _queue(self, going: _RunningJob, now: float) -> None:
        assert going.request is not None
        if self.is_stopping and going.request.cost.kind is RequestKind.WRITE_VM:
            why = self.stopped_by_policy
            self._go_on(going, None, StoppedEarly(why) if why else Interrupted("Interrupted."), now)
            return
        queue = self._queue_for(going.request.cost, now)
        queue.going.append(going)
        self._wake(queue, now)

    def _pause(self, going: _RunningJob, until: float) -> None:
        heapq.heappush(self._paused, (until, self._next_number(), going))

    def _end_pauses(self, now: float) -> None:
        while self._paused and self._paused[0][0] <= now:
            _, _, going = heapq.heappop(self._paused)
            if going.request is not None:
                self._queue(going, now)
            else:
                self._go_on(going, None, None, now)

    # Answers

    def _account(self, cost: RequestCost, answer: Response, now: float) -> None:
        refusing: frozenset[Key] = frozenset()
        seconds = 0.0
        if isinstance(answer.error, Throttled):
            refusing = buckets_behind(cost, answer.error.code, answer.error.target)
            seconds = min(pause_before_retry(0, answer.error.retry_after_seconds), LONGEST_RETRY_AFTER_SECONDS)
        for draw in token_uses_of(cost):
            budget = self._budgets[draw.key]
            remaining = answer.remaining.get(draw.key[0])
            if draw.key in refusing:
                budget.refused(now, draw.count, seconds)
            elif answer.error is not None and remaining is None:
                budget.given_back(draw.count)
            else:
                budget.done(now, draw.count, remaining)

    def _pause_to_repeat(self, going: _RunningJob, request: AzureRequest, error: BaseException | None) -> float | None:
        """Return the pause before the same request is sent again; `None` where it is the job that goes on (E3)."""
        if isinstance(error, Throttled) and request.guarded and not is_too_long(error.retry_after_seconds):
            going.throttled += 1
            shared = buckets_behind(request.cost, error.code, error.target)
            if going.throttled < THROTTLED_TRIES:
                # The buckets hold it back themselves where they are many requests' buckets.
                return 0.0 if shared else pause_before_retry(going.throttled - 1, error.retry_after_seconds)
        if isinstance(error, AzureUnavailable) and request.cost.kind.is_read:
            going.troubled += 1
            if going.troubled < TROUBLED_TRIES:
                return pause_before_retry(going.troubled - 1)
        return None

    def _next_number(self) -> int:
        self._number += 1
        return self._number
