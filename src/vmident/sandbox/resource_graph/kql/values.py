"""Values of Kusto's types as Python has them, and conversions between them.

string is `str` and never null; long, real, bool, datetime (aware, UTC) and timespan are `int`, `float`, `bool`,
`datetime` and `timedelta` or `None`; dynamic is any JSON value. Source: Microsoft's reference of the Kusto Query
Language, 'Null values', 'The dynamic data type' and the pages of the conversion functions.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from typing import Any

from vmident.sandbox.resource_graph.kql.tokens import datetime_of, timespan_of

Row = dict[str, Any]
NUMBERS = ("long", "real")


def to_text(value: Any) -> str:
    """Convert as `tostring` does: null is empty, a bag or array is compact JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S.%f}0Z"
    if isinstance(value, timedelta):
        return _timespan_text(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _timespan_text(value: timedelta) -> str:
    seconds = abs(value) // timedelta(seconds=1)
    microseconds = (abs(value) - timedelta(seconds=seconds)) // timedelta(microseconds=1)
    days, rest = divmod(seconds, 86_400)
    text = f"{days}." if days else ""
    text += f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    text += f".{microseconds:06}0" if microseconds else ""
    return f"-{text}" if value < timedelta(0) else text


def to_wire(value: Any) -> Any:
    """Convert to what an answer carries: dates and timespans as text, all else as JSON has it."""
    return to_text(value) if isinstance(value, (datetime, timedelta)) else value


def to_number(value: Any) -> float | int | None:
    """Convert a number, a bool, or a text that holds a number; `None` for anything else."""
    if isinstance(value, str):
        try:
            return int(value) if value.strip().lstrip("+-").isdigit() else float(value)
        except ValueError:
            return None
    return value if isinstance(value, (int, float)) else None


def to_long(value: Any) -> int | None:
    """Convert as `tolong` does: a fraction is cut off."""
    number = to_number(value)
    return int(number) if number is not None and math.isfinite(number) else None


def to_real(value: Any) -> float | None:
    """Convert as `todouble` does."""
    number = to_number(value)
    return None if number is None else float(number)


def to_bool(value: Any) -> bool | None:
    """Convert as `tobool` does: `true` and `false` in any case, and numbers."""
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, (bool, int, float)) else None


def to_datetime(value: Any) -> datetime | None:
    """Convert as `todatetime` does."""
    if isinstance(value, str):
        return datetime_of(value)
    return value if isinstance(value, datetime) else None


def to_timespan(value: Any) -> timedelta | None:
    """Convert as `totimespan` does, from texts such as `1d`."""
    if isinstance(value, str):
        return timespan_of(value)
    return value if isinstance(value, timedelta) else None


def to_dynamic(value: Any) -> Any:
    """Convert as `parse_json` does: text that is not JSON stays text."""
    if not isinstance(value, str):
        return to_wire(value)
    try:
        return json.loads(value)
    except ValueError:
        return value or None


class Layered(dict[str, Any]):
    """A row over another: what it lacks is looked up below, so that rows that are only filtered are never copied."""

    def __init__(self, members: Row, below: Row) -> None:
        super().__init__(members)
        self._below = below

    def __missing__(self, name: str) -> Any:
        return self._below[name]


CONVERT = {
    "string": to_text,
    "long": to_long,
    "real": to_real,
    "bool": to_bool,
    "datetime": to_datetime,
    "timespan": to_timespan,
    "dynamic": to_dynamic,
    "guid": to_text,
}
"""The conversion to each type."""


def as_kind(value: Any, kind: str) -> Any:
    """Return a dynamic's value as a type without parsing: null where it is of another, as `==` and `typeof` take it."""
    if kind in NUMBERS:
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if kind == "bool":
        return value if isinstance(value, bool) else None
    return CONVERT[kind](value)


def canonical(value: Any) -> str:
    """Return a text that is equal for equal values, for sets of dynamic values."""
    return json.dumps(to_wire(value), sort_keys=True)
