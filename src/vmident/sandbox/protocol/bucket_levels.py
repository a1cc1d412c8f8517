"""Levels of token buckets in memory, for a process that answers alone: `sandbox serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmident.sandbox.token_bucket import Level


class BucketLevels:
    """What one request draws, on top of what was drawn before; `keep` makes it count."""

    def __init__(self, kept: dict[str, Level]) -> None:
        self._kept = kept
        self._drawn: dict[str, Level] = {}

    def level(self, bucket: str) -> Level | None:
        """Return a bucket's level; None for one never drawn from."""
        return self._drawn.get(bucket) or self._kept.get(bucket)

    def write_level(self, bucket: str, level: Level) -> None:
        """Note a bucket's level."""
        self._drawn[bucket] = level

    def keep(self) -> None:
        """Have what was drawn count for the requests that follow."""
        self._kept.update(self._drawn)
