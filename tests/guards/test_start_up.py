"""Nothing heavy is loaded before it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"azure", "msal", "requests", "cryptography", "rich", "yaml"}


def modules_loaded_by(*words: str, environ: dict[str, str] | None = None) -> set[str]:
    """Top-level names of all modules that a run imports, and our own in full, from the interpreter's own record."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "vmident", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environ or {})},
    )
    lines = [line for line in ran.stderr.splitlines() if line.startswith("import time:")]
    names = {line.rpartition("|")[2].strip() for line in lines}
    return {name.partition(".")[0] for name in names} | {name for name in names if name.startswith("vmident.")}


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("add-user", "--help"),
        ("nosuch",),
        ("add-user", "myVM"),
        ("show", "--nosuch"),
        ("login", "--identity", "--use-device-code"),
        ("login", "--service-principal"),
        ("whoami", "--sandbox", "--cloud", "AzureCloud"),
    ],
    ids=" ".join,
)
def test_help_version_and_wrong_usage_load_nothing_heavy(words: tuple[str, ...]) -> None:
    loaded = modules_loaded_by(*words)
    assert "vmident" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("line", ["vmident ", "vmident show ", "vmident show --", "vmident add-user myVM --role "])
@pytest.mark.parametrize("shell", ["zsh", "fish", "pwsh"])
def test_completion_loads_nothing_heavy(line: str, shell: str, tmp_path: Path) -> None:
    (tmp_path / "names.json").write_text(
        '{"version": 1, "names": [["sandbox", "vm", "s", "g", "myVM"], ["sandbox", "role", "", "", "Reader"]]}'
    )
    environ = {
        "_VMIDENT_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "VMIDENT_STATE_DIR": str(tmp_path),
        "VMIDENT_SANDBOX": "1",
    }
    loaded = modules_loaded_by(environ=environ)
    assert "vmident" in loaded
    assert loaded & HEAVY == set()
    assert not {name for name in loaded if name.startswith(("vmident.usecases", "vmident.render", "vmident.arm"))}
