"""A moment, as documents and people are told of it."""

from __future__ import annotations

from datetime import datetime, timezone


def utc(moment_seconds: float) -> str:
    """Give epoch time as `2026-01-31T23:59:59Z`."""
    return datetime.fromtimestamp(int(moment_seconds), tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
