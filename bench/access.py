"""What `vmident report` takes for an estate of 10,000 VMs and 4,000 role assignments; fails above its limits.

`python bench/access.py`, run with the Python of an environment that has vmident and its extra `serve`. The sandbox is
served by a process of its own, so its processor time is not counted. Not for Windows.
"""

from __future__ import annotations

import json
import sys
import tempfile
import uuid
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from fleet import exported, run
from served import GROUP, clean_environ, program, requests_in, served
from serving import connection, token

VMS, ASSIGNMENTS, WRITERS = 10_000, 4_000, 4
QUERIES_AT_MOST, PROCESSOR_SECONDS_AT_MOST, PEAK_MB_AT_MOST = 20, 8.0, 400
ROLES = (
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",  # Virtual Machine Contributor
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",  # Reader
    "b24988ac-6180-42a0-ab88-20f7382dd24c",  # Contributor
)


def assign(facts: Mapping[str, str], bearer: str, numbers: range) -> None:
    """Create role assignments: one in twenty on the resource group, the others on a VM each."""
    opened = connection(facts)
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    group = f"/subscriptions/{facts['subscriptionId']}/resourceGroups/{GROUP}"
    for number in numbers:
        vm = f"{group}/providers/Microsoft.Compute/virtualMachines/vm-{number + 1:05}"
        scope = vm if number % 20 else group
        name, principal = (uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}{number}") for kind in ("name", "principal"))
        properties = {
            "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{ROLES[number % 3]}",
            "principalId": str(principal),
            "principalType": "ServicePrincipal",
        }
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
        opened.request("PUT", path, json.dumps({"properties": properties}), headers)
        answer = opened.getresponse()
        content = answer.read()
        assert answer.status == 201, content


def main() -> None:
    """Serve, assign, report, and print a row; raises `SystemExit` above a limit."""
    with tempfile.TemporaryDirectory() as name:
        folder, log = Path(name), Path(name) / "requests.jsonl"
        with served(folder, "--vms", str(VMS), "--log", str(log)) as facts:
            parts = [range(at, ASSIGNMENTS, WRITERS) for at in range(WRITERS)]
            with ProcessPoolExecutor(WRITERS) as writers:
                list(writers.map(assign, repeat(facts), repeat(token(facts)), parts))
            before = len(requests_in(log))
            environ = {**clean_environ(folder, facts), **exported(facts)}
            used = run([program(), "report", "-o", "json", "--save", str(folder / "estate.html")], environ)
            queries = sum("ResourceGraph" in one["path"] for one in requests_in(log)[before:])
        document = json.loads(used.out)
        assert document["summary"]["machines"] >= VMS
        assert document["summary"]["roleAssignments"] >= ASSIGNMENTS
    print("| VMs | role assignments | queries | processor time | peak memory | findings |")
    print("|---|---|---|---|---|---|")
    findings = len(document["findings"])
    print(f"| {VMS} | {ASSIGNMENTS} | {queries} | {used.cpu:.1f} s | {used.peak:.0f} MB | {findings} |")
    if queries > QUERIES_AT_MOST or used.cpu > PROCESSOR_SECONDS_AT_MOST or used.peak > PEAK_MB_AT_MOST:
        sys.exit(f"Above {QUERIES_AT_MOST} queries, {PROCESSOR_SECONDS_AT_MOST} s or {PEAK_MB_AT_MOST} MB.")


if __name__ == "__main__":
    main()
