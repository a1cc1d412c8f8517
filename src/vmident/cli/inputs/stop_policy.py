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
            "--canary cannot be used with --no-wait: vmident waits for the canary VMs.",
            hint="Remove one of them.",
        )
    return StopPolicy(canary or 0, None if max_failures is None else _limit(max_failures))


def _limit(word: str) -> Limit:
    read = _LIMIT.fullmatch(word.strip())
    limit = Limit(int(read[1]), bool(read[2])) if read else None
    if limit is None or (limit.is_percent and limit.number > _ALL_PERCENT):
        raise UsageError(
            f"'{word}' is not a valid value for --max-failures.",
            hint="Use a number or a percentage, such as 10 or 5%.",
        )
    return limit
