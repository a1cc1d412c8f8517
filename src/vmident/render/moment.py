"""A moment, as documents and people are told of it."""

from __future__ import annotations

from datetime import datetime, timezone


def time_of_day(moment_seconds: float) -> str:
    """Return epoch time as `23:59:59 UTC`, for people who know the day."""
    return datetime.fromtimestamp(int(moment_seconds), tz=timezone.utc).strftime("%H:%M:%S UTC")


def utc(moment_seconds: float) -> str:
    """Return epoch time as `2026-01-31T23:59:59Z`."""
    return datetime.fromtimestamp(int(moment_seconds), tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
