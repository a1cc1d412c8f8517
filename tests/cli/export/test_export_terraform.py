"""`export terraform`, typed as a user types it, and what Terraform makes of the folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.desired_state.conftest import OTHER, USER, Description, attach
from tests.cli.export.terraform_stand_in import apply_folder
from tests.core.export.languages import hcl_imports, hcl_removed, hcl_resources
from tests.program import Program, answering, identity_id, vm_id

TERRAFORM = shutil.which("terraform")
RULES = f"""\
version: 1
rules:
- vms: {{names: ['*VM']}}
  system: true
  identities: {{include: [{OTHER}, brandNew]}}
  roles: [{{role: Reader, scope: group}}]
- vms: {{names: [dbVM]}}
  identities: {{include: [{USER}]}}
"""
_ONE_VM = "- vms: {{names: [myVM]}}\n  {}\n"
_INCLUDE = f"- vms: {{{{names: [{{}}]}}}}\n  identities: {{{{include: [{OTHER}]}}}}\n"
READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"


def folder_of(program: Program) -> Path:
    return program.folder / "terraform"


def export(program: Program, file: Path, words: str = "") -> str:
    outcome = program(f"export terraform -f {file} --to {folder_of(program)} {words}")
    assert outcome.code == 0, outcome.err
    return outcome.err


def add_credential(program: Program) -> None:
    path = f"{identity_id(OTHER)}/federatedIdentityCredentials/github"
    properties = {"issuer": "https://token", "subject": "repo:x", "audiences": ["api://AzureADTokenExchange"]}
    assert program.colleague("PUT", path, {"properties": properties}).status == 201


def test_what_terraform_applies_leaves_nothing_to_plan(program: Program, desired_file: Description) -> None:
    file = desired_file(RULES)
    add_credential(program)
    principal = program.colleague("GET", identity_id(OTHER)).json()["properties"]["principalId"]
    scope = identity_id(OTHER).split("/providers/")[0]
    held = f"{scope}/providers/Microsoft.Authorization/roleAssignments/11111111-0000-4000-8000-000000000001"
    body = {"properties": {"roleDefinitionId": READER, "principalId": principal, "principalType": "ServicePrincipal"}}
    assert program.colleague("PUT", held, body, version="2022-04-01").status == 201
    # A VM keeps the spelling that it was sent.
    lower = identity_id(OTHER).replace("resourceGroups", "resourcegroups")
    identity = {"type": "UserAssigned", "userAssignedIdentities": {lower: {}}}
    assert program.colleague("PATCH", vm_id("myVM"), {"identity": identity}).status in (200, 202)
    program.time.now += 60

    export(program, file)
    assert {one.method for one in program.sent} == {"GET"}
    texts = [one.read_text(encoding="utf-8") for one in sorted(folder_of(program).glob("*.tf"))]
    assert set(hcl_imports(*texts).values()) == {
        identity_id(OTHER),
        identity_id(USER),
        f"{identity_id(OTHER)}/federatedIdentityCredentials/github",
        held,
    }
    created = apply_folder(folder_of(program), program)
    assert sum(one.startswith("azapi_update_resource.") for one in created) == 4
    assert program(f"plan -f {file} --exit-code").code == 0


def test_detaching_all_and_disabling_leaves_nothing_to_plan(program: Program, desired_file: Description) -> None:
    file = desired_file(
        "version: 1\nrules:\n- vms: {names: [appVM]}\n  identities: {exactly: []}\n"
        "- vms: {names: [webVM, appVM]}\n  system: false\n"
        f"- vms: {{names: [dbVM]}}\n  identities: {{include: [{OTHER}]}}\n"
    )
    export(program, file)
    apply_folder(folder_of(program), program)
    assert program(f"plan -f {file} --exit-code").code == 0
    assert program.identity_of("appVM") is None


def test_what_terraform_breaks_on_vms_is_the_warnings_of_the_plan(program: Program, desired_file: Description) -> None:
    file = desired_file("version: 1\nrules:\n- vms: {names: [webVM]}\n  system: false\n  identities: {exactly: []}\n")
    planned = program(f"plan -f {file}").err
    assert "permanently deletes" in planned
    assert export(program, file) == planned
    readme = contents(folder_of(program))["README.md"]
    assert "`terraform apply` disables the system-assigned identity of 1 VM or scale set." in readme


def test_two_exports_are_equal_to_the_byte_and_terraform_s_own_files_stay(
    program: Program, desired_file: Description
) -> None:
    file, folder = desired_file(RULES), folder_of(program)
    export(program, file)
    (folder / "terraform.tfstate").write_text("{}")
    first = {one.name: one.read_bytes() for one in folder.iterdir()}
    export(program, file)
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == first


def contents(folder: Path) -> dict[str, str]:
    return {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir()}


def resources_of(folder: Path) -> set[str]:
    return set(hcl_resources(*(text for name, text in contents(folder).items() if name.endswith(".tf"))))


def test_terraform_keeps_what_a_later_export_lacks(program: Program, desired_file: Description) -> None:
    fewer = "version: 1\nrules:\n- vms: {{names: [dbVM{}]}}\n  identities: {{include: [{}]}}\n"
    add_credential(program)
    export(program, desired_file(RULES))
    first = contents(folder_of(program))
    before = resources_of(folder_of(program))
    said = export(program, desired_file(fewer.format(", typo", USER)), "--partial")
    now = contents(folder_of(program))
    gone = sorted(before - resources_of(folder_of(program)))
    assert {one.split(".")[0] for one in gone} == {one.split(".")[0] for one in before}
    assert hcl_removed(now["removed.tf"]) == dict.fromkeys(gone, False)
    assert f"warning: {len(gone)} resources of the earlier export are not in the new one." in said
    assert "".join(f"\n  {one}" for one in gone) in said
    assert all(f"\n* `{one}`" in now["README.md"] for one in gone)
    # Terraform may not have applied it yet, so the next export keeps it.
    export(program, desired_file(fewer.format("", USER)))
    assert contents(folder_of(program))["removed.tf"] == now["removed.tf"]
    assert "earlier export" not in export(program, desired_file(RULES))
    assert contents(folder_of(program)) == first


@pytest.mark.parametrize("engine", ["terraform", "bicep"])
def test_an_export_of_nothing_is_an_error_that_leaves_the_folder(
    program: Program, desired_file: Description, engine: str
) -> None:
    words = f"export {engine} -f {{}} --to {folder_of(program)} --partial"
    assert program(words.format(desired_file("version: 1\nrules:\n" + _INCLUDE.format("webVM")))).code == 0
    before = contents(folder_of(program))
    empty = program(words.format(desired_file("version: 1\nrules: []\n")))
    assert (empty.code, empty.error["code"]) == (2, "not-exportable")
    typo = program(words.format(desired_file("version: 1\nrules:\n" + _INCLUDE.format("wbVM"))))
    assert (typo.code, typo.error["code"]) == (2, "not-exportable")
    first, reason = typo.error["message"].splitlines()
    assert "No rule can be exported" in first
    assert reason.endswith("VM 'wbVM' cannot be exported. It does not exist. Did you mean 'webVM' or 'dbVM'?")
    assert contents(folder_of(program)) == before


@pytest.mark.skipif(TERRAFORM is None, reason="terraform is not installed")
def test_terraform_formats_nothing_and_misses_only_its_providers(program: Program, desired_file: Description) -> None:
    """`validate` ends at the providers, which only Terraform's registry has; before that it has parsed all files."""
    attach(program, "webVM", OTHER)
    add_credential(program)
    export(program, desired_file(RULES))
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}

    def terraform(*words: str) -> subprocess.CompletedProcess[str]:
        assert TERRAFORM is not None
        command = [TERRAFORM, *words]
        return subprocess.run(
            command, cwd=folder_of(program), env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    formatted = terraform("fmt", "-check", "-diff")
    assert (formatted.returncode, formatted.stdout) == (0, "")
    problems = json.loads(terraform("validate", "-json").stdout)["diagnostics"]
    assert {one["summary"] for one in problems} <= {"Missing required provider"}


def test_what_cannot_be_exported_is_an_error_and_nothing_is_written(
    program: Program, desired_file: Description
) -> None:
    file = desired_file(
        f"version: 1\nrules:\n- vms: {{names: [myVM, nope]}}\n  identities:\n    exclude: [{OTHER}]\n"
        "- vms: {tags: {a: b}}\n  system: true\n- vms: {names: [appVM]}\n  system: true\n"
    )
    words = f"export terraform -f {file} --to {folder_of(program)}"
    refused = program(words)
    assert refused.code == 2
    assert refused.error["code"] == "not-exportable"
    assert [line.split(":")[1] for line in refused.error["message"].splitlines()[1:]] == ["3", "5", "6"]
    assert not folder_of(program).exists()
    made = program(f"{words} --partial")
    assert made.code == 0
    assert [one["line"] for one in made.json["missing"]] == [3, 5, 6]
    assert "## Not exported" in (folder_of(program) / "README.md").read_text(encoding="utf-8")


def test_conflicts_missing_groups_and_refusals_are_errors_before_anything_is_written(
    program: Program, desired_file: Description
) -> None:
    words = f"export terraform -f {{}} --to {folder_of(program)}"
    conflict = desired_file(
        "version: 1\nrules:\n- vms: {names: [myVM]}\n  system: true\n- vms: {names: [myVM]}\n  system: false\n"
    )
    refused = program(words.format(conflict))
    assert (refused.code, refused.error["code"]) == (2, "conflicting-rules")
    assert refused.error["message"].startswith(f"{conflict}: Rules conflict for VM 'myVM'")

    elsewhere = desired_file(
        f"version: 1\nrules:\n- vms: {{names: [myVM]}}\n  identities: {{include: [{identity_id('new', 'nowhere')}]}}\n"
    )
    missing = program(words.format(elsewhere))
    assert (missing.code, missing.error["code"]) == (3, "not-found")
    assert missing.error["message"] == "Resource group 'nowhere' for the new identity 'new' does not exist."

    program.when("GET", "roleAssignments", answering(403, "AuthorizationFailed"))
    denied = program(words.format(desired_file(RULES)))
    assert (denied.code, denied.error["code"]) == (4, "AuthorizationFailed")
    assert not folder_of(program).exists()


def test_a_role_whose_definition_is_gone_is_exported_by_its_guid(program: Program, desired_file: Description) -> None:
    principal = program.colleague("GET", identity_id(OTHER)).json()["properties"]["principalId"]
    scope = identity_id(OTHER).split("/providers/")[0]
    held = f"{scope}/providers/Microsoft.Authorization/roleAssignments/11111111-0000-4000-8000-000000000001"
    body = {"properties": {"roleDefinitionId": READER, "principalId": principal, "principalType": "ServicePrincipal"}}
    assert program.colleague("PUT", held, body, version="2022-04-01").status == 201
    program.when("GET", "roleDefinitions/", answering(404, "RoleDefinitionDoesNotExist"))
    export(program, desired_file("version: 1\nrules:\n" + _ONE_VM.format(f"identities: {{include: [{OTHER}]}}")))
    text = (folder_of(program) / "role_assignments.tf").read_text(encoding="utf-8")
    assert "# Role 'acdd72a7-3385-48ef-bd42-f606fba81ae7' for identity 'otherIdentity'" in text


def test_a_vm_that_cannot_be_read_is_a_warning(program: Program, desired_file: Description) -> None:
    def broken(_request: object, onward: object) -> object:
        answer = onward()  # type: ignore[operator]
        text = answer.text.replace('"type": "SystemAssigned"', '"type": "Odd"').replace(
            '"type":"SystemAssigned"', '"type":"Odd"'
        )
        answer._content = text.encode()
        answer.headers["content-length"] = str(len(answer._content))
        return answer

    program.when("GET", "providers/Microsoft.Compute/virtualMachines", broken)  # type: ignore[arg-type]
    said = export(program, desired_file("version: 1\nrules:\n- vms: {names: [myVM]}\n  system: true\n"))
    assert "could not be read" in said
    assert "webVM" in said
