"""Nothing heavy is loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"azure", "msal", "requests", "cryptography", "rich", "yaml"}


def modules_loaded_by(*words: str) -> set[str]:
    """Top-level names of all modules that a run of the program imports, from the interpreter's own record."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "vmident", *words], capture_output=True, text=True, check=False
    )
    lines = [line for line in ran.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("add-user", "--help"),
        ("nosuch",),
        ("add-user", "myVM"),
        ("show", "--nosuch"),
        ("plan",),
        ("apply",),
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
