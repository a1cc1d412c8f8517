"""What a run has from its process: environment, terminal, clocks, streams. Read here once, and nowhere below."""

from __future__ import annotations

import os
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from vmident.cli.config.environment import trimmed
from vmident.errors import TimedOut

if TYPE_CHECKING:
    from vmident.ports.http import HttpSender

_USUAL_WIDTH = 80


@dataclass(frozen=True)
class Terminal:
    """Which streams are a terminal, whether it may have color, whether what it shows may move, and how wide it is.

    `measure` reads the width of this moment: a window may be resized during a run.
    """

    input: bool
    output: bool
    error: bool
    colour: bool
    width_columns: int = _USUAL_WIDTH
    motion: bool = True
    measure: Callable[[], int] | None = None

    @property
    def width_now(self) -> int:
        """The width in columns, measured now where that can be done."""
        return self.measure() if self.measure else self.width_columns

    @property
    def can_ask(self) -> bool:
        """Return whether questions can be asked and answered."""
        return self.input and self.error


@dataclass(frozen=True)
class Runtime:
    """Everything that a run takes from outside; tests hand in their own. `words` are the command's, as typed.

    `through` is given what is about to send the requests, `None` for the network, and returns what sends them.
    `read_secret` asks, on the terminal itself, for a secret. In the context of `interruptible`, Ctrl-C raises
    `KeyboardInterrupt`.
    """

    environ: Mapping[str, str]
    terminal: Terminal
    home: Path
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    wall: Callable[[], float]
    new_uuid: Callable[[], str]
    read_input: Callable[[], bytes]
    through: Callable[[HttpSender | None], HttpSender | None] = lambda sender: sender
    read_secret: Callable[[str], str] = lambda question: getpass(question, stream=sys.stderr)
    interruptible: Callable[[], AbstractContextManager[None]] = nullcontext
    words: tuple[str, ...] = ()


def runtime_of_process(interruptible: Callable[[], AbstractContextManager[None]]) -> Runtime:
    """Gather what this process was started with; azure-identity, requests and the Azure CLI read the same variables."""
    for name, value in trimmed(os.environ).items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    is_plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    terminal = Terminal(
        input=sys.stdin is not None and sys.stdin.isatty(),
        output=sys.stdout.isatty(),
        error=sys.stderr.isatty(),
        colour=not is_plain,
        width_columns=_width(),
        motion=not is_plain,
        measure=_width,
    )
    return Runtime(
        environ=dict(os.environ),
        terminal=terminal,
        home=Path.home(),
        monotonic=time.monotonic,
        sleep=time.sleep,
        wall=time.time,
        new_uuid=lambda: str(uuid.uuid4()),
        read_input=sys.stdin.buffer.read,
        interruptible=interruptible,
    )


def _width() -> int:
    """Return `COLUMNS`, else the width of the first standard stream that is a terminal: the answer may be piped."""
    if os.environ.get("COLUMNS", "").isdecimal():
        return shutil.get_terminal_size().columns
    for stream in (1, 2, 0):
        with suppress(OSError):
            return os.get_terminal_size(stream).columns or _USUAL_WIDTH
    return _USUAL_WIDTH


class CommandClock:
    """`vmident.ports.clock.Clock` for one command, with the deadline that `--timeout` sets.

    Its seconds are `scale` times as short as the machine's, for rehearsals against a sandbox that is sped up likewise.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        timeout_seconds: float | None,
        *,
        scale: float = 1.0,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._timeout_seconds = timeout_seconds
        self._scale = scale
        self._began = self.now()

    def now(self) -> float:
        """Return seconds since some fixed moment."""
        return self._monotonic() * self._scale

    def real_seconds(self, seconds: float) -> float:
        """Return the machine's own seconds for these."""
        return seconds / self._scale

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`; at the deadline, stop and raise `TimedOut`."""
        left = self.remaining_seconds()
        if left is not None and seconds >= left:
            self._sleep(self.real_seconds(left))
            raise self._timed_out()
        self._sleep(self.real_seconds(seconds))

    def remaining_seconds(self) -> float | None:
        """Return what is left until the deadline, `None` where there is none; raises `TimedOut` where nothing is."""
        if self._timeout_seconds is None:
            return None
        left = self._began + self._timeout_seconds - self.now()
        if left <= 0:
            raise self._timed_out()
        return left

    def _timed_out(self) -> TimedOut:
        unit = "second" if self._timeout_seconds == 1 else "seconds"
        return TimedOut(
            f"Timed out after {self._timeout_seconds:g} {unit} (--timeout).", hint="Use a longer --timeout."
        )
