"""`vmident sandbox serve` for a measurement: started, ready, and stopped again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

GROUP = "myResourceGroup"
IDENTITY = "myUserAssignedIdentity"


def program() -> str:
    """The `vmident` of the environment that runs this."""
    return str(Path(sys.executable).with_name("vmident"))


@contextmanager
def served(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Serve a sandbox that is kept in a folder; gives the document that the server prints."""
    command = [program(), "sandbox", "serve", "--port", "0", "-o", "json", *options]
    environ = {**os.environ, "VMIDENT_SANDBOX_DIR": str(folder / "sandbox")}
    server = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield json.loads("".join(iter(server.stdout.readline, "}\n")) + "}")
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)


def clean_environ(folder: Path, facts: dict[str, Any]) -> dict[str, str]:
    """This process's environment, without what it says of Azure, for clients that keep their files in a folder."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "VMIDENT_"))},
        "HOME": str(folder),
        "AZURE_CONFIG_DIR": str(folder / "azure"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "REQUESTS_CA_BUNDLE": str(facts["certificates"]),
        "VMIDENT_STATE_DIR": str(folder / "state"),
    }


def requests_in(log: Path) -> list[dict[str, Any]]:
    """What the server noted of the requests that it answered."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
