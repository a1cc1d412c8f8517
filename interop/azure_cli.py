"""An administrator with the real Azure CLI, the sandbox that it is signed in to, and who says what a VM has."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from tests.served import Served
from vmident.core.resource_id import ResourceId
from vmident.sandbox.http_messages import Request
from vmident.sandbox.sandbox import ENDPOINT, SUBSCRIPTION, TOKEN, Sandbox

PYTHON_VARIABLE = "INTEROP_AZURE_CLI_PYTHON"
"""Names the Python that the Azure CLI is installed with; unset, the one that runs the tests."""

GROUP = "myResourceGroup"
PASSWORD = "Correct-horse-7"


class AzureCli:
    """The Azure CLI, signed in as `sandbox serve` says, with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.served = Served(folder / "sandbox", "--operation-seconds", "0")
        home = folder / "home"
        home.mkdir()
        self.environ = {
            **os.environ,
            **self.served.exported("azureCli"),
            "HOME": str(home),
            "USERPROFILE": str(home),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
        }
        for line in self.served.facts["azureCli"]:
            if line.startswith("az "):
                self(line.removeprefix("az "))

    def __call__(self, line: str) -> Any:
        """Run one command that must succeed; return the document that it prints, None where it prints none."""
        ran = self.run(line)
        assert ran.returncode == 0, (line, ran.stdout, ran.stderr)
        return json.loads(ran.stdout) if ran.stdout.strip() else None

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run one command, written as after `az`."""
        python = os.environ.get(PYTHON_VARIABLE, sys.executable)
        command = [python, "-m", "azure.cli", *shlex.split(line), "--output", "json"]
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False, timeout=300)

    def identity(self, vm: str, group: str = GROUP) -> dict[str, Any]:
        """Return what a VM has, after making sure that the Azure CLI, the sandbox and vmident say the same."""
        said = {
            "az": _comparable(self(f"vm identity show --resource-group {group} --name {vm}")),
            "sandbox": _comparable(self._read(f"{self._vm_id(group, vm)}?api-version=2024-07-01").get("identity")),
            "vmident": _comparable(self.vmident("show", vm, "--resource-group", group)["identity"]),
        }
        assert said["az"] == said["sandbox"] == said["vmident"], said
        return said["vmident"]

    def roles(self, principal: str, scope: str) -> list[str]:
        """Return the titles of the roles that a principal has at a scope, as the sandbox has them."""
        base = f"{scope}/providers/Microsoft.Authorization"
        query = f"$filter=principalId%20eq%20'{principal}'&api-version=2022-04-01"
        held = [one["properties"] for one in self._read(f"{base}/roleAssignments?{query}")["value"]]
        here = [one["roleDefinitionId"] for one in held if one["scope"].lower() == scope.lower()]
        return [self._read(f"{one}?api-version=2022-04-01")["properties"]["roleName"] for one in here]

    def vmident(self, *words: str) -> Any:
        """Run vmident as a process against the same server; give the document that it prints."""
        ran = self.served.vmident(*words, "--output", "json")
        assert ran.returncode == 0, (words, ran.stdout, ran.stderr)
        return json.loads(ran.stdout)

    def _read(self, path: str) -> Any:
        """Read from the sandbox itself, through neither of the two programs."""
        sandbox = Sandbox(self.served.folder, now=time.time, new_uuid=lambda: str(uuid.uuid4()))
        try:
            answer = sandbox.answer(Request("GET", ENDPOINT + path, {"authorization": f"Bearer {TOKEN}"}))
        finally:
            sandbox.close()
        assert answer.status == 200, (path, answer.body)
        return answer.json()

    @staticmethod
    def _vm_id(group: str, vm: str) -> str:
        return f"{group_id(group)}/providers/Microsoft.Compute/virtualMachines/{vm}"


def group_id(group: str = GROUP) -> str:
    """Return the id of a group."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"


def users_of(identity: dict[str, Any]) -> list[str]:
    """Return the names of a VM's user-assigned identities."""
    return [ResourceId.parse(one).name for one in identity["userAssignedIdentities"]]


def _comparable(identity: dict[str, Any] | None) -> dict[str, Any]:
    """Leave out how an identity is written: what is absent or null, the case of ids, and the order of members."""
    given = identity or {"type": "None"}
    users = given.get("userAssignedIdentities") or {}
    ids = {
        str(user).lower(): {name: entry[name] for name in ("clientId", "principalId")} for user, entry in users.items()
    }
    known = {name: given[name] for name in ("type", "principalId", "tenantId") if given.get(name)}
    return {**known, "userAssignedIdentities": ids}
