"""Roles of `apply` are part of their VM's job: canary, `--max-failures`, journal, resume and undo hold for them too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program import GROUP, Program, answering, identity_id, interrupting
from vmident.sandbox.sandbox import SUBSCRIPTION

ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
NAMES = [f"vm-{number:05}" for number in range(1, 5)]
SYSTEM = """\
version: 1
rules:
- vms: {names: [vm-*]}
  system: true
  roles: [{role: Contributor, scope: subscription}]
"""
USER = """\
version: 1
rules:
- vms: {names: [vm-*]}
  identities: {include: [otherIdentity]}
  roles: [{role: Reader, scope: group}]
"""


@pytest.fixture
def program(program: Program) -> Program:
    """Four VMs more, `vm-00001` and so on."""
    program.sandbox.add_vms(len(NAMES))
    return program


def desired(program: Program, text: str = SYSTEM) -> str:
    file = program.folder / "desired.yaml"
    file.write_text(text, encoding="utf-8")
    return f"apply -f {file} -g {GROUP} --yes"


def assignments(program: Program) -> set[tuple[str, str]]:
    """The scope and the principal of every assignment in the subscription."""
    path = f"/subscriptions/{SUBSCRIPTION}/{ASSIGNMENTS}"
    listed = program.colleague("GET", path, version="2022-04-01").json()["value"]
    return {(one["properties"]["scope"], one["properties"]["principalId"]) for one in listed}


def statuses(results: Any) -> list[str]:
    return [one["status"] for one in results]


def sent(program: Program, method: str) -> int:
    return sum(one.method == method for one in program.sent)


def test_a_refused_role_of_the_canary_leaves_the_other_vms_untouched(program: Program) -> None:
    program.when("PUT", ASSIGNMENTS, answering(403, "AuthorizationFailed"), times=9)

    outcome = program(f"{desired(program)} --canary 1")

    assert outcome.code == 4
    assert statuses(outcome.json) == ["failed", "skipped", "skipped", "skipped"]
    assert (sent(program, "PATCH"), sent(program, "PUT")) == (1, 1)


def test_no_failure_allowed_means_that_no_role_is_granted_after_a_refused_one(program: Program) -> None:
    program(f"enable-system {' '.join(NAMES)} -g {GROUP}")
    program.when("PUT", ASSIGNMENTS, answering(400, "Oops"), times=9)

    outcome = program(f"{desired(program)} --max-failures 0")

    assert (outcome.code, statuses(outcome.json)) == (1, ["failed", "skipped", "skipped", "skipped"])
    assert sent(program, "PUT") == 1


@pytest.mark.parametrize("text", [SYSTEM, USER])
def test_undo_removes_the_roles_that_apply_granted(program: Program, text: str) -> None:
    before = assignments(program)
    applied = program(desired(program, text))
    assert applied.code == 0
    granted = {one["status"] for vm in applied.json for one in vm["roleAssignments"]}
    assert granted <= {"granted", "existing"}
    assert assignments(program) != before

    undone = program("runs undo --yes")

    assert (undone.code, assignments(program)) == (0, before)
    assert [(program.identity_of(name) or {"type": "None"})["type"] for name in NAMES] == ["None"] * len(NAMES)


@pytest.mark.parametrize("text", [SYSTEM, USER])
def test_an_apply_that_was_interrupted_at_its_first_role_is_resumed_to_its_end(program: Program, text: str) -> None:
    program.when("PUT", ASSIGNMENTS, interrupting)

    stopped = program(desired(program, text))

    assert stopped.code == 130
    assert "runs resume" in stopped.err
    resumed = program("runs resume")
    assert (resumed.code, set(statuses(resumed.json))) == (0, {"changed"})
    again = program(desired(program, text))
    assert (again.code, again.json) == (0, [])
    assert program("runs show").json["status"] == "done"


def test_an_identity_whose_principal_the_change_alone_tells_gets_its_role_in_the_same_run(program: Program) -> None:
    results = program(desired(program, USER)).json

    other = program.colleague("GET", identity_id("otherIdentity")).json()["properties"]["principalId"]
    assert {one["principalId"] for vm in results for one in vm["roleAssignments"]} == {other}
    shown = program("runs show").json["vms"]
    assert {one["principalId"] for vm in shown for one in vm["roleAssignments"]} == {other}


def test_roles_of_a_saved_plan_are_on_record_too(program: Program) -> None:
    plan = program.folder / "friday.plan"
    program(f"plan -f {desired(program).split()[2]} --save {plan}")
    before = assignments(program)

    assert program(f"apply {plan} --yes").code == 0
    assert len(assignments(program)) == len(before) + len(NAMES)

    assert program("runs undo --yes").code == 0
    assert assignments(program) == before


def test_a_thousand_roles_are_looked_up_by_lists(program: Program) -> None:
    program.sandbox.add_vms(60)
    names = " ".join(f"vm-{number:05}" for number in range(1, 61))
    program(f"enable-system {names} -g {GROUP}")

    outcome = program(f"{desired(program)} --dry-run")

    assert len(outcome.json) >= 60
    reads = [one for one in program.sent if "roleassignments" in one.url.lower()]
    assert len(reads) < 20, "not one for each VM"


def test_a_role_of_a_vm_that_has_moved_on_is_not_granted(program: Program) -> None:
    plan = program.folder / "friday.plan"
    program(f"plan -f {desired(program).split()[2]} --save {plan}")
    program(f"add-user {NAMES[0]} -g {GROUP} --identity otherIdentity")

    outcome = program(f"apply {plan} --yes")

    assert (outcome.code, statuses(outcome.json)[0]) == (5, "failed")
    assert sent(program, "PUT") == len(NAMES) - 1
