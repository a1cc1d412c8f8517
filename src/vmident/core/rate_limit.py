"""What a client knows of one of Azure's token buckets: how it refills, how much is left, what a 429 means.

A response that names a bucket says what is left in it, whichever client has drawn: to leave room for other clients it
is enough to believe the responses, and to leave the last few tokens alone. About a bucket that no response names, only
a 429 says anything: the pace falls with each 429 and recovers with each success.
"""

from __future__ import annotations

from msgspec import Struct

_RESERVE_SHARE = 0.02
_SLOWER, _FASTER, _SLOWEST = 0.7, 0.02, 0.1


class Bucket(Struct, frozen=True):
    """A budget of requests: at most `size` tokens, refilled evenly with `per_second`."""

    size: int
    per_second: float

    def seconds_for(self, count: float) -> float:
        """Return how long it takes to draw so many tokens, from a full bucket on."""
        return max(0.0, count - self.size) / self.per_second


class TokenBucket:
    """One bucket as this client sees it; moments in seconds of a clock that never goes back."""

    def __init__(self, bucket: Bucket, now: float) -> None:
        self._bucket = bucket
        self._tokens = float(bucket.size)
        self._at = now
        self._held_until = now
        self._in_flight = 0
        self._pace = 1.0
        self._is_named = False

    @property
    def per_second(self) -> float:
        """The refill that this client counts on."""
        return self._bucket.per_second * self._pace

    @property
    def _reserve(self) -> float:
        return self._bucket.size * _RESERVE_SHARE if self._is_named else 0.0

    def tokens(self, now: float) -> float:
        """Return what is believed to be there."""
        return min(float(self._bucket.size), self._tokens + max(0.0, now - self._at) * self.per_second)

    def wait(self, now: float, count: int) -> float:
        """Return the seconds until `count` tokens may be drawn, 0 where they may be now.

        A count above the size waits for a full bucket, or it could never be drawn.
        """
        wanted = min(count + self._reserve, self._bucket.size)
        short = wanted - self.tokens(now)
        # Refills are sums of fractions: a token that is there but for rounding is there.
        refill = short / self.per_second if short > 1e-9 else 0.0
        return max(refill, self._held_until - now, 0.0)

    def draw(self, now: float, count: int) -> None:
        """Take tokens for a request that leaves now."""
        self._tokens, self._at = self.tokens(now) - count, now
        self._in_flight += count

    def done(self, now: float, count: int, remaining: int | None) -> None:
        """Take note of an answer; `remaining` is what it says is left, `None` where it does not name this bucket."""
        self._in_flight -= count
        if remaining is None:
            self._set_pace(min(1.0, self._pace + _FASTER), now)
            return
        self._is_named = True
        # What has left since may be counted already or not; to take it for not counted errs on the safe side.
        self._tokens, self._at = min(float(remaining - self._in_flight), self._bucket.size), now

    def refused(self, now: float, count: int, retry_after_seconds: float) -> None:
        """Take note of a 429 that this bucket is the reason for: nothing was drawn, and nothing is there."""
        self._in_flight -= count
        self._tokens, self._at = min(0.0, self.tokens(now)), now
        if not self._is_named and now >= self._held_until:
            # Several requests that meet the same empty bucket tell the same thing once.
            self._set_pace(max(_SLOWEST, self._pace * _SLOWER), now)
        self._held_until = max(self._held_until, now + retry_after_seconds)

    def given_back(self, count: int) -> None:
        """Take note of a request whose answer does not tell, such as one that was lost."""
        self._in_flight -= count

    def _set_pace(self, pace: float, now: float) -> None:
        self._tokens, self._at = self.tokens(now), now
        self._pace = pace
