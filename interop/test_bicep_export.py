"""`vmident export bicep`, deployed and read back by the Azure CLI."""

from __future__ import annotations

from pathlib import Path

from interop.azure_cli import GROUP, AzureCli

RULES = """version: 1
rules:
  - vms: {names: [myVM, webVM]}
    identities:
      include: [otherIdentity, newIdentity]
    roles:
      - {role: Reader, scope: group}
      - {role: Reader, scope: subscription}
"""


def test_the_azure_cli_deploys_the_template_and_only_vms_are_left(az: AzureCli, tmp_path: Path) -> None:
    file, folder = tmp_path / "identities.yaml", tmp_path / "bicep"
    file.write_text(RULES, encoding="utf-8")
    az.vmident("export", "bicep", "-f", str(file), "--to", str(folder))
    options = f"--location westus --template-file '{folder / 'main.json'}'"
    assert az(f"deployment sub validate {options}")["properties"]["provisioningState"] == "Succeeded"
    changes = az(f"deployment sub what-if {options} --no-pretty-print")["changes"]
    created = {one["resourceId"].rpartition("/")[2] for one in changes if one["changeType"] == "Create"}
    assert "newIdentity" in created
    assert "otherIdentity" not in created
    assert az(f"deployment sub create {options}")["properties"]["provisioningState"] == "Succeeded"
    principal = az(f"identity show --resource-group {GROUP} --name newIdentity")["principalId"]
    held = az(f"role assignment list --assignee-object-id {principal} --all --fill-principal-name false")
    assert [one["roleDefinitionName"] for one in held] == ["Reader", "Reader"]
    assert az.vmident("apply", "-f", str(file), "--yes")
    assert az.vmident("plan", "-f", str(file))["summary"]["pending"] == 0
