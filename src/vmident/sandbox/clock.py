"""The sandbox's time: epoch seconds that never go back, for all processes that share its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmident.sandbox.rows import Rows


class SandboxClock:
    """The machine's clock, held at the latest time on file while the machine's own is behind it.

    Otherwise operations would not end, and token buckets not refill, until a clock that was set back has caught up. The
    latest time is written once a second; a process that has found its clock behind runs ahead of it by what was missing
    and writes every time.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ahead_seconds = 0.0

    def time(self, rows: Rows) -> float:
        """Return the time, and write it if it must be written."""
        now, is_new = self.latest(rows)
        if is_new:
            rows.write_latest_time(now)
        return now

    def latest(self, rows: Rows) -> tuple[float, bool]:
        """Return the time, and whether it must be written."""
        now, latest = self._now() + self._ahead_seconds, rows.latest_time()
        if latest is not None and now < latest:
            self._ahead_seconds += latest - now
            now = latest
        return now, latest is None or now >= latest + 1 or (bool(self._ahead_seconds) and now > latest)
