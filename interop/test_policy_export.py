"""`vmident export policy`, deployed and read back by the Azure CLI."""

from __future__ import annotations

from pathlib import Path

from interop.azure_cli import AzureCli
from vmident.sandbox.sandbox import SUBSCRIPTION

RULES = """version: 1
rules:
  - vms: {names: ['*VM'], groups: [my*]}
    system: true
"""
NAME = "vmident-system"


def test_the_azure_cli_deploys_the_template_and_the_plan_is_empty(az: AzureCli, tmp_path: Path) -> None:
    file, folder = tmp_path / "identities.yaml", tmp_path / "policy"
    file.write_text(RULES, encoding="utf-8")
    scope = f"/subscriptions/{SUBSCRIPTION}"
    az.vmident("export", "policy", "-f", str(file), "--scope", scope, "-l", "westus", "--to", str(folder))
    options = f"--location westus --template-file '{folder / 'policy.json'}'"
    assert az(f"deployment sub validate {options}")["properties"]["provisioningState"] == "Succeeded"
    created = {one["resourceId"].rpartition("/providers/")[2] for one in what_if(az, options)}
    assert f"Microsoft.Authorization/policyAssignments/{NAME}" in created
    assert az(f"deployment sub create {options}")["properties"]["provisioningState"] == "Succeeded"
    (task,) = az("policy remediation list")
    assert (task["name"], task["provisioningState"]) == (f"{NAME}-vm", "Succeeded")
    assert task["deploymentStatus"]["totalDeployments"] == 2
    rule = az(f"policy definition show --name {NAME}-vm")["policyRule"]
    assert {"field": "name", "like": "*vm"} in rule["if"]["allOf"]
    assert az(f"policy assignment show --name {NAME}")["enforcementMode"] == "Default"
    assert az.vmident("plan", "-f", str(file))["summary"]["pending"] == 0


def what_if(az: AzureCli, options: str) -> list[dict[str, str]]:
    changes: list[dict[str, str]] = az(f"deployment sub what-if {options} --no-pretty-print")["changes"]
    assert {one["changeType"] for one in changes} == {"Create"}
    return changes
