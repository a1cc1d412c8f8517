# ruff: noqa: INP001 - run as `python -m docs.picture`; a folder of texts is no package
"""Draw docs/terminal.svg from a real run: the program in a pseudo-terminal, on a fresh sandbox.

Needs a system with pseudo-terminals: Linux or macOS. Principals differ from run to run.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from io import StringIO
from pathlib import Path

PICTURE = Path(__file__).resolve().with_name("terminal.svg")
COLUMNS, ROWS = 100, 40
# What is typed: a command, and the answer to its question where it asks one.
SCENE = (
    ("enable-system myVM --sandbox", ""),
    ("enable-system myVM --sandbox", ""),
    ("disable-system webVM --sandbox", "y"),
    ("list --sandbox", ""),
)
_QUESTION = b"[y/N]: "
_CURSOR_HIDDEN_OR_SHOWN = re.compile(r"\x1b\[\?25[hl]")
# A line of progress that the program itself takes away again: at its end, and each time that it draws it anew.
_TAKEN_AWAY = re.compile(r"[^\n]*\n\r\x1b\[1A\x1b\[2K|[^\n]*\r\x1b\[2K")
_FONT_TO_DOWNLOAD = re.compile(r"@font-face \{\{.*?\}\}\n?", re.DOTALL)


def shown_by(command: str, answer: str, folder: str) -> str:
    """Run one command in a terminal of its own; give what stands on the screen afterwards, colours included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VMIDENT_", "AZURE_", "ARM_"))}
    env = {**kept, "VMIDENT_STATE_DIR": folder, "TERM": "xterm-256color"}
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        env.pop(name, None)
    words = [sys.executable, "-m", "vmident", *command.split()]
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=env):  # noqa: S603 - our own
        os.close(theirs)
        printed = _all_from(ours, answer)
    os.close(ours)
    return _TAKEN_AWAY.sub("", _CURSOR_HIDDEN_OR_SHOWN.sub("", printed.replace("\r\n", "\n"))).rstrip("\n")


def _all_from(terminal: int, answer: str) -> str:
    chunks = []
    while True:
        try:
            chunk = os.read(terminal, 65_536)
        except OSError:  # Linux says so when the program has ended
            break
        if not chunk:
            break
        chunks.append(chunk)
        if chunk.endswith(_QUESTION):
            os.write(terminal, f"{answer}\n".encode())
    return b"".join(chunks).decode()


def draw() -> None:
    """Run the scene and write the picture."""
    from rich._export_format import CONSOLE_SVG_FORMAT
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    with tempfile.TemporaryDirectory() as folder:
        for number, (command, answer) in enumerate(SCENE):
            console.print("\n" * bool(number) + f"[bold]$ vmident {command}[/bold]", highlight=False)
            console.print(Text.from_ansi(shown_by(command, answer, folder)))
    # A picture in a README downloads nothing: the reader's own monospaced font has to do.
    code_format = _FONT_TO_DOWNLOAD.sub("", CONSOLE_SVG_FORMAT).replace("<svg ", '<svg xml:space="preserve" ')
    svg = console.export_svg(title="vmident on its sandbox", code_format=code_format, unique_id="terminal")
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    draw()
