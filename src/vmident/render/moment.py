"""Moments: UTC for documents and exact text, relative for people."""

from __future__ import annotations

from datetime import datetime, timezone

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_MONTH_SECONDS = 30 * 86_400


def ago(moment_seconds: float, now_seconds: float) -> str:
    """Return epoch time as `12 seconds ago`, `3 minutes ago`, `5 hours ago` or `2 days ago`; after a month, as a date.

    A moment ahead of `now_seconds`, by a clock that differs, is `just now`.
    """
    seconds = int(now_seconds - moment_seconds)
    if seconds < 1:
        return "just now"
    if seconds >= _MONTH_SECONDS:
        return datetime.fromtimestamp(int(moment_seconds), tz=timezone.utc).strftime("%Y-%m-%d")
    return f"{lasting(seconds)} ago"


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
