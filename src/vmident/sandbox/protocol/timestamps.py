"""Moments as the Resource Manager prints them."""

from __future__ import annotations

from datetime import datetime, timezone


def wire_time(epoch_seconds: float) -> str:
    """Print a moment as operations do, `2020-07-09T07:19:37.8042157+00:00` (recording): seven digits."""
    moment = datetime.fromtimestamp(epoch_seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0+00:00"
