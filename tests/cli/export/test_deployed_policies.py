"""Exported templates deploy on the sandbox, and `plan` has no changes after the remediation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployments import deploy, remediations
from tests.program import GROUP, Program, vm_id
from vmident.sandbox.tenant import SUBSCRIPTION

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
LANDING_ZONE = "/providers/Microsoft.Management/managementGroups/sandbox-landing-zone"
HOSTILE = {"team": "[resourceGroup().name]", "it's": "a'b", "v.1": "[[x]", "Env": "#?."}
BY_TAG = f"""version: 1
rules:
  - vms:
      tags: {{team: '[resource*]', "it's": "a'*", v.1: '[[x]', env: '#?.'}}
      names: ['*a*m', '*V*']
      groups: [my*]
      regions: [West US]
      subscriptions: [{SUBSCRIPTION}]
    system: true
"""
EVERY_SYSTEM = "version: 1\nrules:\n- vms: {names: ['*']}\n  system: true\n"
IN_A_GROUP = f"version: 1\nrules:\n- vms: {{groups: [{GROUP}]}}\n  identities: {{include: [otherIdentity]}}\n"
# The built-in policy skips a VM with one user-assigned identity, until it has a system-assigned one as well.
BOTH = EVERY_SYSTEM + f"- vms: {{groups: [{GROUP}], regions: [westus]}}\n  identities: {{include: [otherIdentity]}}\n"


def export(program: Program, text: str, scope: str, options: str = "") -> Path:
    program.standard_input = text
    folder = program.folder / "policy"
    outcome = program(f"export policy -f - --scope {scope} -l westus --to '{folder}' {options}")
    assert outcome.code == 0, outcome
    return folder / "policy.json"


def changes(program: Program, text: str) -> list[str]:
    """Return the VMs that the plan for the same file would still change."""
    program.standard_input = text
    outcome = program("plan -f - -o json --query 'vms[?request].name' --only-show-errors")
    assert outcome.code == 0, outcome
    return list(outcome.json)


def system_of(program: Program, name: str) -> bool:
    return "SystemAssigned" in (program.identity_of(name) or {"type": "None"})["type"]


@pytest.mark.parametrize("text", [EVERY_SYSTEM, BY_TAG], ids=["all", "tags"])
def test_remediation_leaves_nothing_for_the_plan(program: Program, text: str) -> None:
    program.colleague("PATCH", vm_id("myVM"), {"tags": HOSTILE})
    program.time.sleep(10)
    template = export(program, text, SCOPE)
    assert changes(program, text)
    assert deploy(program, SCOPE, template)["provisioningState"] == "Succeeded"
    assert changes(program, text) == []
    assert system_of(program, "myVM")
    assert system_of(program, "dbVM") is (text == EVERY_SYSTEM), "a VM without the tags is left alone"


def test_identities_are_attached_but_where_the_built_in_policy_skips_the_vm(program: Program) -> None:
    template = export(program, IN_A_GROUP, SCOPE)
    assert changes(program, IN_A_GROUP) == ["appVM", "dbVM", "myVM", "webVM"]
    assert deploy(program, SCOPE, template)["provisioningState"] == "Succeeded"
    assert changes(program, IN_A_GROUP) == ["dbVM"]


def test_deploying_again_completes_what_the_built_in_policy_skipped(program: Program) -> None:
    template = export(program, BOTH, SCOPE)
    for _ in range(2):
        assert deploy(program, SCOPE, template)["provisioningState"] == "Succeeded"
    assert changes(program, BOTH) == []


def test_a_management_group_is_remediated_once_it_has_been_evaluated(program: Program) -> None:
    program.sandbox.limit_person([("Owner", LANDING_ZONE)])
    template = export(program, BOTH.replace("groups:", f"subscriptions: [{SUBSCRIPTION}], groups:"), LANDING_ZONE)
    for _ in range(3):
        assert deploy(program, LANDING_ZONE, template)["provisioningState"] == "Succeeded"
        program.time.sleep(3600)
    assert changes(program, BOTH) == []


def test_an_audit_changes_nothing(program: Program) -> None:
    template = export(program, EVERY_SYSTEM, SCOPE, "--audit")
    before = changes(program, EVERY_SYSTEM)
    assert deploy(program, SCOPE, template)["provisioningState"] == "Succeeded"
    assert changes(program, EVERY_SYSTEM) == before
    assert remediations(program, SCOPE) == []
