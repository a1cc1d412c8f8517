"""Time, as the whole command has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    pass


class Clock(Protocol):
    """Time, as the whole command has it: no sleep outlasts the deadline that `--timeout` sets."""

    def now(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`; at the deadline, stop and raise `TimedOut`."""
        ...

    def remaining_seconds(self) -> float | None:
        """Return what is left until the deadline, `None` where there is none; raises `TimedOut` where nothing is."""
        ...
