r"""Many jobs side by side at the pace of Azure's rate limits: a state machine of events and requests.

Knows nothing of threads, sockets or clocks, so that tests run ten thousand VMs in a second of virtual time (design note
0011). `due` returns the requests that may leave at a moment, `answered` takes the response to one, `next_at` says when
to call `due` again. A job is a generator of `vmident.ports.fleet`; here is what becomes of it:

                                due: tokens are there (E1, E2, E5)
    waiting ------------------------------> in flight ---------- response -----------> next step
       |                                        ^   \                                   |  |  |
       | stop: never started, result None       |    \-- throttled, or a read that      |  |  |
       v                                        |        met trouble (E3)               |  |  |
    skipped                                     |              |                        |  |  |
                                                |              v                        |  |  |
                              queued <----- end of pause --- paused <----- Pause -------+  |  |
                                ^                                                         |  |
                                +------------------------- AzureRequest ------------------+  |
                                                                            return ----------+--> over

E1  A request leaves only where every token bucket that it draws on has enough for it.
E2  A job starts when its first request may leave; a request of a running job comes before the first one of another.
E3  A read that is throttled or meets trouble of Azure's own is sent again, a bounded number of times; a write only
    where it was throttled, which is a refusal for certain, and is guarded. Every other failure is raised in the job.
E4  Once it is stopping, no job starts and no VM is written to; requests in flight are waited for.
E5  With a canary, the first jobs run alone, whichever queues they wait in; the others start when these are over.

Two things make it more than a loop. The cost of a job's first request is known before the job starts (`Job.cost`), and
its later ones only when they are yielded: a job whose request draws on other buckets than its queue's moves to the
queue that fits and keeps its turn there. And a job never holds tokens while it pauses: they are drawn when the request
leaves, so that ten thousand polls that wait do not keep one write from being sent.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from copy import copy
from itertools import count
from typing import Any, Generic, cast

from msgspec import Struct

from vmident.core.polling import RetrySchedule
from vmident.core.run_record import Progress
from vmident.errors import AzureUnavailable, Interrupted, StoppedEarly, Throttled
from vmident.fleet.azure_limits import Key, buckets_behind, token_uses_of
from vmident.fleet.request_queues import Queue, RequestQueues, Response, RunningJob
from vmident.ports.fleet import NO_POLICY, AzureRequest, Job, Pause, RequestKind, ResultT, StopPolicy

THROTTLED_TRIES = 30
TROUBLED_TRIES = 4
_THROTTLED, _TROUBLED = RetrySchedule(THROTTLED_TRIES), RetrySchedule(TROUBLED_TRIES)
_RATE_SECONDS = 60.0


class Dispatch(Struct, frozen=True):
    """A request that leaves now; `ticket` identifies it in `answered`."""

    ticket: int
    request: AzureRequest


class Scheduler(Generic[ResultT]):
    """One run of jobs; moments are seconds of one clock that never goes back.

    `failed` VMs of the run have failed before, and have no job.
    """

    def __init__(self, jobs: Sequence[Job], now: float, policy: StopPolicy = NO_POLICY, failed: int = 0) -> None:
        self._jobs = jobs
        self._started_at = now
        self._policy = policy
        self._failed_before = failed
        self._results: list[ResultT | None] = [None] * len(jobs)
        self._queues = RequestQueues()
        self._paused: list[tuple[float, int, RunningJob]] = []
        self._in_flight: dict[int, RunningJob] = {}
        self._running: dict[int, RunningJob] = {}
        self._has_ended = False
        self._order, self._tickets = count(), count(1)
        self._started = self._done = self._failed = 0
        self._recent_ends: deque[float] = deque()
        self._needs: dict[Key, int] = {}
        self.is_stopping = False
        for number, job in enumerate(jobs):
            queue = self._queues.queue_for(job.cost, now)
            queue.waiting.append(number)
            for use in queue.token_uses:
                self._needs[use.key] = self._needs.get(use.key, 0) + use.count
        for queue in self._queues:
            self._queues.wake(queue, now)
        self.stopped_by_policy: str | None = self._too_many_failed()
        if self.stopped_by_policy:
            self.stop(now)

    @property
    def results(self) -> Sequence[ResultT | None]:
        """The result of each job, in their order; `None` of one that did not start or is not over."""
        return self._results

    @property
    def is_over(self) -> bool:
        """Return whether nothing is left to do."""
        has_more = self._started < len(self._jobs) and not self.is_stopping
        return self._has_ended or (not self._running and not has_more)

    def due(self, now: float, room: int) -> list[Dispatch]:
        """Return the requests that leave now, `room` at the most; each has to be `answered`."""
        self._end_pauses(now)
        dispatches: list[Dispatch] = []
        while len(dispatches) < room:
            queue = self._queues.pop_due(now)
            if queue is None:
                break
            dispatch = self._next_of(queue, now)
            if dispatch:
                dispatches.append(dispatch)
        return dispatches

    def next_at(self) -> float | None:
        """Return the moment at which something may be due without a response; `None` where all wait for responses."""
        moments = [self._paused[0][0] if self._paused else None, self._queues.next_at()]
        return min((moment for moment in moments if moment is not None), default=None)

    def answered(self, ticket: int, response: Response, now: float) -> None:
        """Take the response to a request, and continue the job that waited for it."""
        job = self._in_flight.pop(ticket, None)
        if job is None or job.request is None:
            return
        request, job.request = job.request, None
        self._queues.account(request.cost, response, now)
        pause_seconds = self._pause_to_repeat(job, request, response.error)
        if pause_seconds is not None:
            job.request = request
            self._pause(job, now + pause_seconds)
        else:
            self._continue(job, response.value, response.error, now)

    def stop(self, now: float) -> None:
        """Start no more jobs, and write to no more VMs; requests in flight are waited for (E4)."""
        if self.is_stopping:
            return
        self.is_stopping = True
        for queue in self._queues:
            queue.waiting.clear()
            running, queue.running = queue.running, deque()
            for job in running:
                self._queue(job, now)

    def end(self, failure: BaseException, now: float) -> None:
        """Fail every job that is not over, without waiting for requests in flight."""
        self.stop(now)
        self._in_flight = {}
        for job in list(self._running.values()):
            self._continue(job, None, copy(failure), now)
        self._has_ended = True

    def progress(self, now: float) -> Progress:
        """Return the progress of the run."""
        while self._recent_ends and self._recent_ends[0] < now - _RATE_SECONDS:
            self._recent_ends.popleft()
        since = now - self._recent_ends[0] if len(self._recent_ends) > 1 else 0.0
        rate = 60.0 * (len(self._recent_ends) - 1) / since if since > 0 else 0.0
        waiting = 0 if self.is_stopping else len(self._jobs) - self._started
        times = (self._queues.seconds_for(key, need, now) for key, need in self._needs.items() if need)
        seconds = max(times, default=0.0)
        limit = 60.0 * waiting / seconds if seconds and waiting else None
        return Progress(
            now - self._started_at,
            self._done,
            self._failed,
            self._started - self._done,
            waiting,
            rate,
            limit,
            0.0 if self.is_stopping else seconds,
            self.is_stopping,
        )

    # From a queue to a request

    def _next_of(self, queue: Queue, now: float) -> Dispatch | None:
        """Take the next request of a queue, where there is one that may leave (E1, E2)."""
        may_start = queue.waiting and self._may_start(queue.waiting[0])
        if not queue.running and not may_start:
            return None
        if not self._queues.has_tokens(queue, now):
            return None
        job = queue.running.popleft() if queue.running else self._start(queue.waiting.popleft(), now)
        self._queues.wake(queue, now)
        if job is None or job.request is None:
            return None
        if token_uses_of(job.request.cost) != queue.token_uses:
            # Its first request is not what `Job.cost` announced.
            self._queue(job, now)
            return None
        self._queues.draw(queue, now)
        ticket = next(self._tickets)
        self._in_flight[ticket] = job
        return Dispatch(ticket, job.request)

    def _may_start(self, number: int) -> bool:
        canary = self._policy.canary
        return not self.is_stopping and (number < canary or self._done >= canary)

    def _start(self, number: int, now: float) -> RunningJob | None:
        job = self._jobs[number]
        self._started += 1
        for use in token_uses_of(job.cost):
            self._needs[use.key] -= use.count
        running = self._running[number] = RunningJob(number, job.begin())
        step = self._step(running, lambda: next(running.steps), now)
        if isinstance(step, Pause):
            self._pause(running, now + step.seconds)
            return None
        running.request = step
        return running

    # From a response to the next step

    def _continue(self, job: RunningJob, value: Any, error: BaseException | None, now: float) -> None:
        job.throttled = job.troubled = 0
        job.request = None
        act: Callable[[], Any] = (lambda: job.steps.throw(error)) if error else (lambda: job.steps.send(value))
        step = self._step(job, act, now)
        if isinstance(step, Pause):
            self._pause(job, now + step.seconds)
        elif step is not None:
            job.request = step
            self._queue(job, now)

    def _step(self, job: RunningJob, act: Callable[[], Any], now: float) -> AzureRequest | Pause | None:
        try:
            return cast("AzureRequest | Pause", act())
        except StopIteration as over:
            self._over(job.number, over.value, now)
            return None

    def _over(self, number: int, result: ResultT, now: float) -> None:
        self._results[number] = result
        del self._running[number]
        self._done += 1
        self._recent_ends.append(now)
        if result.error is not None:
            self._failed += 1
            if not self.is_stopping:
                self.stopped_by_policy = self._policy_broken_by(number)
            if self.stopped_by_policy or result.error.ends_run:
                self.stop(now)
        if self._policy.canary and self._done >= self._policy.canary:
            for queue in self._queues:
                self._queues.wake(queue, now)

    def _policy_broken_by(self, number: int) -> str | None:
        canary = self._policy.canary
        if number < canary < len(self._jobs):
            return "A canary VM failed; the remaining VMs were not changed."
        return self._too_many_failed() if self._started < len(self._jobs) else None

    def _too_many_failed(self) -> str | None:
        before = self._failed_before
        return self._policy.reason_to_stop(before + self._failed, before + len(self._jobs))

    def _queue(self, job: RunningJob, now: float) -> None:
        assert job.request is not None
        if self.is_stopping and job.request.cost.kind is RequestKind.WRITE_VM:
            why = self.stopped_by_policy
            self._continue(job, None, StoppedEarly(why) if why else Interrupted("Interrupted."), now)
        else:
            self._queues.add(job, job.request.cost, now)

    def _pause(self, job: RunningJob, until: float) -> None:
        heapq.heappush(self._paused, (until, next(self._order), job))

    def _end_pauses(self, now: float) -> None:
        while self._paused and self._paused[0][0] <= now:
            _, _, job = heapq.heappop(self._paused)
            if job.request is not None:
                self._queue(job, now)
            else:
                self._continue(job, None, None, now)

    def _pause_to_repeat(self, job: RunningJob, request: AzureRequest, error: BaseException | None) -> float | None:
        """Return the pause before the same request is sent again; `None` where the job continues (E3)."""
        if isinstance(error, Throttled) and request.guarded:
            job.throttled += 1
            pause = _THROTTLED.pause_after(error, job.throttled)
            # Buckets of many requests hold it back themselves: `account` has marked them empty.
            is_held = buckets_behind(request.cost, error.code, error.target)
            return 0.0 if is_held and pause is not None else pause
        if isinstance(error, AzureUnavailable) and request.cost.kind.is_read:
            job.troubled += 1
            return _TROUBLED.pause_after(error, job.troubled)
        return None
