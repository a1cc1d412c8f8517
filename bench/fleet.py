"""Changes of many VMs at Azure's limits, against `vmident sandbox serve --throttle`; prints a Markdown table.

`python bench/fleet.py [AZ]`, run with the Python of an environment that has vmident and its extra `serve` installed by
pip; AZ is the `az` of another. The served sandbox's time, and vmident's, run `SCALE` times as fast; all seconds in the
table are the sandbox's. The lower bound is when the budgets, full at the start, let the last write leave, and one
operation more. The Azure CLI knows of no such time, so it changes few VMs in time as it is. Not for Windows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from served import GROUP, IDENTITY, clean_environ, program, requests_in, served

from vmident.fleet.azure_limits import lower_bound_seconds
from vmident.ports.fleet import RequestCost, RequestKind

VMS = 1_000
VMS_OF_AZURE_CLI = 20
SCALE = 4.0
OPERATION_SECONDS = 5.0
COMMANDS = {
    "add-user": RequestCost(RequestKind.WRITE_VM, "subscription", "region", attached=1),
    "enable-system": RequestCost(RequestKind.WRITE_VM, "subscription", "region", made=1),
}


@dataclass(frozen=True)
class Used:
    """What a process took: seconds of wall and of processor time, MB at most, what it printed."""

    wall: float
    cpu: float
    peak: float
    out: str


def run(command: list[str], environ: dict[str, str], stdin: str = "") -> Used:
    """Run a command to its end; raises `SystemExit` where it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as typed, tempfile.TemporaryFile("w+") as printed:
        typed.write(stdin)
        typed.seek(0)
        process = subprocess.Popen(command, env=environ, stdin=typed, stdout=printed)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        if os.waitstatus_to_exitcode(status):
            raise SystemExit(f"{' '.join(command[:6])} failed")
        printed.seek(0)
        peak = used.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
        return Used(wall, used.ru_utime + used.ru_stime, peak, printed.read())


def row(folder: Path, command: str) -> str:
    """Change all VMs with vmident, look whether every one is right, and give the table's row."""
    log = folder / "requests.jsonl"
    options = ("--vms", str(VMS), "--throttle", "--operation-seconds", str(OPERATION_SECONDS), "--log", str(log))
    with served(folder, *options, "--time-scale", str(SCALE)) as facts:
        environ = {**clean_environ(folder, facts), **exported(facts)}
        more = ["--identity", IDENTITY] if command == "add-user" else []
        used = run([program(), command, "-g", GROUP, *more, "-o", "json"], environ)
        noted = [one for one in requests_in(log) if "/oauth2/" not in one["path"]]
        changed = sum(one["status"] == "changed" for one in json.loads(used.out))
        shown = json.loads(run([program(), "list", "--all", "-o", "json"], environ).out)
        wrong = sum(not is_right(one["identity"], command) for one in shown)
    methods = Counter(one["method"] for one in noted)
    throttled = sum(one["status"] == 429 for one in noted)
    bound = lower_bound_seconds({COMMANDS[command]: changed}) + OPERATION_SECONDS
    seconds = used.wall * SCALE
    cells = [
        command,
        "vmident",
        changed,
        f"{seconds:.1f}",
        f"{bound:.1f}",
        f"{seconds / bound:.3f}",
        f"{methods['GET'] / changed:.2f}",
        f"{methods['PATCH'] / changed:.2f}",
        f"{throttled} ({throttled / len(noted):.1%})",
        wrong,
        f"{used.peak:.0f}",
        f"{used.cpu:.1f}",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def row_of_azure_cli(folder: Path, az: str) -> str:
    """Change a few VMs with the Azure CLI, ten at a time as it does."""
    log = folder / "requests.jsonl"
    options = ("--vms", str(VMS_OF_AZURE_CLI), "--throttle", "--operation-seconds", str(OPERATION_SECONDS))
    with served(folder, *options, "--log", str(log)) as facts:
        environ = clean_environ(folder, facts)
        path = {"PATH": f"{Path(az).parent}:{os.environ['PATH']}"}
        for command in facts["azureCli"]:
            if not command.startswith("export"):
                subprocess.run(command, shell=True, check=True, capture_output=True, env=environ | path)
        group = f"/subscriptions/{facts['subscriptionId']}/resourceGroups/{GROUP}/providers"
        ids = [f"{group}/Microsoft.Compute/virtualMachines/vm-{one:05}" for one in range(1, VMS_OF_AZURE_CLI + 1)]
        identity = f"{group}/Microsoft.ManagedIdentity/userAssignedIdentities/{IDENTITY}"
        before = len(requests_in(log))
        words = ["vm", "identity", "assign", "--identities", identity, "--ids", *ids, "-o", "none"]
        used = run([str(Path(az).with_name("python")), "-m", "azure.cli", *words], environ)
        methods = Counter(one["method"] for one in requests_in(log)[before:])
    bound = lower_bound_seconds({COMMANDS["add-user"]: VMS_OF_AZURE_CLI}) + OPERATION_SECONDS
    writes = methods["PATCH"] + methods["PUT"]
    return (
        f"| add-user | az --ids | {VMS_OF_AZURE_CLI} | {used.wall:.1f} | {bound:.1f} | {used.wall / bound:.3f} "
        f"| {methods['GET'] / VMS_OF_AZURE_CLI:.2f} | {writes / VMS_OF_AZURE_CLI:.2f} | 0 | | {used.peak:.0f} "
        f"| {used.cpu:.1f} |"
    )


def exported(facts: dict[str, Any]) -> dict[str, str]:
    """The variables that the printed lines for vmident set."""
    words = (word for line in facts["vmident"] if line.startswith("export ") for word in line.split()[1:])
    return dict(word.split("=", 1) for word in words)


def is_right(identity: dict[str, Any], command: str) -> bool:
    """Return whether a VM has what all were to have."""
    if command == "enable-system":
        return "SystemAssigned" in identity["type"] and bool(identity["principalId"])
    users = {one.rsplit("/", 1)[-1] for one in identity["userAssignedIdentities"]}
    return IDENTITY in users


def main() -> None:
    """Measure, and print the table."""
    print(
        "| command | tool | VMs | s | lower bound s | ratio | reads a VM | writes a VM | 429s | wrong | peak MB "
        "| processor s |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for command in COMMANDS:
            (Path(folder) / command).mkdir()
            print(row(Path(folder) / command, command), flush=True)
        if len(sys.argv) > 1:
            (Path(folder) / "az").mkdir()
            print(row_of_azure_cli(Path(folder) / "az", sys.argv[1]), flush=True)


if __name__ == "__main__":
    main()
