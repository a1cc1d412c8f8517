"""Requests that wait for Azure's rate limits, in one queue for each set of token buckets that they draw on.

Knows nothing of jobs' results, of threads or of clocks. A run of ten thousand VMs in one region has a handful of
queues, and only the head of a queue is looked at, so an event costs the same however many jobs there are.

A queue is awake when its head may be looked at, at `wakes_at`, and asleep when it is empty or every job in it has to
wait for something else (a canary). It is woken by whatever puts a request into it, and wakes itself while it is not
empty:

    asleep --add, wake--> awake --due--> head may leave: its tokens are drawn --> awake, at once
                                     \\-> tokens are missing --> awake, when the buckets will have refilled
                                     \\-> nothing in it may leave --> asleep
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from msgspec import Struct, field

from vmident.core.polling import LONGEST_RETRY_AFTER_SECONDS, pause_before_retry
from vmident.core.rate_limit import TokenBucket
from vmident.errors import Throttled
from vmident.fleet.azure_limits import BUCKETS, Key, TokenUse, buckets_behind, token_uses_of
from vmident.ports.fleet import AzureRequest, RequestCost, Steps

# Below this, adding to the seconds of a clock may change nothing.
_SHORTEST_WAIT_SECONDS = 0.001


class Response(Struct, frozen=True):
    """What a request led to: a value or an error, and what is left in the buckets that the response named."""

    value: Any = None
    error: BaseException | None = None
    remaining: Mapping[str, int] = field(default_factory=dict)


class RunningJob(Struct):
    """A job that was started; `request` is the one that it waits for, `None` during a pause of its own."""

    number: int
    steps: Steps[Any]
    request: AzureRequest | None = None
    throttled: int = 0
    troubled: int = 0


class Queue(Struct):
    """Jobs whose next request draws on the same buckets: running ones, and the numbers of those not started."""

    token_uses: tuple[TokenUse, ...]
    running: deque[RunningJob] = field(default_factory=deque)
    waiting: deque[int] = field(default_factory=deque)
    wakes_at: float | None = None


class RequestQueues:
    """The queues, and the token buckets as this client sees them; moments are seconds of one clock."""

    def __init__(self) -> None:
        self._buckets: dict[Key, TokenBucket] = {}
        self._queues: dict[tuple[TokenUse, ...], Queue] = {}
        self._awake: list[tuple[float, int, Queue]] = []
        self._order = count()

    def __iter__(self) -> Iterator[Queue]:
        """All queues."""
        return iter([*self._queues.values()])

    def queue_for(self, cost: RequestCost, now: float) -> Queue:
        """Return the queue for requests of this cost."""
        token_uses = token_uses_of(cost)
        queue = self._queues.get(token_uses)
        if queue is None:
            queue = self._queues[token_uses] = Queue(token_uses)
            for use in token_uses:
                self._bucket(use.key, now)
        return queue

    def add(self, job: RunningJob, cost: RequestCost, now: float) -> None:
        """Queue the next request of a running job."""
        queue = self.queue_for(cost, now)
        queue.running.append(job)
        self.wake(queue, now)

    def wake(self, queue: Queue, at: float) -> None:
        """Look at a queue at a moment, unless it is empty or looked at earlier anyway."""
        if queue.wakes_at is None and (queue.running or queue.waiting):
            queue.wakes_at = at
            heapq.heappush(self._awake, (at, next(self._order), queue))

    def pop_due(self, now: float) -> Queue | None:
        """Return the next queue to look at now; it sleeps until it is woken again."""
        if not self._awake or self._awake[0][0] > now:
            return None
        _, _, queue = heapq.heappop(self._awake)
        queue.wakes_at = None
        return queue

    def next_at(self) -> float | None:
        """Return when a queue is due next; `None` where all sleep."""
        return self._awake[0][0] if self._awake else None

    def has_tokens(self, queue: Queue, now: float) -> bool:
        """Return whether every bucket has enough for the queue's next request; else wake it when they should (E1)."""
        wait = max((self._buckets[use.key].wait(now, use.count) for use in queue.token_uses), default=0.0)
        if wait > 0:
            self.wake(queue, now + max(wait, _SHORTEST_WAIT_SECONDS))
        return wait <= 0

    def draw(self, queue: Queue, now: float) -> None:
        """Draw the tokens of a request that leaves now."""
        for use in queue.token_uses:
            self._buckets[use.key].draw(now, use.count)

    def account(self, cost: RequestCost, response: Response, now: float) -> None:
        """Correct the buckets by a response: what it says is left, or which of them a 429 found empty."""
        refusing: frozenset[Key] = frozenset()
        seconds = 0.0
        if isinstance(response.error, Throttled):
            refusing = buckets_behind(cost, response.error.code, response.error.target)
            seconds = min(pause_before_retry(0, response.error.retry_after_seconds), LONGEST_RETRY_AFTER_SECONDS)
        for use in token_uses_of(cost):
            bucket = self._buckets[use.key]
            remaining = response.remaining.get(use.key[0])
            if use.key in refusing:
                bucket.refused(now, use.count, seconds)
            elif response.error is not None and remaining is None:
                bucket.given_back(use.count)
            else:
                bucket.done(now, use.count, remaining)

    def seconds_for(self, key: Key, tokens: int, now: float) -> float:
        """Return how long one bucket needs for so many tokens."""
        bucket = self._bucket(key, now)
        return max(0.0, tokens - bucket.tokens(now)) / bucket.per_second

    def _bucket(self, key: Key, now: float) -> TokenBucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(BUCKETS[key[0]], now)
        return bucket
