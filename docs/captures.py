# ruff: noqa: INP001 - run as `python -m docs.captures`; a folder of texts is no package
"""Write docs/reference/terminal.md from real runs: what a terminal of 100, 80 and 40 columns shows.

The program runs in a pseudo-terminal, and pyte, a terminal emulator, interprets what it prints. The progress of a fleet
comes from a served sandbox that throttles as Azure does. Needs Linux or macOS; principals and times differ each time.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyte

PAGE = Path(__file__).resolve().with_name("reference") / "terminal.md"
WIDTHS, ROWS = (100, 80, 40), 120
PATIENCE_SECONDS = 120
SCENES = {
    "One change": "enable-system myVM",
    "An error": "enable-system myVN",
    "A list": "list",
    "Past runs": "runs list",
    "Checks": "doctor",
    "A plan": "plan -f identities.yaml",
}
BEFORE = {
    "One change": ("sandbox reset -o none",),
    "Past runs": ("add-user webVM --identity otherIdentity -o none", "disable-system appVM --yes -o none"),
    "A plan": ("sandbox reset --vms 60 -o none",),
}
FLEET = "enable-system --all -g myResourceGroup --yes"
FLEET_MOMENT = "0:15 elapsed"
DESIRED_STATE = """version: 1
rules:
  - vms: {names: ["vm-*"], groups: [myResourceGroup]}
    system: true
    identities: {include: [otherIdentity]}
"""
INTRODUCTION = """# Output at different widths

This page shows the output of vmident on terminals of 100, 80, and 40 columns, from runs in the sandbox. vmident
wraps text at words, shortens table cells with `…`, and leaves out columns on a very narrow terminal. It does not break
resource IDs, so that you can copy them: the terminal wraps them. If the output is not a terminal, vmident does not wrap
or shorten it.

`NO_COLOR` and `TERM=dumb` turn off color and animation. vmident then prints a line of progress every 30 seconds, as it
does without a terminal.
"""


def main() -> None:
    """Capture every scene at every width, and write the page."""
    captured: dict[str, tuple[str, list[str]]] = {title: (command, []) for title, command in SCENES.items()}
    captured["Progress of a fleet"] = (FLEET, [])
    for width in WIDTHS:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "identities.yaml").write_text(DESIRED_STATE, encoding="utf-8")
            environ = {"VMIDENT_STATE_DIR": folder, "VMIDENT_SANDBOX": "1"}
            for title, command in SCENES.items():
                for first in BEFORE.get(title, ()):
                    shown_by(first, width, folder, environ)
                captured[title][1].append(shown_by(command, width, folder, environ))
            with served(Path(folder)) as connected:
                environ = {"VMIDENT_STATE_DIR": folder, **connected}
                captured["Progress of a fleet"][1].append(
                    shown_by(FLEET, width, folder, environ, until=lambda text: FLEET_MOMENT in text)
                )
    PAGE.write_text("\n".join([INTRODUCTION, *_sections(captured)]), encoding="utf-8", newline="\n")


def _sections(captured: Mapping[str, tuple[str, list[str]]]) -> Iterator[str]:
    for title, (command, screens) in captured.items():
        yield f"## {title}\n"
        for width, screen in zip(WIDTHS, screens, strict=True):
            yield f"{width} columns:\n\n```text\n$ vmident {command}\n{screen}\n```\n"


def shown_by(
    command: str, width: int, folder: str, environ: Mapping[str, str], *, until: Callable[[str], bool] | None = None
) -> str:
    """Run a command in a terminal; return the screen at its end, or the first on which `until` holds."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, width, 0, 0))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VMIDENT_", "AZURE_", "ARM_"))}
    env = {**kept, **environ, "TERM": "xterm-256color"}
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        env.pop(name, None)
    screen = pyte.Screen(width, ROWS)
    stream = pyte.ByteStream(screen)
    words = [sys.executable, "-m", "vmident", *shlex.split(command)]
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=folder) as process:  # noqa: S603 - our own
        os.close(theirs)
        for chunk in _chunks(ours):
            stream.feed(chunk)
            if until and until(_text(screen)):
                break
        shown = _text(screen)
        if until:
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGINT)
            for _chunk in _chunks(ours):
                pass
    os.close(ours)
    return shown


def _chunks(terminal: int) -> Iterator[bytes]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            chunk = os.read(terminal, 65_536)
        except OSError:  # how Linux reports that the program has ended
            return
        if not chunk:
            return
        yield chunk
    raise TimeoutError(f"The program printed for more than {PATIENCE_SECONDS} seconds.")


def _text(screen: pyte.Screen) -> str:
    return "\n".join(line.rstrip() for line in screen.display).strip("\n")


@contextmanager
def served(folder: Path) -> Iterator[Mapping[str, str]]:
    """Serve a sandbox of 1000 VMs at Azure's limits; return the variables that connect vmident to it."""
    command = "sandbox serve --port 0 -o json --vms 1000 --operation-seconds 6 --throttle"
    env = {**os.environ, "VMIDENT_SANDBOX_DIR": str(folder / "served")}
    words = [sys.executable, "-m", "vmident", *command.split()]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:  # noqa: S603 - our own
        assert server.stdout is not None
        facts = json.loads("".join(iter(server.stdout.readline, "}\n")) + "}")
        exports = [line.removeprefix("export ") for line in facts["vmident"] if line.startswith("export ")]
        yield dict(one.split("=", 1) for line in exports for one in shlex.split(line))
        server.kill()


if __name__ == "__main__":
    main()
