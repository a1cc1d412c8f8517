"""`export bicep`, typed as a user types it, and what a deployment of the template makes of the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.desired_state.conftest import OTHER, USER, Description
from tests.core.export.languages import bicep_modules
from tests.deployments import deploy
from tests.program import Program, identity_id
from vmident.sandbox.http_messages import Request
from vmident.sandbox.sandbox import SUBSCRIPTION, TOKEN

RULES = f"""\
version: 1
rules:
- vms: {{names: ['*VM']}}
  identities: {{include: [{OTHER}, brandNew]}}
  roles: [{{role: Reader, scope: group}}, {{role: Reader, scope: '{identity_id(USER)}'}},
    {{role: Contributor, scope: subscription}}]
"""


def folder_of(program: Program) -> Path:
    return program.folder / "bicep"


def template_of(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder_of(program) / "main.json").read_text(encoding="utf-8"))
    return found


def assignments_in(program: Program) -> set[str]:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments"
    return {one["id"] for one in program.colleague("GET", path, version="2022-04-01").json()["value"]}


def deploy_it(program: Program) -> None:
    """Deploy the template to the subscription, as `az deployment sub create` does."""
    ended = deploy(program, f"/subscriptions/{SUBSCRIPTION}", folder_of(program) / "main.json", "identities")
    assert ended["provisioningState"] == "Succeeded", ended


def test_a_deployment_leaves_only_vms_to_plan(program: Program, desired_file: Description) -> None:
    file = desired_file(RULES)
    path = f"{identity_id(OTHER)}/federatedIdentityCredentials"
    properties = {"subject": "repo:x", "audiences": ["api://AzureADTokenExchange"]}
    for name in ("one", "two"):
        issuer = f"https://{name}"
        body = {"properties": {**properties, "issuer": issuer}}
        assert program.colleague("PUT", f"{path}/{name}", body).status == 201
    assert program(f"plan -f {file}").error["code"] == "identity-not-found"

    outcome = program(f"export bicep -f {file} --to {folder_of(program)}")
    assert outcome.code == 0, outcome.err
    assert {one.method for one in program.sent} == {"GET"}
    deploy_it(program)

    deployed = assignments_in(program)
    assert len(deployed) >= 6
    # The deployment has made the identities and their roles; only VMs are left to change.
    assert program(f"apply -f {file} --yes").code == 0
    assert assignments_in(program) == deployed
    assert program(f"plan -f {file} --exit-code").code == 0
    # Everything exists now: exporting and deploying it again changes nothing.
    before = {one.name: one.read_bytes() for one in folder_of(program).iterdir()}
    assert program(f"export bicep -f {file} --to {folder_of(program)}").code == 0
    again = {one.name: one.read_bytes() for one in folder_of(program).iterdir()}
    assert before.keys() == again.keys()
    deploy_it(program)
    assert program(f"plan -f {file} --exit-code").code == 0


def test_the_template_can_be_deployed_from_another_region(program: Program, desired_file: Description) -> None:
    words = f"export bicep -f {desired_file(RULES)} --to {folder_of(program)}"
    assert program(words).code == 0
    deploy_it(program)
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Resources/deployments/elsewhere"
    body = {"location": "eastus", "properties": {"mode": "Incremental", "template": template_of(program)}}
    assert program.colleague("PUT", path, body, "2025-04-01").status == 201
    program.time.now += 3600
    ended = program.colleague("GET", path, version="2025-04-01").json()["properties"]
    assert ended["provisioningState"] == "Succeeded", ended


def test_an_identity_for_its_own_region_stays_so(program: Program, desired_file: Description) -> None:
    body = {"location": "westus", "properties": {"isolationScope": "Regional"}}
    place = f"{program.sandbox.endpoint}{identity_id(OTHER)}?api-version=2024-11-30"
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    assert program.sandbox.answer(Request("PUT", place, headers, json.dumps(body).encode())).status == 200
    file = desired_file(f"version: 1\nrules:\n- vms: {{names: [webVM]}}\n  identities: {{include: [{OTHER}]}}\n")
    assert program(f"export bicep -f {file} --to {folder_of(program)}").code == 0
    deploy_it(program)
    shown = program.sandbox.answer(Request("GET", place, headers, b"")).json()
    assert shown["properties"]["isolationScope"] == "Regional"


def test_two_exports_are_equal_to_the_byte_and_every_module_is_a_file(
    program: Program, desired_file: Description
) -> None:
    words = f"export bicep -f {desired_file(RULES)} --to {folder_of(program)}"
    assert program(words).code == 0
    first = {one.name: one.read_bytes() for one in folder_of(program).iterdir()}
    assert program(words).json["files"] == sorted(name for name in first if not name.startswith("."))
    assert {one.name: one.read_bytes() for one in folder_of(program).iterdir()} == first
    modules = [one["name"].removeprefix("[concat('").split("-'")[0] for one in template_of(program)["resources"]]
    assert {f"{name}.bicep" for name in [*modules, "main"]} == {name for name in first if name.endswith(".bicep")}
    assert list(bicep_modules(first["main.bicep"].decode())) == modules
    assert b"virtualMachines" not in first["main.json"]


def test_what_changes_a_vm_is_an_error_unless_the_export_may_be_partial(
    program: Program, desired_file: Description
) -> None:
    rule = f"- vms: {{names: [webVM]}}\n  system: true\n  identities:\n    exactly: [{OTHER}]\n"
    file = desired_file(f"version: 1\nrules:\n{rule}")
    words = f"export bicep -f {file} --to {folder_of(program)}"
    refused = program(words)
    assert (refused.code, refused.error["code"]) == (2, "not-exportable")
    assert [line.split(":")[1] for line in refused.error["message"].splitlines()[1:]] == ["4", "6"]
    assert not folder_of(program).exists()
    assert [one["line"] for one in program(f"{words} --partial").json["missing"]] == [4, 6]
    (module,) = template_of(program)["resources"]
    assert [one["name"] for one in module["properties"]["template"]["resources"]] == [OTHER]
