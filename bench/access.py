"""What `vmident report --groups` takes for 10,000 VMs and 4,000 role assignments, 200 of them of groups.

Fails above its limits.

`python bench/access.py`, run with the Python of an environment that has vmident and its extra `serve`. The sandbox is
served by a process of its own, so its processor time is not counted. Not for Windows.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from fleet import exported, run
from served import GROUP, clean_environ, program, requests_in, served
from serving import connection, token

from vmident.sandbox.sandbox import Sandbox

VMS, ASSIGNMENTS, WRITERS = 10_000, 4_000, 4
EACH_GROUP, MEMBERS = 20, 50
QUERIES_AT_MOST, GRAPH_REQUESTS_AT_MOST, PROCESSOR_SECONDS_AT_MOST, PEAK_MB_AT_MOST = 20, 20, 8.0, 400
ROLES = (
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",  # Virtual Machine Contributor
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",  # Reader
    "b24988ac-6180-42a0-ab88-20f7382dd24c",  # Contributor
)


def assign(facts: Mapping[str, str], bearer: str, numbers: range) -> None:
    """Create role assignments: one in twenty of a group on the resource group, the others on a VM each."""
    opened = connection(facts)
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    group = f"/subscriptions/{facts['subscriptionId']}/resourceGroups/{GROUP}"
    for number in numbers:
        vm = f"{group}/providers/Microsoft.Compute/virtualMachines/vm-{number + 1:05}"
        is_group = number % EACH_GROUP == 0
        scope, name = group if is_group else vm, uuid.uuid5(uuid.NAMESPACE_OID, f"name{number}")
        properties = {
            "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{ROLES[number % 3]}",
            "principalId": principal_of(number),
            "principalType": "Group" if is_group else "ServicePrincipal",
        }
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
        opened.request("PUT", path, json.dumps({"properties": properties}), headers)
        answer = opened.getresponse()
        content = answer.read()
        assert answer.status == 201, content


def principal_of(number: int) -> str:
    """Return the object ID of the principal of an assignment."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"principal{number}"))


def add_groups(folder: Path) -> None:
    """Add the groups of the assignments to the directory of a sandbox, with some members each."""
    numbers = itertools.count()
    new_uuid = lambda: str(uuid.uuid5(uuid.NAMESPACE_OID, f"seed{next(numbers)}"))  # noqa: E731
    sandbox = Sandbox(folder / "sandbox", now=time.time, new_uuid=new_uuid)
    members = [str(uuid.uuid5(uuid.NAMESPACE_OID, f"member{number}")) for number in range(MEMBERS)]
    groups = range(0, ASSIGNMENTS, EACH_GROUP)
    sandbox.add_directory_groups({principal_of(one): (f"group {one}", members) for one in groups})
    sandbox.close()


def main() -> None:
    """Serve, assign, report, and print a row; raises `SystemExit` above a limit."""
    with tempfile.TemporaryDirectory() as name:
        folder, log = Path(name), Path(name) / "requests.jsonl"
        add_groups(folder)
        with served(folder, "--vms", str(VMS), "--log", str(log)) as facts:
            parts = [range(at, ASSIGNMENTS, WRITERS) for at in range(WRITERS)]
            with ProcessPoolExecutor(WRITERS) as writers:
                list(writers.map(assign, repeat(facts), repeat(token(facts)), parts))
            before = len(requests_in(log))
            environ = {**clean_environ(folder, facts), **exported(facts)}
            used = run([program(), "report", "--groups", "-o", "json", "--save", str(folder / "report.html")], environ)
            paths = [one["path"] for one in requests_in(log)[before:]]
        queries = sum("ResourceGraph" in one for one in paths)
        graph = sum(one.startswith("/v1.0/") for one in paths)
        document = json.loads(used.out)
        assert document["summary"]["machines"] >= VMS
        assert document["summary"]["roleAssignments"] >= ASSIGNMENTS
        assert document["unread"] == []
    print(
        "| VMs | role assignments | queries | requests to Microsoft Graph | processor time | peak memory | findings |"
    )
    print("|---|---|---|---|---|---|---|")
    findings = len(document["findings"])
    print(f"| {VMS} | {ASSIGNMENTS} | {queries} | {graph} | {used.cpu:.1f} s | {used.peak:.0f} MB | {findings} |")
    if queries > QUERIES_AT_MOST or graph > GRAPH_REQUESTS_AT_MOST:
        sys.exit(f"Above {QUERIES_AT_MOST} queries or {GRAPH_REQUESTS_AT_MOST} requests to Microsoft Graph.")
    if used.cpu > PROCESSOR_SECONDS_AT_MOST or used.peak > PEAK_MB_AT_MOST:
        sys.exit(f"Above {PROCESSOR_SECONDS_AT_MOST} s or {PEAK_MB_AT_MOST} MB.")


if __name__ == "__main__":
    main()
