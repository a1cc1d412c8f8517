"""When a run is to stop by itself, from the words that say so."""

from __future__ import annotations

import re

from vmident.errors import UsageError
from vmident.ports.fleet import Limit, StopPolicy

_LIMIT = re.compile(r"([0-9]{1,9})(%?)")
_ALL_PERCENT = 100


def policy_of(canary: int | None, max_failures: str | None, *, no_wait: bool = False) -> StopPolicy:
    """Return what `--canary` and `--max-failures` ask for; raises `UsageError`."""
    if canary and no_wait:
        raise UsageError(
            "--canary does not go with --no-wait: whether the first VMs are well is known when they are waited for.",
            hint="Leave one of them out.",
        )
    return StopPolicy(canary or 0, None if max_failures is None else _limit(max_failures))


def _limit(word: str) -> Limit:
    read = _LIMIT.fullmatch(word.strip())
    limit = Limit(int(read[1]), bool(read[2])) if read else None
    if limit is None or (limit.is_percent and limit.number > _ALL_PERCENT):
        raise UsageError(
            f"--max-failures takes a number of VMs or a percentage, and '{word}' is neither.",
            hint="For example: --max-failures 10, or --max-failures 5%",
        )
    return limit
