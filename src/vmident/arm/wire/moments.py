"""Moments as Azure writes them, read as epoch seconds."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(?:Z|[+-]00:00)$", re.ASCII)


def epoch_seconds(text: str | None) -> float | None:
    """Read a moment in UTC with any number of digits, such as `2020-07-09T07:19:37.8042157+00:00` (recording).

    Returns `None` for anything else.
    """
    # Python 3.10 reads no seven digits of a second.
    found = _MOMENT.match(text) if text else None
    if found is None:
        return None
    try:
        whole = datetime.strptime(found[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    return whole.timestamp() + float(f"0.{found[2] or '0'}")
