"""`vmident verify` of scale sets: the script runs in an instance, and the identities are those of the set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Program, answering
from vmident.sandbox.sandbox import SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/otherResourceGroup/providers/Microsoft.Compute"
UNIFORM = f"{GROUP}/virtualMachineScaleSets/webScaleSet"
FLEXIBLE = f"{GROUP}/virtualMachineScaleSets/flexibleScaleSet"


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys, with_examples=True)
    yield made
    made.sandbox.close()


@pytest.mark.parametrize(("option", "instance"), [("", "0"), ("--instance 1", "1")])
def test_the_identities_of_a_scale_set_are_verified_in_an_instance(
    program: Program, option: str, instance: str
) -> None:
    outcome = program(f"verify {UNIFORM} {option} --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["instance"]) == (0, "verified", instance)
    assert [one["identity"] for one in outcome.json["checks"]] == ["default", "system"]
    (path,) = (one.path for one in program.sent if one.method == "POST")
    assert path.lower() == f"{UNIFORM}/virtualMachines/{instance}/runCommand".lower()


def test_the_instances_of_a_flexible_scale_set_are_vms(program: Program) -> None:
    outcome = program(f"verify {FLEXIBLE} --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (5, "skipped", "no-instance")


def test_an_instance_that_is_not_there_is_not_found(program: Program) -> None:
    outcome = program(f"verify {UNIFORM} --instance 9 --yes")
    assert (outcome.code, outcome.json["status"]) == (3, "skipped")
    assert outcome.json["error"]["message"] == "Scale set 'webScaleSet' has no instance 9."


def test_an_instance_that_is_stopped_is_skipped(program: Program) -> None:
    said = "The operation requires the VM to be running (or set to run)."
    program.when("POST", "runCommand", answering(409, "OperationNotAllowed", said))
    outcome = program(f"verify {UNIFORM} --yes")
    assert (outcome.code, outcome.json["error"]["code"]) == (5, "vm-not-running")


@pytest.mark.parametrize("words", ["staleVM --instance 0", f"{UNIFORM} --instance x"])
def test_an_instance_is_one_of_a_scale_set_and_has_a_number(program: Program, words: str) -> None:
    outcome = program(f"verify {words} --yes")
    assert (outcome.code, [one for one in program.sent if one.method == "POST"]) == (2, [])


def test_bare_names_are_of_the_kind_that_is_given(program: Program) -> None:
    outcome = program("verify webScaleSet --kind vmss --yes")
    assert (outcome.code, outcome.json["id"], outcome.json["instance"]) == (0, UNIFORM, "0")
    assert program("verify webScaleSet --yes").code == 3
    assert program("verify webVM --kind vmss --yes").json["error"]["message"].startswith("Scale set 'webVM' not found")


@pytest.mark.parametrize(
    ("words", "last"),
    [
        ("webScaleSet nope --kind vmss", "2 scale sets: 1 verified, 1 skipped"),
        ("webScaleSet signInVM --kind any", "1 VM and 1 scale set: 2 verified"),
        ("webScaleSet signInVM nope --kind any", "3 VMs and scale sets: 2 verified, 1 skipped"),
    ],
)
def test_vms_and_scale_sets_are_counted_apart(program: Program, words: str, last: str) -> None:
    assert program(f"verify {words} --yes -o human").out.splitlines()[-1] == last


def test_the_question_counts_them_too(program: Program) -> None:
    refused = program("verify webScaleSet signInVM --kind any")
    assert refused.error["message"].startswith("This runs a script in 1 VM and 1 scale set and ")
