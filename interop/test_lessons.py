"""The lessons with each client, beside what `results.json` says of them; `--record` writes that file anew.

The table of docs/reference/sandbox.md is made from it, so it says what was seen and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from interop.lesson_runs import (
    ANSIBLE,
    AZURE_CLI,
    LESSONS,
    NODE,
    PYTHON,
    RECORD,
    Step,
    run_ansible,
    run_azure_cli,
    run_script,
)


def _python(folder: Path) -> list[Step]:
    return run_script([os.environ[PYTHON], str(LESSONS / "python_sdk.py")], folder)


def _javascript(folder: Path) -> list[Step]:
    return run_script([shutil.which("node") or "node", str(LESSONS / "javascript.mjs")], folder)


CLIENTS: dict[str, tuple[str, Callable[[Path], list[Step]]]] = {
    "Azure CLI": (AZURE_CLI, run_azure_cli),
    "Python SDKs": (PYTHON, _python),
    "JavaScript SDKs": (NODE, _javascript),
    "Ansible": (ANSIBLE, run_ansible),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_lesson_goes_as_it_is_on_record(client: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    variable, run = CLIENTS[client]
    if not os.environ.get(variable):
        pytest.skip(f"{client} is not installed: {variable} is not set")
    steps = run(tmp_path)
    seen = _by_command(steps)
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    errors = "\n".join(f"{step.command}: {step.error}" for step in steps if not step.works)
    if request.config.getoption("--record"):
        print(errors)  # noqa: T201 - what a person who records wants to see
        record[client] = {"versions": _versions(variable), "commands": seen}
        RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        return
    assert seen == record[client]["commands"], errors


def _by_command(steps: list[Step]) -> dict[str, bool]:
    """Return for each command whether it worked every time."""
    seen: dict[str, bool] = {}
    for step in steps:
        seen[step.command] = seen.get(step.command, True) and step.works
    return seen


def _versions(variable: str) -> dict[str, str]:
    """Return the packages of a client by name, as they are installed."""
    if variable == NODE:
        modules = Path(os.environ[NODE]) / "node_modules" / "@azure"
        named = [
            modules / name / "package.json"
            for name in ("identity", "arm-compute", "arm-msi", "arm-authorization", "arm-resources")
        ]
        return {f"@azure/{file.parent.name}": json.loads(file.read_text(encoding="utf-8"))["version"] for file in named}
    names = {
        AZURE_CLI: ["azure-cli"],
        ANSIBLE: ["ansible"],
        PYTHON: [
            f"azure-mgmt-{name}" for name in ("compute", "msi", "resource", "authorization", "network", "resourcegraph")
        ],
    }[variable]
    script = "import sys, importlib.metadata as m, json; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    ran = subprocess.run([os.environ[variable], "-c", script, *names], capture_output=True, text=True, check=True)
    versions: dict[str, str] = json.loads(ran.stdout)
    return versions
