"""Ctrl-C, SIGTERM and SIGHUP: at any moment the program ends with exit code 130, one line, and a visible cursor.

Python's own handler raises `KeyboardInterrupt` wherever the main thread happens to be. That is right while a command
works: use cases catch it and report what was sent. It is wrong at three other moments, which `Signals` tells apart:

1. Before a command works, and after its work has ended (`_raises` is false), nothing can be lost and nothing is left
   to report. An exception would be caught by Typer, which prints 'Aborted!' and exits 1, or would leave a traceback.
   The handler writes the line and ends the process at once.
2. During an import, an exception is swallowed or replaced by some modules (a bare `except`, `__set_name__` on Python
   3.10 and 3.11), and leaves others half made, so that the code that reports the interrupt fails too. The handler waits
   until the outermost import has returned, some hundredths of a second; a second signal does not wait.
3. In a finalizer or a callback of the garbage collector, Python prints an exception and goes on as if nothing had
   happened. The hook for such exceptions sends the signal again.

Signals that were ignored when the process started, as in the background or under nohup, stay ignored.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, suppress

TYPE_CHECKING = False  # nor anything else from typing: until the handlers are installed, each import is a risk
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_INTERRUPTED = 130
_IMPORTS = "<frozen importlib._bootstrap>"
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # of which Windows lacks the last
_SHOW_CURSOR, _CLEAR_LINE = "\x1b[?25h", "\r\x1b[2K"


class Signals:
    """The signals that end this process; made and installed once, when it starts."""

    def __init__(self) -> None:
        self._raises = False
        self._has_worked = False
        self._waits_for_import = False
        self.received = False

    def install(self) -> None:
        """Handle the signals, except those that are ignored."""
        for number in (getattr(signal, name, None) for name in _NAMES):
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)
        report = sys.unraisablehook

        def send_again(unraisable: sys.UnraisableHookArgs) -> None:
            if issubclass(unraisable.exc_type, KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            else:
                report(unraisable)

        sys.unraisablehook = send_again

    @contextmanager
    def raising(self) -> Iterator[None]:
        """Raise `KeyboardInterrupt` in the body."""
        self._raises = True
        try:
            yield
        finally:
            self._raises, self._has_worked = False, True

    def ignore(self) -> None:
        """Ignore Ctrl-C while the interpreter shuts down: the exit code is known."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def restore_terminal(self) -> None:
        """Show the cursor again after an interrupt, wherever the progress line was when it came."""
        if self.received and _is_terminal():
            _write_error(_SHOW_CURSOR)

    def _handle(self, _number: int, frame: FrameType | None) -> None:
        self.received = True
        if not self._raises:
            self._end_now()
        if _is_importing(frame) and not self._waits_for_import:
            self._waits_for_import = True
            sys.setprofile(self._raise_after_import)
            return
        sys.setprofile(None)
        raise KeyboardInterrupt

    def _raise_after_import(self, frame: FrameType, event: str, _argument: object) -> None:
        """Raise when the outermost import returns; called by the interpreter for each call and return."""
        if event == "return" and frame.f_code.co_filename == _IMPORTS and not _is_importing(frame.f_back):
            sys.setprofile(None)
            self._waits_for_import = False
            if not self._raises:
                self._end_now()
            raise KeyboardInterrupt

    def _end_now(self) -> None:
        # An answer that was printed is not lost with the buffer, and is not followed by 'Nothing was sent.'.
        with suppress(Exception):
            sys.stdout.flush()
        line = "Interrupted." if self._has_worked else "Interrupted. Nothing was sent."
        _write_error(f"{_CLEAR_LINE}{_SHOW_CURSOR}{line}\n" if _is_terminal() else f"{line}\n")
        os._exit(_INTERRUPTED)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTS:
            return True
        frame = frame.f_back
    return False


def _is_terminal() -> bool:
    with suppress(OSError):
        return os.isatty(2) and os.environ.get("TERM") != "dumb"
    return False


def _write_error(text: str) -> None:
    # Past the stream's buffer and lock, which the interrupted code may hold.
    with suppress(OSError):
        os.write(2, text.encode("ascii"))
