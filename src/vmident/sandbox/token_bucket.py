"""Token buckets as arithmetic: what is in one, what is left after a draw, how long until there is enough."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Bucket:
    """A budget of requests: at most `size` tokens, refilled evenly with `per_second`."""

    size: int
    per_second: float


@dataclass(frozen=True)
class Level:
    """What was in a bucket at a moment (epoch seconds)."""

    tokens: float
    at_seconds: float


def tokens_at(bucket: Bucket, level: Level | None, now_seconds: float) -> float:
    """Return what is in the bucket now; one never drawn from is full. A clock set back refills nothing."""
    if level is None:
        return float(bucket.size)
    elapsed_seconds = max(0.0, now_seconds - level.at_seconds)
    return min(float(bucket.size), level.tokens + elapsed_seconds * bucket.per_second)


def after_draw(bucket: Bucket, level: Level | None, now_seconds: float, count: int = 1) -> Level | None:
    """Return the level after taking `count` tokens; None where there are not enough.

    A count above the size takes a full bucket, or it could never be taken.
    """
    left = tokens_at(bucket, level, now_seconds) - min(count, bucket.size)
    # Refills are sums of fractions: a token that is there but for rounding is there.
    return Level(max(0.0, left), now_seconds) if left >= -1e-9 else None


def wait_seconds(bucket: Bucket, level: Level | None, now_seconds: float, count: int = 1) -> int:
    """Return the whole seconds until `count` tokens are there: what `Retry-After` says, at least 1."""
    short = min(count, bucket.size) - tokens_at(bucket, level, now_seconds)
    return max(1, math.ceil(short / bucket.per_second - 1e-9))
