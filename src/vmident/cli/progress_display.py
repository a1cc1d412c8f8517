"""What moves on a terminal while a command waits: a spinner with seconds, or the bar of a run of many VMs.

Both are rich's, drawn by a thread of its own at the terminal's width of that moment, and gone when they stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from vmident.render.progress import count_text, progress_lines, total_of
from vmident.render.text import escape_control_characters

if TYPE_CHECKING:
    from vmident.core.run_record import Progress

_REFRESHES_PER_SECOND = 10


class ProgressDisplay:
    """One display, from the first message to `stop`; `now` is a clock in seconds.

    A run's bar stays until the run is over, whatever messages come in between.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._spinner = _Spinner(now)
        self._bar = _Bar()
        self._is_run = False
        self._live = Live(
            console=Console(stderr=True),
            get_renderable=lambda: self._bar if self._is_run else self._spinner,
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
        )
        self._live.start()

    def show_message(self, message: str, elapsed_seconds: float | None) -> None:
        """Show a message and the seconds, which count on from `elapsed_seconds`, else from the first message."""
        if self._is_run and not self._bar.is_over:
            return
        self._spinner.message = escape_control_characters(message)
        if elapsed_seconds is not None:
            self._spinner.began = self._now() - elapsed_seconds
        self._is_run = False
        self._live.refresh()

    def show_run(self, progress: Progress) -> None:
        """Show how a run of many VMs stands."""
        self._bar.progress = progress
        self._is_run = True
        self._live.refresh()

    def stop(self) -> None:
        """Clear the display."""
        self._live.stop()


class _Spinner:
    """A spinner, a message on one line, and seconds that are seen at any width."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._frames = {is_ascii: Spinner("line" if is_ascii else "dots") for is_ascii in (True, False)}
        self.began = now()
        self.message = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        seconds = f" ({self._now() - self.began:.0f} s)"
        frame = self._frames[options.ascii_only].render(console.get_time())
        text = Text(self.message, no_wrap=True)
        text.truncate(max(1, options.max_width - len(seconds) - 2), overflow="ellipsis")
        yield Text.assemble(frame, " ", text, (seconds, "dim"))  # type: ignore[arg-type]


class _Bar:
    """The count of VMs, the bar and the percentage on one line; below it everything else in as few lines as fit."""

    progress: Progress | None = None

    @property
    def is_over(self) -> bool:
        """Return whether no VM of the run is left."""
        return self.progress is None or not (self.progress.in_flight or self.progress.waiting)

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Any]:
        progress = self.progress
        if progress is None:
            return
        total = max(1, total_of(progress))
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1)
        table.add_column(no_wrap=True)
        table.add_row(
            count_text(progress), ProgressBar(total=total, completed=progress.done), f"{100 * progress.done // total}%"
        )
        yield table
        for line in progress_lines(progress, options.max_width):
            yield Text(line, style="dim", no_wrap=True, overflow="ellipsis")
