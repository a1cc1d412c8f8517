"""Ctrl-C and its kind at many moments of a real process, on pipes and on a pseudo-terminal.

A moment is the n-th event that the interpreter reports to an audit hook: each import, each file opened, each statement
of SQLite, so that the moments are the same on every machine.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal for one process, and no pty"),
]
PATIENCE_SECONDS = 60
# By this event the handlers are installed; until then SIGTERM and SIGHUP end the process as they end any.
INSTALLED = 80
# Events are counted once `run` has begun: what comes before is the interpreter's own start.
PROGRAM = """
import atexit, os, sys
from vmident.__main__ import run
moment, number, count = int(os.environ["MOMENT"]), int(os.environ["SIGNAL"]), 0
def hook(event, arguments):
    global count
    count += 1
    if count == moment:
        os.kill(os.getpid(), number)
if not moment:
    atexit.register(lambda: os.write(2, b"events: %d\\n" % count))
sys.addaudithook(hook)
run()
"""


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMIDENT_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm")


def command(moment: int, number: int, *words: str) -> tuple[list[str], dict[str, str]]:
    return [sys.executable, "-c", PROGRAM, *words], {**os.environ, "MOMENT": str(moment), "SIGNAL": str(int(number))}


def on_pipes(moment: int, number: int, *words: str) -> subprocess.CompletedProcess[str]:
    line, environ = command(moment, number, *words)
    return subprocess.run(line, env=environ, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)


def on_a_terminal(moment: int, number: int, *words: str) -> tuple[int, str]:
    """Run on a terminal of its own; give the exit code and all that the terminal was sent."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    line, environ = command(moment, number, *words)
    with subprocess.Popen(line, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as one:
        os.close(theirs)
        shown = b"".join(_read(ours))
        code = one.wait(PATIENCE_SECONDS)
    os.close(ours)
    return code, shown.decode()


def _read(terminal: int) -> Iterator[bytes]:
    while select.select([terminal], [], [], PATIENCE_SECONDS)[0]:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # how Linux reports that the other end is closed
            return
        if not part:
            return
        yield part


def moments(events: int, number: int) -> list[int]:
    return sorted({INSTALLED + (events - INSTALLED) * step // number for step in range(number)})


def events_of(*words: str) -> int:
    counted = re.search(r"events: (\d+)", on_pipes(0, 0, *words).stderr)
    assert counted
    return int(counted[1])


def test_ctrl_c_while_a_command_reads_is_exit_130_and_one_line() -> None:
    words = ("list", "--sandbox")
    for moment in moments(events_of(*words), 8):
        ended = on_pipes(moment, signal.SIGINT, *words)
        assert (ended.returncode, len(ended.stderr.splitlines())) == (130, 1), (moment, ended.stderr)
        assert "Interrupted" in ended.stderr


@pytest.mark.parametrize("moment", range(1, INSTALLED, 8))
def test_ctrl_c_before_the_command_is_imported_leaves_no_traceback(moment: int) -> None:
    code, shown = on_a_terminal(moment, signal.SIGINT, "list", "--sandbox")
    assert (code, shown.rstrip().endswith("Interrupted. Nothing was sent."), "Traceback" in shown) == (130, True, False)


@pytest.mark.parametrize(("number", "times"), [(signal.SIGINT, 8), (signal.SIGTERM, 3), (signal.SIGHUP, 3)])
def test_a_signal_while_a_command_changes_a_vm_is_exit_130_with_the_cursor_visible(number: int, times: int) -> None:
    words = ("enable-system", "myVM", "--sandbox", "-o", "json")
    for moment in moments(events_of(*words), times):
        code, shown = on_a_terminal(moment, number, *words)
        assert code == 130, (moment, shown)
        assert "Interrupted" in shown, (moment, shown)
        assert "Traceback" not in shown, (moment, shown)
        assert shown.rfind("\x1b[?25h") >= shown.rfind("\x1b[?25l"), (moment, shown)


def test_an_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = on_pipes(events_of("list", "--sandbox") // 2, signal.SIGINT, "list", "--sandbox")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)
