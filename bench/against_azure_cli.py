"""vmident beside the real Azure CLI and the floor, in turns, against `vmident sandbox serve`; prints Markdown tables.

`python bench/against_azure_cli.py AZ [ROUNDS]`, run with the Python of an environment that has vmident and its extra
`serve` installed by pip, so that bytecode is compiled; AZ is the `az` of another. Processor time and peak memory are
the children's own, as the system accounts for them; requests and bytes are what the server noted. Not for Windows.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from served import GROUP, IDENTITY, clean_environ, program, requests_in, served

JOBS = ("show", "enable-system", "add-user", "remove-user")
TOOLS = ("vmident", "az", "floor")


@dataclass(frozen=True)
class RequestCost:
    """What one run took: seconds of processor and of wall time, MB at most, requests, bytes both ways."""

    cpu: float
    wall: float
    peak: float
    requests: float
    size: float


class Bench:
    """One server, both tools signed in to it, and the processes that are measured."""

    def __init__(self, folder: Path, az: str, facts: dict[str, Any], log: Path) -> None:
        self._az = az
        self._log = log
        # The launcher of `az` is a shell script; what is measured is the program that it starts.
        self._az_command = [str(Path(az).with_name("python")), "-m", "azure.cli"]
        self._facts = facts
        self._environ = clean_environ(folder, facts)

    def sign_in(self) -> None:
        """Sign the Azure CLI in, as the server says; vmident uses that sign-in, the floor its token."""
        path = {"PATH": f"{Path(self._az).parent}:{os.environ['PATH']}"}
        for command in self._facts["azureCli"]:
            if not command.startswith("export"):
                subprocess.run(command, shell=True, check=True, capture_output=True, env=self._environ | path)
        token = subprocess.run(
            [*self._az_command, "account", "get-access-token", "--query", "accessToken", "-o", "tsv"],
            check=True, capture_output=True, text=True, env=self._environ,
        ).stdout.strip()  # fmt: skip
        self._of_floor = {"VMIDENT_ARM_ENDPOINT": str(self._facts["endpoint"]), "VMIDENT_ACCESS_TOKEN": token}

    def measure(self, tool: str, job: str, vm: str) -> RequestCost:
        """Run one job on one VM and give what it took."""
        before = requests_in(self._log)
        command, more = self._command(tool, job, vm), self._of_floor if tool == "floor" else {}
        began = time.perf_counter()
        process = subprocess.Popen(command, env=self._environ | more, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        error = process.stderr.read().decode() if process.stderr else ""
        if os.waitstatus_to_exitcode(status):
            raise SystemExit(f"{' '.join(command)} failed: {error}")
        noted = requests_in(self._log)[len(before) :]
        peak = used.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
        size = sum(one["received"] + one["sent"] for one in noted)
        return RequestCost(used.ru_utime + used.ru_stime, wall, peak, len(noted), size)

    def _command(self, tool: str, job: str, vm: str) -> list[str]:
        where = ["-g", GROUP, "-n", vm]
        if tool == "vmident":
            more = {"add-user": ["--identity", IDENTITY], "remove-user": ["--identity", IDENTITY, "--yes"]}
            return [program(), job, vm, "-g", GROUP, *more.get(job, [])]
        if tool == "az":
            more = {"add-user": ["--identities", IDENTITY], "remove-user": ["--identities", IDENTITY]}
            verb = {"show": "show", "remove-user": "remove"}.get(job, "assign")
            return [*self._az_command, "vm", "identity", verb, *where, *more.get(job, [])]
        return [sys.executable, str(Path(__file__).with_name("floor.py")), *self._floor_words(job, vm)]

    def _floor_words(self, job: str, vm: str) -> list[str]:
        group = f"/subscriptions/{self._facts['subscriptionId']}/resourceGroups/{GROUP}/providers"
        vm_id = f"{group}/Microsoft.Compute/virtualMachines/{vm}"
        identity = f"{group}/Microsoft.ManagedIdentity/userAssignedIdentities/{IDENTITY}"
        bodies = {
            "enable-system": {"type": "SystemAssigned"},
            "add-user": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {identity: {}}},
            "remove-user": {"type": "SystemAssigned"},
        }
        return ["show", vm_id] if job == "show" else ["change", vm_id, json.dumps({"identity": bodies[job]})]


@contextmanager
def benched(folder: Path, az: str, operation_seconds: float, vms: int) -> Iterator[Bench]:
    """Serve a fresh sandbox with so many VMs, and sign everybody in."""
    folder.mkdir(parents=True)
    log = folder / "requests.jsonl"
    options = ("--vms", str(vms), "--operation-seconds", str(operation_seconds), "--log", str(log))
    with served(folder, *options) as facts:
        bench = Bench(folder, az, facts, log)
        bench.sign_in()
        yield bench


def compared(bench: Bench, rounds: int, jobs: Sequence[str]) -> dict[str, dict[str, list[RequestCost]]]:
    """Run every job with every tool in turns; each tool takes one VM of its own through a round's jobs."""
    costs: dict[str, dict[str, list[RequestCost]]] = {job: {tool: [] for tool in TOOLS} for job in jobs}
    for number in range(rounds + 1):  # the first round warms up, and does not count
        for job in jobs:
            for place, tool in enumerate(TOOLS):
                cost = bench.measure(tool, job, f"vm-{number * len(TOOLS) + place + 1:05}")
                if number:
                    costs[job][tool].append(cost)
    return costs


def table(costs: Mapping[str, Mapping[str, Sequence[RequestCost]]]) -> str:
    """Draw medians, and the ratio to the Azure CLI of the same round."""
    columns = ("cpu", "wall", "peak", "requests", "size")
    lines = [
        "| job | tool | processor s | wall s | peak MB | requests | bytes | processor / az | wall / az | peak / az |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for job, by_tool in costs.items():
        for tool, runs in by_tool.items():
            numbers = [statistics.median(getattr(run, name) for run in runs) for name in columns]
            ratios = [
                statistics.median(getattr(a, name) / getattr(b, name) for a, b in zip(runs, by_tool["az"], strict=True))
                for name in columns[:3]
            ]
            cells = [f"{numbers[0]:.3f}", f"{numbers[1]:.2f}", *(f"{number:.0f}" for number in numbers[2:])]
            lines.append(f"| {' | '.join([job, tool, *cells, *(f'{ratio:.2f}' for ratio in ratios)])} |")
    return "\n".join(lines)


def main() -> None:
    """Measure with operations of 0 s and of 7 s, and print both tables."""
    az, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        for seconds, jobs in ((0.0, JOBS), (7.0, JOBS[1:])):
            with benched(Path(folder) / str(seconds), az, seconds, 3 * (rounds + 1)) as bench:
                print(
                    f"Operations of {seconds:.0f} s, {rounds} rounds:\n\n{table(compared(bench, rounds, jobs))}\n",
                    flush=True,
                )


if __name__ == "__main__":
    main()
