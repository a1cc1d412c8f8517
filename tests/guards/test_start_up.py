"""Nothing heavy is loaded before it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.azure_cli_home import AzureCliHome, account, entry
from tests.loopback import Loopback
from vmident.sandbox.http import json_answer
from vmident.sandbox.sandbox import SUBSCRIPTION

HEAVY = {"azure", "msal", "requests", "cryptography", "rich", "yaml"}


def modules_loaded_by(*words: str) -> set[str]:
    """Top-level names of all modules that a run of the program imports."""
    return {name.partition(".")[0] for name in names_loaded(run_of(*words).stderr)}


def run_of(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the program, with the interpreter's own record of imports on standard error."""
    command = [sys.executable, "-X", "importtime", "-m", "vmident", *words]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def names_loaded(record: str) -> set[str]:
    lines = [line for line in record.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


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


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_azure_clis_kept_token_is_used_without_what_gets_tokens(tmp_path: Path) -> None:
    vm = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/myVM"
    home = AzureCliHome(tmp_path / "azure")
    home.sign_in(account())
    with Loopback(lambda _request: json_answer(200, {"id": vm, "name": "myVM", "location": "westus"})) as arm:
        home.keep(entry("a.kept.token", arm.endpoint, expires_on=int(time.time()) + 3600))
        ran = run_of(
            "show",
            "myVM",
            "--resource-group=rg",
            PATH=str(tmp_path),
            AZURE_CONFIG_DIR=str(home.folder),
            AZURE_CORE_ENCRYPT_TOKEN_CACHE="no",
            AZURE_AUTHORITY_HOST="https://127.0.0.1",
            AZURE_CLIENT_ID="",
            AZURE_TOKEN_CREDENTIALS="",
            VMIDENT_ARM_ENDPOINT=arm.endpoint,
            VMIDENT_STATE_DIR=str(tmp_path / "state"),
        )
        signed = [request.headers["authorization"] for request in arm.received]

    assert (ran.returncode, signed) == (0, ["Bearer a.kept.token"]), ran.stderr[-2000:]
    loaded = names_loaded(ran.stderr)
    assert "azure.mgmt.core" in loaded
    assert [name for name in loaded if name.startswith(("azure.identity", "msal", "azure.mgmt.compute"))] == []
