"""What a plan breaks is in the plan, though lists and Resource Graph show extensions apart from their VMs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Typing
from tests.program import TERMINAL, Program, answering, answering_with, vm_id

GROUP = "otherResourceGroup"
RULES = """\
version: 1
rules:
- vms: {names: [signInVM, encryptedVM, flexibleScaleSet, webScaleSet], kinds: [vm, vmss]}
  system: false
  identities: {exclude: [diskKeys]}
"""


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys, with_examples=True)
    yield made
    made.sandbox.close()


def plan(program: Program) -> tuple[dict[str, list[str]], list[str]]:
    """Plan; returns the codes of the warnings of each VM, and those of the plan."""
    file = program.folder / "identities.yaml"
    file.write_text(RULES, encoding="utf-8")
    outcome = program(f"plan -f {file}")
    assert outcome.code == 0
    dependents = {
        vm["id"].rpartition("/")[2]: [one["code"] for one in vm["warnings"] if one["code"].startswith("dependent-")]
        for vm in outcome.json["vms"]
    }
    return dependents, [one["code"] for one in outcome.json["warnings"]]


BROKEN = {
    "encryptedVM": ["dependent-encryption"],
    "signInVM": ["dependent-extension", "dependent-extension"],
    "webScaleSet": ["dependent-extension"],
}


def queries(program: Program) -> list[str]:
    sent = [one.body["query"] for one in program.sent if one.path.endswith("/resources")]
    return [one for one in sent if "virtualmachines/extensions'" in one]


def test_a_plan_from_lists_names_what_breaks_for_one_request(program: Program) -> None:
    dependents, warnings = plan(program)
    assert ({name: found for name, found in dependents.items() if found}, warnings) == (BROKEN, [])
    assert len(queries(program)) == 1


def test_a_plan_from_resource_graph_names_the_same(program: Program) -> None:
    program.sandbox.add_vms(501)
    dependents, warnings = plan(program)
    assert ({name: found for name, found in dependents.items() if found}, warnings) == (BROKEN, ["graph-lags"])
    assert len(queries(program)) == 1


def test_a_plan_that_takes_nothing_away_does_not_ask(program: Program) -> None:
    file = program.folder / "identities.yaml"
    file.write_text("version: 1\nrules:\n- vms: {names: [myVM]}\n  system: true\n", encoding="utf-8")
    assert program(f"plan -f {file}").json["summary"]["pending"] == 1
    assert queries(program) == []


def test_extensions_that_cannot_be_read_are_a_warning_and_apply_asks(program: Program, typing: Typing) -> None:
    program.when("POST", "/resources", answering(403, "AuthorizationFailed"), times=-1)
    dependents, warnings = plan(program)
    assert (dependents["signInVM"], warnings) == ([], ["extensions-not-read"])

    program.terminal = TERMINAL
    typing("n\n")
    asked = program(f"apply -f {program.folder / 'identities.yaml'}")
    assert (asked.code, "! Microsoft Entra sign-in" in asked.err) == (1, True)
    assert program.patches == []
    assert vm_id("signInVM", GROUP) in [one.path for one in program.sent if one.method == "GET"]


@pytest.mark.parametrize(
    ("system", "code", "name"),
    [("true", "system-identity-unsupported", "flexibleScaleSet"), ("false", "dependent-extension", "webScaleSet")],
)
def test_resource_graph_shows_the_mode_and_the_extensions_of_scale_sets(
    program: Program, system: str, code: str, name: str
) -> None:
    def full_page(request: Any, onward: Any) -> Any:
        (one, *_) = onward().json()["value"]
        copies = [{**one, "id": f"{one['id']}{number}"} for number in range(50)]
        return answering_with(200, {"value": copies})(request, onward)

    def as_many(request: Any, onward: Any) -> Any:
        return answering_with(200, {**onward().json(), "totalRecords": 501})(request, onward)

    program.when("GET", "/virtualMachineScaleSets", full_page)
    program.when("POST", "/resources", as_many)
    file = program.folder / "identities.yaml"
    rule = f"- vms: {{names: ['*'], kinds: [vmss]}}\n  system: {system}\n"
    file.write_text(f"version: 1\nrules:\n{rule}", encoding="utf-8")
    outcome = program(f"plan -f {file}")
    found = [(one["id"].rpartition("/")[2], two["code"]) for one in outcome.json["vms"] for two in one["warnings"]]
    assert ((name, code) in found, outcome.json["warnings"][0]["code"]) == (True, "graph-lags")
