"""Runs of the lessons: each client on a server of its own, and what became of each of its steps.

A step that is refused for want of something in the sandbox does not end a lesson; it is on record as not working.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interop.azure_cli import AzureCli
from tests.served import Served

LESSONS = Path(__file__).with_name("lessons")
RECORD = Path(__file__).with_name("results.json")
# Names the tool that a client is installed with; a client whose variable is not set is skipped.
AZURE_CLI, PYTHON, NODE, ANSIBLE = (
    f"INTEROP_{tool}" for tool in ("AZURE_CLI_PYTHON", "SDK_PYTHON", "NODE_FOLDER", "ANSIBLE_PYTHON")
)
_OPTION = re.compile(r"\s-.*")


@dataclass(frozen=True)
class Step:
    """One step of a lesson: what a reader of the table knows it by, whether it worked, and why not."""

    command: str
    works: bool
    error: str = ""


def run_azure_cli(folder: Path) -> list[Step]:
    """Run the lesson with the Azure CLI; a step works where it ends with the exit code that it must have."""
    az = AzureCli(folder)
    try:
        return list(_azure_cli_steps(az, folder))
    finally:
        az.served.kill()


def _azure_cli_steps(az: AzureCli, folder: Path) -> list[Step]:
    facts = az.served.facts
    group = f"/subscriptions/{facts['subscriptionId']}/resourceGroups/lesson"
    _write_files(folder, facts["subscriptionId"])
    words = {
        "subscription": facts["subscriptionId"],
        "group": group,
        "vm": f"{group}/providers/Microsoft.Compute/virtualMachines/lessonVM",
        "folder": str(folder),
        "principal": "",
    }
    steps = []
    for line in (LESSONS / "azure_cli.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        expected, _, command = line.partition(" ")
        ran = az.run(command.format_map(words))
        if command.startswith("identity show") and ran.returncode == 0:
            words["principal"] = json.loads(ran.stdout)["principalId"]
        title = _OPTION.sub("", command) + (" (error)" if expected != "0" else "")
        works = ran.returncode == int(expected)
        if command == "resource list":  # the last one: the subscription is empty again
            works = works and json.loads(ran.stdout) == []
        steps.append(Step(title, works, "" if works else f"{command}: exit code {ran.returncode}: {ran.stderr[-400:]}"))
    return steps


def _write_files(folder: Path, subscription: str) -> None:
    role = {
        "Id": "22222222-2222-4222-8222-222222222222",
        "Name": "Lesson Reader",
        "Description": "Reads VMs",
        "Actions": ["Microsoft.Compute/virtualMachines/read"],
        "AssignableScopes": [f"/subscriptions/{subscription}"],
    }
    (folder / "role.json").write_text(json.dumps(role), encoding="utf-8")
    # With a comment and a trailing comma, as people write templates.
    template = """{
      // one identity
      "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      "contentVersion": "1.0.0.0",
      "parameters": {"name": {"type": "string", "defaultValue": "templateIdentity"}},
      "resources": [
        {"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31",
         "name": "[parameters('name')]", "location": "[resourceGroup().location]"},
      ]
    }"""
    (folder / "template.json").write_text(template, encoding="utf-8")


def run_script(command: list[str], folder: Path) -> list[Step]:
    """Run a lesson that prints its steps as lines of JSON."""
    served = Served(folder / "sandbox", "--operation-seconds", "0")
    try:
        ran = subprocess.run(
            command, env=environment(served, folder), capture_output=True, text=True, check=False, timeout=900
        )
    finally:
        served.kill()
    assert ran.returncode == 0, ran.stderr
    return [Step(**json.loads(line)) for line in ran.stdout.splitlines()]


def run_ansible(folder: Path) -> list[Step]:
    """Run the playbook; its tasks are the steps."""
    served = Served(folder / "sandbox", "--operation-seconds", "0")
    environ = environment(served, folder) | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
    command = [os.environ[ANSIBLE], "-m", "ansible", "playbook", str(LESSONS / "ansible.yml")]
    try:
        ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=1800)
    finally:
        served.kill()
    assert "{" in ran.stdout, ran.stdout + ran.stderr
    said = json.loads(ran.stdout[ran.stdout.index("{") :])
    return [_ansible_step(task) for play in said["plays"] for task in play["tasks"]]


def _ansible_step(task: dict[str, Any]) -> Step:
    outcome = task["hosts"]["localhost"]
    error = str(outcome.get("msg", "")) + str(outcome.get("module_stderr", ""))
    works = not (outcome.get("failed") or outcome.get("skipped"))
    return Step(task["task"]["name"], works, "" if works else error[-600:])


def environment(served: Served, folder: Path) -> dict[str, str]:
    """Return the variables that a client finds the server and its sign-in in."""
    facts = served.facts
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AZURE_")},
        "HOME": str(home),
        "ARM_ENDPOINT": facts["endpoint"],
        "AZURE_TENANT_ID": facts["tenantId"],
        "AZURE_TENANT": facts["tenantId"],
        "AZURE_CLIENT_ID": facts["clientId"],
        "AZURE_CLIENT_SECRET": facts["clientSecret"],
        "AZURE_SECRET": facts["clientSecret"],
        "AZURE_SUBSCRIPTION_ID": facts["subscriptionId"],
        # Ansible looks an endpoint up among the clouds that the Azure CLI's library knows, which are then these.
        "AZURE_CLOUD_ENVIRONMENT": facts["endpoint"],
        "ARM_CLOUD_METADATA_URL": f"{facts['endpoint']}/metadata/endpoints?api-version=2019-05-01",
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        "REQUESTS_CA_BUNDLE": facts["certificates"],
        "SSL_CERT_FILE": facts["certificates"],
        "NODE_EXTRA_CA_CERTS": facts["certificates"],
    }
