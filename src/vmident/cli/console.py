"""The two streams: the answer on standard output, everything else on standard error."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vmident.cli.runtime import Terminal
from vmident.render.line import Line, Tone, wrapped

if TYPE_CHECKING:
    from vmident.cli.progress_display import ProgressDisplay
    from vmident.core.run_record import Progress

_COLOURS: dict[Tone, dict[str, Any]] = {
    Tone.PLAIN: {},
    Tone.HEADING: {"bold": True},
    Tone.ADDED: {"fg": "green"},
    Tone.REMOVED: {"fg": "red"},
    Tone.FAINT: {"dim": True},
    Tone.WARNING: {"fg": "yellow"},
    Tone.ERROR: {"fg": "red", "bold": True},
}


class Console:
    """Writes; decides nothing but colour and whether progress is shown."""

    def __init__(
        self,
        terminal: Terminal,
        now: Callable[[], float],
        *,
        verbose: bool = False,
        debug: bool = False,
        only_errors: bool = False,
    ) -> None:
        self.terminal = terminal
        self._verbose = verbose
        self._debug = debug
        self._only_errors = only_errors
        self._now = now
        self._display: ProgressDisplay | None = None
        self._last_wording = ""
        # Threads that wait for Azure report progress too.
        self._lock = threading.RLock()

    def answer(self, text: str) -> None:
        """Write the answer, or a part of it, on standard output."""
        self.quiet()
        if text:
            _write(text)

    def answer_parts(self, parts: Iterable[str]) -> None:
        """Write an answer in parts that each end where a line ends."""
        self.quiet()
        for part in parts:
            _write(part)

    def answer_lines(self, lines: Iterable[Line]) -> None:
        """Write lines for a person on standard output, wrapped to the terminal."""
        self.quiet()
        self._write_lines(lines, is_terminal=self.terminal.output)

    def note(self, lines: Iterable[Line]) -> None:
        """Write lines on standard error, wrapped to the terminal; off a terminal nothing is wrapped or cut."""
        self.quiet()
        self._write_lines(lines, is_terminal=self.terminal.error, err=True)

    def _write_lines(self, lines: Iterable[Line], *, is_terminal: bool, err: bool = False) -> None:
        for line in lines:
            for part in wrapped(line, self.terminal.width_now) if is_terminal else [line]:
                _write(self._coloured(part, on=is_terminal), err=err)

    def note_document(self, text: str) -> None:
        """Write a document on standard error, for a program that reads it there."""
        self.quiet()
        _write(text, err=True)

    def coloured_json(self, text: str) -> str:
        """Return JSON with colour where standard output is a terminal that may have it."""
        if not (self.terminal.output and self.terminal.colour):
            return text
        from rich.console import Console as RichConsole
        from rich.json import JSON

        rich = RichConsole(force_terminal=True, width=self.terminal.width_now, soft_wrap=True)
        with rich.capture() as captured:
            rich.print(JSON(text), soft_wrap=True)
        return captured.get().rstrip("\n")

    def warn(self, lines: Iterable[Line]) -> None:
        """Write lines on standard error, unless only errors are wanted."""
        if not self._only_errors:
            self.note(lines)

    def trace(self, message: str) -> None:
        """Write a request and its answer on standard error, under `--debug`."""
        if self._debug:
            self.note([Line(f"debug: {message}", Tone.FAINT)])

    @property
    def is_live(self) -> bool:
        """Return whether progress moves: on a terminal that is not plain, unless lines or only errors are wanted."""
        is_wanted = not (self._only_errors or self._verbose or self._debug)
        return self.terminal.error and self.terminal.motion and is_wanted

    def progress(self, message: str, elapsed_seconds: float | None = None) -> None:
        """Show what the command waits for, and for how long: with a spinner, or as lines under `--verbose`.

        On a plain terminal it is a line whenever more than its numbers change; off a terminal nothing is shown.
        """
        if self._verbose or self._debug:
            seconds = "" if elapsed_seconds is None else f" ({elapsed_seconds:.0f} s)"
            self.note([Line(f"{message}{seconds}", Tone.FAINT)])
        elif self.is_live:
            with self._lock:
                self._shown().show_message(message, elapsed_seconds)
        elif self.terminal.error and not self._only_errors:
            wording = re.sub(r"\d+", "", message)
            if wording != self._last_wording:
                self._last_wording = wording
                self.note([Line(message, Tone.FAINT)])

    def show_run(self, progress: Progress) -> None:
        """Show how a run of many VMs stands, with a bar; only where `is_live`."""
        with self._lock:
            self._shown().show_run(progress)

    def confirm(self, question: str) -> bool:
        """Ask on standard error; everything but a yes means no, the end of the input included.

        Not `typer.confirm`, which writes a part of its question on standard output, into the answer.
        """
        return self._answer_to(f"{question} [y/N]:").lower() in {"y", "yes"}

    def confirm_number(self, vms: int) -> bool:
        """Ask for the number of VMs to be typed, where a yes comes too easily; anything else means no."""
        return self._answer_to(f"This changes {vms} VMs. Type {vms} to confirm:") == str(vms)

    def _answer_to(self, question: str) -> str:
        # Wrapped at words, so that no line ends within '[y/N]:'; two columns are left for the answer.
        *lines, last = wrapped(Line(question), self.terminal.width_now - 2)
        self.note(lines)
        _write(f"{last.text} ", end="", err=True)
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):
            _write("", err=True)
        return answer.strip()

    def quiet(self) -> None:
        """Clear what moves."""
        with self._lock:
            if self._display is not None:
                self._display.stop()
                self._display = None

    def _shown(self) -> ProgressDisplay:
        if self._display is None:
            from vmident.cli.progress_display import ProgressDisplay

            self._display = ProgressDisplay(self._now)
        return self._display

    def _coloured(self, line: Line, *, on: bool) -> str:
        return typer.style(line.text, **_COLOURS[line.tone]) if on and self.terminal.colour else line.text


def make_streams_robust() -> None:
    """Keep streams from failing: one that was closed from the start, and one whose encoding lacks a character.

    Such a character shows as an escape.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open until the end
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def _write(text: str, *, end: str = "\n", err: bool = False) -> None:
    try:
        typer.echo(f"{text}{end}", nl=False, err=err)
    except BrokenPipeError:
        # The reader has closed the pipe; the change is made, and the exit code still reports it.
        stream = sys.stderr if err else sys.stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
