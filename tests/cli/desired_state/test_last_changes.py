"""`plan` names who last changed what it would change, at one more request for all VMs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.program import WIDE_TERMINAL, Program, Sent, answering, vm_id

RULES = """\
version: 1
rules:
- vms: {names: [myVM, webVM, vm-*]}
  system: true
"""
NONE = {"identity": {"type": "None"}}


@pytest.fixture
def drifted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    """A colleague has disabled the identity of webVM two hours ago; myVM never had one."""
    made = Program(tmp_path, capsys)
    (tmp_path / "identities.yaml").write_text(RULES, encoding="utf-8")
    made.colleague("PATCH", vm_id("webVM"), NONE)
    made.time.sleep(7_200)
    yield made
    made.sandbox.close()


def plan(program: Program, options: str = "") -> Any:
    return program(f"plan -f {program.folder / 'identities.yaml'} {options}")


def questions(program: Program) -> list[Sent]:
    return [one for one in program.sent if one.method == "POST"]


def test_who_last_changed_a_vm_is_named_beside_it(drifted: Program) -> None:
    planned = {one["name"]: one["lastChange"] for one in plan(drifted).json["vms"]}
    assert planned["myVM"] is None
    assert planned["webVM"]["changedBy"] == "colleague@sandbox.invalid"
    assert [one["action"] for one in planned["webVM"]["identities"]] == ["disabled"]
    assert len(questions(drifted)) == 1

    drifted.terminal = WIDE_TERMINAL
    said = plan(drifted).out
    assert said.count("  last changed 2 hours ago by colleague@sandbox.invalid using the Azure portal\n") == 1
    assert said.count("last changed") == 1


def test_of_many_vms_each_author_has_a_line(drifted: Program) -> None:
    drifted.sandbox.add_vms(30)
    for number in range(1, 4):
        drifted.colleague("PATCH", vm_id(f"vm-{number:05}"), {"identity": {"type": "SystemAssigned"}})
    drifted.time.sleep(60)
    for number in range(1, 4):
        drifted.colleague("PATCH", vm_id(f"vm-{number:05}"), NONE)
    drifted.time.sleep(60)
    drifted.terminal = WIDE_TERMINAL
    said = plan(drifted).out
    assert "last changed by colleague@sandbox.invalid using the Azure portal: 4 VMs, the newest 1 minute ago\n" in said
    assert len(questions(drifted)) == 1


def test_nothing_is_asked_where_nothing_is_pending_or_nothing_is_shown(drifted: Program) -> None:
    assert plan(drifted, "--exit-code -o none").code == 10
    assert questions(drifted) == []
    drifted("enable-system myVM webVM -g myResourceGroup")
    assert plan(drifted).json["summary"]["pending"] == 0
    assert questions(drifted) == []


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_plan_without_resource_graph_is_the_same_plan(drifted: Program, status: int) -> None:
    known = plan(drifted).json
    drifted.when("POST", "ResourceGraph", answering(status, "Refused", headers={"Retry-After": "1"}), times=-1)
    drifted.time.slept.clear()
    unknown = plan(drifted)
    assert (unknown.code, unknown.err, drifted.time.slept) == (0, "", []), "and it waits for nothing"
    assert unknown.json == {**known, "vms": [{**one, "lastChange": None} for one in known["vms"]]}


def test_a_saved_plan_names_the_author_and_applies(drifted: Program) -> None:
    saved = drifted.folder / "saved.plan"
    plan(drifted, f"--save {saved}")
    assert "colleague@sandbox.invalid" in saved.read_text(encoding="utf-8")
    assert {one["status"] for one in drifted(f"apply {saved}").json} == {"changed"}
