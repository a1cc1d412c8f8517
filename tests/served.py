"""`vmident sandbox serve` as a process of its own, and what it printed."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


class Served:
    """A server that runs from when this is made until `stop` or `kill`; `facts` is the document that it printed."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        environ = {**os.environ, "VMIDENT_SANDBOX_DIR": str(folder)}
        command = [sys.executable, "-m", "vmident", "sandbox", "serve", "--port", "0", "-o", "json", *options]
        self.process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        printed = iter(self.process.stdout.readline, "}\n")
        self.facts: dict[str, Any] = json.loads("".join(printed) + "}")

    def exported(self, client: str) -> dict[str, str]:
        """Return the variables that the printed lines for `azureCli` or `vmident` set."""
        lines = [line for line in self.facts[client] if line.startswith("export ")]
        return dict(one.split("=", 1) for line in lines for one in shlex.split(line.removeprefix("export ")))

    def vmident(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run vmident against it, signed in as the printed lines say."""
        command = [sys.executable, "-m", "vmident", *words]
        ran_in = {**os.environ, **self.exported("vmident"), **environ}
        return subprocess.run(command, env=ran_in, capture_output=True, text=True, check=False, timeout=120)

    def started(self, out: Path, *words: str, **environ: str) -> subprocess.Popen[str]:
        """Start vmident against it, its answer going to a file; whoever asked reads its standard error."""
        command = [sys.executable, "-m", "vmident", *words]
        ran_in = {**os.environ, **self.exported("vmident"), **environ}
        with out.open("w", encoding="utf-8") as answer:
            return subprocess.Popen(command, env=ran_in, stdout=answer, stderr=subprocess.PIPE, text=True)

    def stop(self) -> tuple[int, str]:
        """Send Ctrl-C; give the exit code, and what was printed on standard error."""
        self.process.send_signal(signal.SIGINT)
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        self.process.kill()
        self.process.communicate()
