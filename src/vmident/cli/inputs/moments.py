"""Moments from the command line: an age such as `2d`, or a date and time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone

import typer

_AGE = re.compile(r"(\d{1,6})([mhdw])", re.ASCII | re.IGNORECASE)
_UNIT_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_EARLIEST, _LATEST = 0.0, 253_402_300_799.0  # 1970 and 9999: what a date in a query can be

Moment = Callable[[float], float]
"""From this machine's time to the moment that is meant, both in epoch seconds."""


def moment(word: str) -> Moment:
    """Read `30m`, `2h`, `3d` or `1w` as so long ago, or a date or time of ISO 8601, in UTC where it names no zone.

    What no clock shows is the nearest that one does.
    """
    age = _AGE.fullmatch(word.strip())
    if age:
        seconds = int(age[1]) * _UNIT_SECONDS[age[2].lower()]
        return lambda now_seconds: max(_EARLIEST, now_seconds - seconds)
    try:
        read = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", word.strip()))
        at_seconds = (read if read.tzinfo else read.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"'{word}' is not an age such as 2h or 3d, or a date such as 2026-11-28.") from None
    return lambda _now_seconds: min(max(_EARLIEST, at_seconds), _LATEST)
