"""The folders of exports are those that were reviewed; `REWRITE_DOCS=1` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.program import Program, identity_id
from vmident.sandbox.tenant import SUBSCRIPTION

GOLDENS = Path(__file__).resolve().parents[2] / "goldens" / "export"
GROUP = "/providers/Microsoft.Management/managementGroups/landing-zone"
OTHER = "6b5ec1d6-1f6b-4e6c-9a3c-2c8b6d1aaff2"
FILES = {
    "policy-subscription": (
        f"policy --scope /subscriptions/{SUBSCRIPTION} -l westus",
        """version: 1
rules:
  - vms: {names: [my*, webVM], tags: {team: web}}
    system: true
  - vms: {groups: [myResourceGroup], regions: [West US]}
    identities:
      include: [otherIdentity]
""",
    ),
    "policy-management-group": (
        f"policy --scope {GROUP} -l westeurope --offline --partial --prefix shop",
        f"""version: 1
rules:
  - vms: {{names: ['a*b*c'], tags: {{"it's": '[Web]*', Env: 'v1.2'}}, kinds: [vm, vmss]}}
    system: true
  - vms: {{groups: [legacy]}}
    system: false
  - vms: {{subscriptions: [{OTHER}]}}
    identities:
      include: [{identity_id("app", "ids")}]
    roles:
      - {{role: Reader, scope: group}}
""",
    ),
    # Roles are for principals that do not exist yet: the IDs of others are new in each sandbox.
    "terraform": (
        "terraform --partial",
        """version: 1
rules:
  - vms: {names: [myVM]}
    system: true
    identities:
      include: [newIdentity]
    roles:
      - {role: Reader, scope: group}
  - vms: {names: [my*, webVM]}
    identities:
      include: [otherIdentity]
  - vms: {names: [dbVM]}
    identities:
      exclude: [myUserAssignedIdentity]
  - vms: {names: [appVM]}
    identities:
      exactly: []
""",
    ),
    "bicep": (
        "bicep --partial",
        f"""version: 1
rules:
  - vms: {{names: [webVM]}}
    identities:
      include: [newIdentity]
    roles:
      - {{role: Reader, scope: subscription}}
      - {{role: Reader, scope: '{identity_id("myUserAssignedIdentity")}'}}
  - vms: {{names: [webVM]}}
    system: false
    identities:
      include: [otherIdentity]
""",
    ),
    "policy-audit": (
        f"policy --scope /subscriptions/{SUBSCRIPTION} -l westus --audit --offline",
        f"""version: 1
rules:
  - vms: {{names: ['*']}}
    system: true
    identities:
      include: [{identity_id("app", "ids")}]
""",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_folder_is_the_golden(program: Program, tmp_path: Path, name: str) -> None:
    words, text = FILES[name]
    (tmp_path / "identities.yaml").write_text(text, encoding="utf-8")
    outcome = program(f"export {words} -f '{tmp_path / 'identities.yaml'}' --to '{tmp_path / name}'")
    assert outcome.code == 0, outcome
    made = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
    if "REWRITE_DOCS" in os.environ:
        (GOLDENS / name).mkdir(parents=True, exist_ok=True)
        for file, content in made.items():
            (GOLDENS / name / file).write_bytes(content)
    golden = {path.name: path.read_bytes() for path in (GOLDENS / name).iterdir()}
    assert made == golden, "run `nox -s docs` and review the difference"
