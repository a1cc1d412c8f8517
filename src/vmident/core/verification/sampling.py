"""Some of many, chosen by chance that is handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")
ALL_PERCENT = 100


class SampleSize(Struct, frozen=True):
    """So many, or so many of each hundred, rounded up."""

    number: int
    is_percent: bool = False

    def of(self, total: int) -> int:
        """Return how many of `total` are chosen."""
        return min(total, -(-total * self.number // ALL_PERCENT) if self.is_percent else self.number)


def sample(items: Sequence[T], size: SampleSize, seed: str, key: Callable[[T], str]) -> list[T]:
    """Choose some items, in their order: another seed chooses others, the same one the same.

    `key` tells items apart. They are ranked by a hash of seed and key, so that each is as likely as any other.
    """

    def rank(item: T) -> str:
        return hashlib.sha256(f"{seed} {key(item)}".encode()).hexdigest()

    chosen = set(sorted(map(rank, items))[: size.of(len(items))])
    return [one for one in items if rank(one) in chosen]
