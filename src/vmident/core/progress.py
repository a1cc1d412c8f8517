"""How far a run of many changes has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How a run stands after `elapsed_seconds`: jobs by how far they are, those done in a minute of late.

    `limit_per_minute` is the most that Azure's limits allow, from now on to the end, `None` where nothing is waiting.
    """

    elapsed_seconds: float
    done: int
    failed: int
    in_flight: int
    waiting: int
    per_minute: float
    limit_per_minute: float | None
    seconds_left: float
    is_stopping: bool = False
