"""Planning ten thousand VMs: few requests, little time, little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Program, answering, answering_with, vm_id

RULES = """\
version: 1
rules:
- vms: {names: [vm-*]}
  system: true
  identities: {include: [otherIdentity]}
- vms: {groups: [my*]}
  identities: {exclude: [myUserAssignedIdentity]}
"""


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys)
    (tmp_path / "identities.yaml").write_text(RULES, encoding="utf-8")
    yield made
    made.sandbox.close()


@pytest.mark.uncovered
def test_ten_thousand_vms_are_planned_with_fourteen_requests(program: Program) -> None:
    program.sandbox.add_vms(9_996)

    outcome = program(f"plan -f {program.folder / 'identities.yaml'}")

    assert outcome.json["summary"]["pending"] == 9_998
    assert len(program.sent) <= 14
    assert "graph-lags" in [one["code"] for one in outcome.json["warnings"]]


@pytest.mark.uncovered
def test_planning_takes_less_than_twenty_kilobytes_of_memory_a_vm(program: Program) -> None:
    program.sandbox.add_vms(2_000)
    tracemalloc.start()
    try:
        code = program(f"plan -f {program.folder / 'identities.yaml'} -o none --only-show-errors").code
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert code == 0
    assert peak < 2_000 * 20_000


TWO = """\
version: 1
rules:
- vms: {names: [vm-00001, vm-00002]}
  system: true
"""


def two_of(program: Program, vms: int) -> str:
    """Add VMs to the sandbox; returns a desired-state file for two of them."""
    program.sandbox.add_vms(vms - 4)
    (program.folder / "two.yaml").write_text(TWO, encoding="utf-8")
    return str(program.folder / "two.yaml")


@pytest.mark.parametrize(("vms", "graph", "pages"), [(49, 0, 1), (50, 1, 1), (500, 1, 10), (501, 1, 1)])
def test_the_graph_tells_what_vms_have_only_where_they_are_many(
    program: Program, vms: int, graph: int, pages: int
) -> None:
    outcome = program(f"plan -f {two_of(program, vms)}")

    assert outcome.json["summary"]["pending"] == 2
    overrides = [one.path.rsplit("/", 1)[-1] for one in program.sent]
    # One more question asks who changed the two.
    assert (overrides.count("resources"), overrides.count("virtualMachines")) == (graph + 1, pages)
    assert ("graph-lags" in [one["code"] for one in outcome.json["warnings"]]) == (vms > 500)


def test_where_the_graph_cannot_be_used_lists_tell(program: Program) -> None:
    program.when("POST", "/resources", answering(403, "AuthorizationFailed"), times=-1)

    outcome = program(f"plan -f {two_of(program, 501)}")

    assert outcome.json["summary"]["pending"] == 2
    assert outcome.json["warnings"] == []


def test_no_change_is_computed_from_the_graph(program: Program) -> None:
    """A colleague has changed one of the two since; the other's write carries the etag that Azure itself gave."""
    file = two_of(program, 501)
    planned = program(f"plan -f {file} --save {program.folder / 'plan.json'}")
    assert planned.code == 0
    assert program.colleague("PATCH", vm_id("vm-00001"), {"identity": {"type": "SystemAssigned"}}).status == 200
    program.time.sleep(60)

    outcome = program(f"apply {program.folder / 'plan.json'}")

    assert [one["status"] for one in outcome.json] == ["unchanged", "changed"]
    assert [bool(one.headers.get("If-Match")) for one in program.sent if one.method == "PATCH"] == [True]


def test_a_row_of_the_graph_without_a_type_of_identity_has_none(program: Program) -> None:
    file = two_of(program, 501)
    row = {"location": "westus", "tags": None, "identity": {"userAssignedIdentities": None}}
    rows = [{**row, "id": vm_id("vm-00001")}, {**row, "id": vm_id("vm-00002"), "identity": None}]
    program.when("POST", "/resources", answering_with(200, {"totalRecords": 501, "count": 2, "data": rows}))

    outcome = program(f"plan -f {file}")

    assert [one["before"]["type"] for one in outcome.json["vms"]] == ["None", "None"]
    overrides, _who_changed_them = (one.body for one in program.sent if one.method == "POST")
    assert overrides["options"] == {"$top": 1_000}
