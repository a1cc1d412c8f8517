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
    return StopPolicy(
        canary or 0, None if max_failures is None else Limit(*number_or_percent(max_failures, "--max-failures"))
    )


def number_or_percent(word: str, option: str, least: int = 0) -> tuple[int, bool]:
    """Read `N` or `P%` of an option, and whether it is a percentage; raises `UsageError`."""
    read = _LIMIT.fullmatch(word.strip())
    number, is_percent = (int(read[1]), bool(read[2])) if read else (-1, False)
    if number < least or (is_percent and number > _ALL_PERCENT):
        raise UsageError(
            f"'{word}' is not a valid value for {option}.",
            hint="Use a number or a percentage, such as 10 or 5%.",
        )
    return number, is_percent
