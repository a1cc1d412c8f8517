"""Moments: UTC for documents and exact text, relative for people."""

from __future__ import annotations

from datetime import datetime, timezone

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_DAY_SECONDS = 86_400
_MONTH_SECONDS = 30 * _DAY_SECONDS


def ago(moment_seconds: float, now_seconds: float) -> str:
    """Return epoch time as `3 minutes ago`, from a day on with its date in UTC, `2 days ago (2026-01-31)`.

    After a month it is the date alone.
    """
    seconds = int(now_seconds - moment_seconds)
    if seconds < _DAY_SECONDS:
        return age(seconds)
    date = utc(moment_seconds)[:10]
    return date if seconds >= _MONTH_SECONDS else f"{age(seconds)} ({date})"


def age(seconds: float) -> str:
    """Return an age as `12 seconds ago` or `2 days ago`; that of a moment to come, by another clock, is `just now`."""
    return "just now" if seconds < 1 else f"{lasting(seconds)} ago"


def until(moment_seconds: float, now_seconds: float) -> str:
    """Return epoch time as `in 43 minutes`, and once it has passed as `ago` does."""
    seconds = moment_seconds - now_seconds
    return f"in {lasting(seconds)}" if seconds >= 1 else ago(moment_seconds, now_seconds)


def lasting(seconds: float) -> str:
    """Return a duration in its largest whole unit, such as `2 seconds` or `3 minutes`."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, ""))
    number = int(seconds // size)
    return f"{number} {unit}{'' if number == 1 else 's'}" if unit else "less than a second"


def utc(moment_seconds: float) -> str:
    """Return epoch time as `2026-01-31T23:59:59Z`."""
    return datetime.fromtimestamp(int(moment_seconds), tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
