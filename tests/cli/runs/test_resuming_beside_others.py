"""`runs resume` after somebody else has changed VMs, and what a run keeps of VMs that it could do nothing for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import requests

from tests.program import GROUP, Program, answering, identity_id, losing_the_answer, losing_the_request, vm_id

USER = "myUserAssignedIdentity"
NONE = {"identity": {"type": "None"}}


def left_in_doubt(program: Program) -> None:
    """Attach an identity to a VM, and lose the answer and the network after it."""
    program.when("PATCH", "virtualMachines/myVM", losing_the_answer)
    program.when("GET", "virtualMachines/myVM", losing_the_request, skip=1, times=-1)
    outcome = program(f"add-user myVM -g {GROUP} --identity {USER}")
    assert (outcome.code, outcome.json["status"]) == (1, "unknown")
    program.rules.clear()
    program.time.sleep(60)


def test_what_somebody_removed_since_is_left_and_named(program: Program) -> None:
    left_in_doubt(program)
    assert program.colleague("PATCH", vm_id("myVM"), NONE).status == 200
    program.time.sleep(60)

    outcome = program("runs resume")

    assert (outcome.code, outcome.json[0]["status"], program.patches) == (6, "failed", [])
    assert outcome.json[0]["error"]["code"] == "state-drifted"
    assert "another change has reverted it" in outcome.err
    assert (program.identity_of("myVM") or {"type": "None"})["type"] == "None"
    assert program("runs show").json["status"] == "failed"
    assert program("runs resume").json == []


def test_what_never_arrived_is_sent_again(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", losing_the_request)
    program.when("GET", "virtualMachines/myVM", losing_the_request, skip=1, times=-1)
    assert program(f"add-user myVM -g {GROUP} --identity {USER}").json["status"] == "unknown"
    program.rules.clear()

    outcome = program("runs resume")

    assert (outcome.code, outcome.json[0]["status"], len(program.patches)) == (0, "changed", 1)
    assert list(program.identity_of("myVM")["userAssignedIdentities"]) == [identity_id(USER)]


def test_a_vm_in_flight_that_cannot_be_read_stays_unknown(program: Program) -> None:
    left_in_doubt(program)
    program.when("GET", "virtualMachines/myVM", answering(403, "AuthorizationFailed"), times=-1)

    outcome = program("runs resume")

    assert (outcome.code, outcome.json[0]["status"]) == (4, "unknown")
    program.rules.clear()
    assert program("runs resume").json[0]["status"] == "changed"


def test_done_is_not_said_of_a_run_in_which_a_vm_was_not_found(program: Program) -> None:
    assert program(f"enable-system myVM noSuchVM -g {GROUP}").code == 5

    (run,) = program("runs list").json
    assert (run["status"], run["counts"]) == ("failed", {"done": 1, "failed": 1})
    lost = program("runs show").json["vms"][1]
    assert (lost["name"], lost["status"], lost["error"]["code"]) == ("noSuchVM", "failed", "ResourceNotFound")
    assert "noSuchVM: failed" in program("runs show -o human").out
    assert program("runs show -o tsv").out.splitlines()[1].startswith("noSuchVM")
    assert program("runs resume").json == []


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="file names are Unicode there")
def test_a_run_of_a_command_with_a_file_name_that_is_not_utf_8_works(program: Program, tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.yaml"))
    file.write_text("version: 1\nrules:\n- vms: {names: [myVM]}\n  system: true\n", encoding="utf-8")

    outcome = program(f"apply -f {file} -g {GROUP} --yes")

    assert (outcome.code, outcome.json[0]["status"]) == (0, "changed")
    assert "caf\\xe9.yaml" in program("runs list").json[0]["command"]


@pytest.mark.parametrize(
    ("method", "part"), [("PATCH", "virtualMachines/"), ("GET", "virtualMachines/"), ("GET", "/operations/")]
)
def test_an_exception_that_nobody_foresaw_is_one_vms_failure(program: Program, method: str, part: str) -> None:
    program.sandbox.add_vms(12)
    names = [f"vm-{number:05}" for number in range(1, 13)]
    ids = " ".join(vm_id(name) for name in names)

    def stray(request: requests.PreparedRequest, _onward: object) -> requests.Response:
        raise RuntimeError("dictionary changed size during iteration")

    unlucky = names[4] if "operations" not in part else ""
    program.when(method, f"{part}{unlucky}", stray, times=-1 if unlucky else 1)

    outcome = program(f"enable-system {ids} --debug")

    others = [one for one in outcome.json if one["name"] != unlucky]
    assert {one["status"] for one in others} == {"changed"}
    if unlucky and method == "PATCH":
        (one,) = (one for one in outcome.json if one["name"] == unlucky)
        assert (outcome.code, one["status"], one["error"]["code"]) == (5, "unknown", "unexpected-error")
        assert "RuntimeError: dictionary changed size" in outcome.err
        assert "Traceback" in outcome.err
    assert "defect" not in outcome.err
