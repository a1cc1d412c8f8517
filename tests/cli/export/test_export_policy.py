"""`vmident export policy`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import Program, answering, vm_id
from vmident.sandbox.tenant import SUBSCRIPTION, SUBSCRIPTION_NAME

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
GROUP = "/providers/Microsoft.Management/managementGroups/landing-zone"
SYSTEM = """version: 1
rules:
  - vms: {names: [myVM, dbVM]}
    system: true
"""


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Exporter:
    """Export a desired-state file, given as text, into a folder of the test's."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.program = program
        self.file = folder / "state.yaml"
        self.to = folder / "policy"

    def __call__(self, text: str, options: str = "", scope: str = SCOPE) -> Any:
        self.file.write_text(text, encoding="utf-8")
        return self.program(
            f"export policy -f '{self.file}' --scope {scope} -l 'West Europe' --to '{self.to}' {options}"
        )

    def resources(self, kind: str) -> list[dict[str, Any]]:
        document = json.loads((self.to / "policy.json").read_bytes())
        return [one for one in document["resources"] if one["type"].endswith(f"/{kind}")]


@pytest.fixture
def export(program: Program, tmp_path: Path) -> Exporter:
    return Exporter(program, tmp_path)


def test_a_template_and_a_readme_are_written(export: Exporter) -> None:
    outcome = export(SYSTEM)
    assert outcome.code == 0
    assert outcome.json == {
        "folder": str(export.to),
        "files": ["README.md", "policy.json"],
        "missing": [],
        "removed": [],
    }
    assert outcome.err == ""
    (assignment,) = export.resources("policyAssignments")
    assert (assignment["name"], assignment["location"]) == ("vmident-system", "westeurope")
    assert assignment["properties"]["enforcementMode"] == "Default"
    readme = (export.to / "README.md").read_text()
    assert f"az deployment sub create --subscription {SUBSCRIPTION} --location westeurope" in readme
    assert "Not exported" not in readme


def test_remediation_tasks_are_sized_by_the_plan_and_nothing_is_written_to_azure(export: Exporter) -> None:
    export(SYSTEM)
    assert {one.method for one in export.program.sent} == {"GET"}
    (task,) = export.resources("remediations")
    assert task["properties"] == {
        "policyAssignmentId": f"{SCOPE}/providers/Microsoft.Authorization/policyAssignments/vmident-system",
        "policyDefinitionReferenceId": "vmident-system-vm",
        "resourceDiscoveryMode": "ReEvaluateCompliance",
        "resourceCount": 2,
        "parallelDeployments": 10,
        "failureThreshold": {"percentage": 0.1},
    }


@pytest.mark.parametrize(
    ("options", "scope", "reason", "sent"),
    [
        ("--offline", SCOPE, "--offline was used", []),
        ("", GROUP, "rules without subscriptions apply to every subscription of the management group", ["locations"]),
    ],
)
def test_default_sizes_are_noted(export: Exporter, options: str, scope: str, reason: str, sent: list[str]) -> None:
    outcome = export(SYSTEM, options, scope)
    assert outcome.err == f"The remediation tasks have the default size, because {reason}.\n"
    assert [one.url.partition("?")[0].rpartition("/")[2] for one in export.program.sent] == sent
    (task,) = export.resources("remediations")
    assert task["properties"]["resourceCount"] == 500
    discovery = "ExistingNonCompliant" if scope == GROUP else "ReEvaluateCompliance"
    assert task["properties"]["resourceDiscoveryMode"] == discovery


def test_without_access_to_azure_the_sizes_are_the_default_ones(export: Exporter) -> None:
    export.program.when("GET", "/virtualMachines", answering(403, "AuthorizationFailed"), times=9)
    outcome = export(SYSTEM)
    assert outcome.code == 0
    assert outcome.err.startswith("The remediation tasks have the default size, because Azure could not be read: ")


def test_a_subscription_that_cannot_be_read_gives_default_sizes(export: Exporter) -> None:
    outcome = export(
        SYSTEM.replace("names:", "subscriptions: [00000000-0000-0000-0000-000000000001], names:"), "", GROUP
    )
    assert outcome.code == 0
    assert outcome.err.startswith("The remediation tasks have the default size, because Azure could not be read: ")


def test_a_plan_without_changes_is_noted(export: Exporter) -> None:
    outcome = export("version: 1\nrules:\n- vms: {names: [webVM]}\n  system: true\n")
    assert outcome.err == "The remediation tasks have the default size, because the plan has no changes.\n"


def test_a_management_group_can_be_limited_to_one_subscription(export: Exporter) -> None:
    outcome = export(SYSTEM, f"--subscription {SUBSCRIPTION}", GROUP)
    assert (outcome.code, outcome.err) == (0, "")
    (definition,) = export.resources("policyDefinitions")
    assert {"value": "[[subscription().subscriptionId]", "in": [SUBSCRIPTION]} in definition["properties"][
        "policyRule"
    ]["if"]["allOf"]
    assert "az deployment mg create --management-group-id landing-zone" in (export.to / "README.md").read_text()


def test_audit_assigns_without_enforcement_roles_and_remediation(export: Exporter) -> None:
    outcome = export(SYSTEM, "--audit")
    assert (outcome.code, outcome.err) == (0, "")
    (assignment,) = export.resources("policyAssignments")
    assert assignment["properties"]["enforcementMode"] == "DoNotEnforce"
    assert export.resources("roleAssignments") + export.resources("remediations") == []
    assert "DoNotEnforce" in (export.to / "README.md").read_text()


def test_two_exports_are_the_same_to_the_byte(export: Exporter) -> None:
    export(SYSTEM)
    once = content_of(export.to)
    export(SYSTEM)
    assert content_of(export.to) == once


def test_names_that_match_no_vm_are_warnings(export: Exporter) -> None:
    typo = SYSTEM.replace("dbVM", "wbVM")
    warning = (
        f"warning: {export.file}: The rule on line 3 names VM 'wbVM', which does not exist. "
        "Did you mean 'webVM' or 'dbVM'?\n"
    )
    assert export(typo).err == warning
    assert export(typo, "--audit").err == warning


def test_a_scope_or_a_region_that_does_not_exist_is_an_error_unless_offline(export: Exporter) -> None:
    wrong = "/subscriptions/00000000-0000-0000-0000-000000000001"
    missing = export(SYSTEM, "", wrong)
    assert (missing.code, missing.error["code"]) == (3, "subscription-not-found")
    assert missing.error["hint"] == "Check --scope. To see IDs: vmident account list"
    group = export(SYSTEM, "--subscription 00000000-0000-0000-0000-000000000001", GROUP)
    assert (group.code, group.error["code"]) == (3, "subscription-not-found")
    for scope in (SCOPE, GROUP):
        typo = export(SYSTEM, "-l wetsus", scope)
        assert typo.code == 2
        assert typo.error["message"].startswith("Region 'wetsus' not found. Did you mean 'westus'")
    assert not export.to.exists()
    assert export(SYSTEM, "-l wetsus --offline", wrong).code == 0


def test_a_subscription_can_be_named_where_azure_is_read(export: Exporter) -> None:
    named = export(SYSTEM, f"--subscription '{SUBSCRIPTION_NAME}'", GROUP)
    assert (named.code, named.err) == (0, "")
    assert SUBSCRIPTION in (export.to / "policy.json").read_text()
    refused = export(SYSTEM, f"--subscription '{SUBSCRIPTION_NAME}' --offline", GROUP)
    assert (refused.code, refused.error["message"]) == (2, "--subscription takes an ID with --offline.")


def test_the_id_of_a_subscription_alone_is_no_scope(export: Exporter) -> None:
    assert export(SYSTEM, "", SUBSCRIPTION).error["hint"] == f"Use --scope {SCOPE}"


def test_the_readme_names_the_file_and_the_role_of_the_policies_identity(export: Exporter) -> None:
    export(SYSTEM)
    readme = (export.to / "README.md").read_text()
    assert "vmident plan -f state.yaml --subscription" in readme
    assert f"granted on the whole scope, `{SCOPE}`" in readme


PARTS = """version: 1
rules:
  - vms: {names: [myVM]}
    system: true
  - vms: {names: [dbVM]}
    system: false
  - vms: {tags: {team: web}}
    identities:
      include: [otherIdentity]
  - vms: {names: ['*']}
    identities:
      exclude:
        - myUserAssignedIdentity
"""


def test_what_cannot_be_expressed_is_listed_by_line_and_nothing_is_written(export: Exporter) -> None:
    outcome = export(PARTS)
    assert (outcome.code, outcome.out, export.program.sent) == (2, "", [])
    assert not export.to.exists()
    error = outcome.error
    assert error["code"] == "not-exportable"
    first, *lines = error["message"].splitlines()
    assert first == f"{export.file}: Azure Policy cannot express 3 parts of the file:"
    assert [line.removeprefix(f"{export.file}:").partition(" cannot")[0] for line in lines] == [
        "6: 'system: false'",
        "7: 'tags' with 'include'",
        "13: 'exclude'",
    ]


def test_partial_writes_the_rest_and_lists_what_is_missing(export: Exporter) -> None:
    outcome = export(PARTS, "--partial")
    assert outcome.code == 0
    assert [(one["line"], one["what"]) for one in outcome.json["missing"]] == [
        (6, "'system: false'"),
        (7, "'tags' with 'include'"),
        (13, "'exclude'"),
    ]
    assert outcome.err.count("warning: ") == 3
    readme = (export.to / "README.md").read_text()
    assert "## Not exported" in readme
    assert "* Line 6: 'system: false'." in readme
    (definition,) = export.resources("policyDefinitions")
    left_alone = {"not": {"field": "name", "in": ["dbvm"]}}
    assert left_alone in definition["properties"]["policyRule"]["if"]["allOf"]


def test_a_file_of_which_nothing_can_be_exported_is_an_error(export: Exporter) -> None:
    outcome = export("version: 1\nrules:\n- vms: {names: [a]}\n  system: false\n", "--partial")
    assert (outcome.code, outcome.error["code"]) == (2, "not-exportable")
    assert "4: 'system: false' cannot be exported." in outcome.error["message"]
    assert not export.to.exists()


def test_a_file_without_rules_is_an_error(export: Exporter) -> None:
    error = export("version: 1\nrules: []\n").error
    assert (error["code"], error["hint"]) == ("not-exportable", "Add a rule with 'system: true' or 'include'.")


def test_conflicting_rules_are_an_error(export: Exporter) -> None:
    both = SYSTEM + "  - vms: {names: [dbVM]}\n    system: false\n"
    assert export(both, "--partial").error["code"] == "conflicting-rules"


def test_an_identity_that_does_not_exist_is_an_error(export: Exporter) -> None:
    outcome = export("version: 1\nrules:\n- vms: {groups: [myResourceGroup]}\n  identities: {include: [nosuch]}\n")
    assert (outcome.code, outcome.error["code"]) == (3, "identity-not-found")
    assert not export.to.exists()


def test_an_identity_is_attached_by_the_built_in_policy_in_a_resource_group(export: Exporter) -> None:
    outcome = export(
        "version: 1\nrules:\n- vms: {groups: [MYRESOURCEGROUP], regions: [West US], kinds: [vm, vmss]}\n"
        "  identities: {include: [otherIdentity]}\n"
    )
    assert outcome.code == 0
    nested = [one["properties"]["template"]["resources"][0] for one in export.resources("deployments")]
    first, second = [one for one in nested if one["type"].endswith("policyAssignments")]
    assert {one["properties"]["policyDefinitionId"].rpartition("/")[2] for one in (first, second)} == {
        "d367bd60-64ca-4364-98ea-276775bddd94",
        "516187d4-ef64-4a1b-ad6b-a7348502976c",
    }
    assert first["properties"]["resourceSelectors"] == [
        {"name": "regions", "selectors": [{"kind": "resourceLocation", "in": ["westus"]}]}
    ]
    sizes = {one["name"]: one["properties"]["resourceCount"] for one in nested if one["type"].endswith("remediations")}
    assert sorted(sizes.values()) == [4, 500]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (f"--scope {SCOPE} -l westus --to out", "A desired-state file is required."),
        ("-f state.yaml", "--scope is required"),
        (f"-f state.yaml --scope {SCOPE}", "--location is required"),
        (f"-f state.yaml --scope {SCOPE} -l westus", "--to is required"),
        (f"-f state.yaml --scope {SCOPE} -l west-us --to out", "'west-us' is not the name of a region"),
        (f"-f state.yaml --scope {SCOPE} -l westus --to out -g myResourceGroup", "-g cannot be used"),
        (f"-f state.yaml --scope {SCOPE} -l westus --to out --prefix 1x", "'1x' is not a valid prefix"),
        (f"-f state.yaml --scope {SCOPE} -l westus --to out --prefix a-very-long-prefix", "is not a valid prefix"),
        (
            f"-f state.yaml --scope {SCOPE}/resourceGroups/a -l westus --to out",
            "is not the resource ID of a management group",
        ),
        (f"-f state.yaml --scope {vm_id('myVM')} -l westus --to out", "is not the resource ID of a management group"),
        ("-f state.yaml --scope /subscriptions/x -l westus --to out", "is not the resource ID of a management group"),
        (
            "-f state.yaml --scope subscription -l westus --to out",
            "'subscription' is not the resource ID of",
        ),
        (
            f"-f state.yaml --scope {SCOPE} -l westus --to out --subscription 00000000-0000-0000-0000-000000000000",
            "specify different subscriptions",
        ),
    ],
)
def test_wrong_usage_sends_nothing(program: Program, words: str, message: str) -> None:
    outcome = program(f"export policy {words}")
    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    assert message in outcome.error["message"]
