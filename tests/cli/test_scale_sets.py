"""Scale sets under the commands that VMs are under: whole runs in the sandbox, with its examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Program, answering_with, interrupting, vm_id
from vmident.core.vm_kind import VmKind
from vmident.sandbox.tenant import SUBSCRIPTION

GROUP = "otherResourceGroup"
WEB = str(VmKind.SCALE_SET.id_of(SUBSCRIPTION, GROUP, "webScaleSet"))
FLEXIBLE = str(VmKind.SCALE_SET.id_of(SUBSCRIPTION, GROUP, "flexibleScaleSet"))


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys, with_examples=True)
    yield made
    made.sandbox.close()


def test_a_kind_says_what_names_and_lists_are_of(program: Program) -> None:
    names = {
        kind: {(one["kind"], one["name"]) for one in program(f"list -g {GROUP} --kind {kind} -o json").json}
        for kind in ("vm", "vmss", "any")
    }

    assert names["vmss"] == {("vmss", "webScaleSet"), ("vmss", "flexibleScaleSet")}
    assert names["any"] == names["vm"] | names["vmss"]
    assert program("show webScaleSet --kind VMSS -o json").json["id"] == WEB
    assert program(f"show webScaleSet --kind any -g {GROUP} -o json").json["id"] == WEB
    assert program(f"show {WEB} -o json").json["kind"] == "vmss"
    (missing,) = {program(f"show webScaleSet -g {GROUP} --kind vm").code, program("show webScaleSet").code}
    assert missing == 3
    assert "Scale set 'webScale' not found" in program(f"show webScale -g {GROUP} --kind vmss").err
    assert "VM or scale set 'webScale' not found" in program("show webScale --kind any").err


def test_a_name_of_a_vm_and_a_scale_set_is_ambiguous_among_both(program: Program) -> None:
    program.colleague("PUT", str(VmKind.SCALE_SET.id_of(SUBSCRIPTION, "myResourceGroup", "webVM")), NEW_SCALE_SET)

    refused = program("show webVM --kind any")

    assert refused.code == 2
    assert "2 VMs and scale sets are named 'webVM'" in refused.err
    assert "--kind" in refused.err
    assert program("show webVM").json["id"] == vm_id("webVM")


NEW_SCALE_SET = {
    "location": "westus",
    "sku": {"name": "Standard_DS1_v2", "capacity": 0},
    "properties": {"orchestrationMode": "Uniform"},
}


def test_a_scale_set_is_changed_recorded_and_undone_as_a_vm_is(program: Program) -> None:
    added = program(f"add-user webScaleSet --kind vmss -g {GROUP} --identity monitoring -o json")
    assert added.code == 0
    assert (added.json["kind"], added.json["status"]) == ("vmss", "changed")
    assert added.json["after"]["type"] == "SystemAssigned, UserAssigned"
    assert set(program.shape) == {"GET", "PATCH", "POLL"}
    (patch,) = (one for one in program.sent if one.method == "PATCH")
    assert patch.path.lower() == WEB.lower()
    assert "If-Match" in patch.headers

    undone = program("runs undo --yes -o json")
    assert undone.code == 0
    (result,) = undone.json
    assert (result["id"], result["after"]["type"]) == (WEB, "SystemAssigned")


def test_a_selection_takes_both_kinds_and_counts_them(program: Program) -> None:
    refused = program(f"enable-system --all -g {GROUP} --kind any --tag team=data")
    assert refused.code == 2
    asked = program(f"add-user --tag team=web -g {GROUP} --kind any --identity diskKeys")
    assert "2 VMs and 2 scale sets with tag team=web" in asked.err
    changed = program(f"add-user --tag team=web -g {GROUP} --kind any --identity diskKeys --yes -o json")
    assert {(one["kind"], one["status"]) for one in changed.json} == {("vm", "changed"), ("vmss", "changed")}
    by_graph = program(f"show --where \"name startswith 'web'\" -g {GROUP} --kind vmss -o json").json
    assert [one["name"] for one in by_graph] == ["webScaleSet"]


@pytest.mark.parametrize(
    ("kind", "nothing"), [("vm", "No VMs"), ("vmss", "No scale sets"), ("any", "No VMs or scale sets")]
)
def test_nothing_found_is_said_of_the_kinds_that_were_meant(program: Program, kind: str, nothing: str) -> None:
    assert program(f"list --kind {kind} --tag no=such -o human").err == f"{nothing} found with tag no=such.\n"
    assert program(f"enable-system --kind {kind} --tag no=such --yes").err == f"{nothing} found with tag no=such.\n"


def test_an_interrupted_run_of_both_kinds_is_resumed(program: Program) -> None:
    program.when("PATCH", "/virtualMachineScaleSets/webScaleSet", interrupting)
    stopped = program(f"add-user --tag team=web -g {GROUP} --kind any --identity diskKeys --yes -o json")
    assert stopped.code == 130
    assert {one["status"] for one in stopped.json if one["id"] == WEB} == {"unknown"}
    resumed = program("runs resume -o json")
    assert resumed.code == 0
    assert {one["status"] for one in resumed.json} == {"changed"}
    assert {one["kind"] for one in resumed.json + stopped.json} == {"vm", "vmss"}
    assert WEB in {one["id"] for one in resumed.json}
    held = program(f"show --tag team=web -g {GROUP} --kind any -o json").json
    assert all("diskKeys" in str(one["identity"]["userAssignedIdentities"]) for one in held)


def test_an_answer_that_cannot_be_read_names_the_kind(program: Program) -> None:
    program.when("GET", "/virtualMachineScaleSets/webScaleSet", answering_with(200, {"id": 7}))
    outcome = program(f"show webScaleSet --kind vmss -g {GROUP}")
    assert "cannot be read as a scale set" in outcome.error["message"]


def test_desired_state_reaches_scale_sets_by_kind_and_by_id(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "identities.yaml"
    rule = "{vms: {kinds: [vm, vmss], tags: {team: web}}, identities: {include: [monitoring]}}"
    file.write_text(f"version: 1\nrules:\n  - {rule}\n", encoding="utf-8")

    planned = program(f"plan -f {file} -g {GROUP} -o json").json
    assert {one["kind"] for one in planned["vms"]} == {"vm", "vmss"}
    applied = program(f"apply -f {file} -g {GROUP} --yes -o json")
    assert applied.code == 0
    assert WEB in {one["id"] for one in applied.json}

    exported = program(f"export-state -g {GROUP} --kind any")
    assert WEB in exported.out
    file.write_text(exported.out, encoding="utf-8")
    again = program(f"plan -f {file} -o json").json
    assert again["summary"]["pending"] == 0
    assert FLEXIBLE in {one["id"] for one in again["vms"]}


def test_a_flexible_scale_set_is_refused_the_system_assigned_identity_before_anything_is_sent(
    program: Program, tmp_path: Path
) -> None:
    refused = program(f"enable-system {FLEXIBLE} --dry-run -o json")

    assert refused.code == 1
    assert program.shape == ["GET"]
    assert refused.json["error"]["code"] == "system-identity-unsupported"
    assert "instances, which are VMs" in refused.json["error"]["hint"]
    assert program(f"remove-user {FLEXIBLE} --all-identities --yes").code == 0

    file = tmp_path / "identities.yaml"
    file.write_text(f"version: 1\nrules:\n  - {{vms: {{ids: ['{FLEXIBLE}']}}, system: true}}\n", encoding="utf-8")
    (planned,) = program(f"plan -f {file} -o json").json["vms"]
    assert planned["warnings"][0]["code"] == "system-identity-unsupported"
    assert program(f"apply -f {file} --yes").code == 1
    assert program.patches == []


def test_doctor_checks_a_scale_set_with_its_own_permission(program: Program) -> None:
    found = program(f"doctor {WEB} -o json").json

    messages = [one["message"] for one in found["checks"]]
    assert any("Microsoft.Compute/virtualMachineScaleSets/write" in one for one in messages)
    assert not any("expand" in one.url for one in program.sent)


def test_an_identity_that_a_scale_set_has_is_not_deleted_under_it(program: Program) -> None:
    refused = program(f"identity delete monitoring -g {GROUP} --yes")

    assert refused.code == 1
    assert "flexibleScaleSet" in refused.err
    detached = program(f"identity delete monitoring -g {GROUP} --detach --yes")
    assert detached.code == 0
    assert program(f"show {FLEXIBLE}").json["identity"]["type"] == "None"
