"""Roles in descriptions: planned by lists, granted by `apply` when the identities are there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program import GROUP, Program, answering, answering_with, identity_id, interrupting, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION

IN_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
SYSTEM = """\
version: 1
rules:
- vms: {names: [myVM, webVM]}
  system: true
  roles: [{role: Reader, scope: group}]
"""
BOTH = """\
version: 1
rules:
- vms: {names: [webVM]}
  system: true
  identities: {include: [otherIdentity]}
  roles:
  - {role: Reader, scope: group}
  - {role: Contributor, scope: subscription}
"""


def desired_file(program: Program, text: str) -> str:
    file = program.folder / "identities.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def roles_of(document: Any) -> list[tuple[str, str, str]]:
    return [(one["role"], one["scope"], one["status"]) for one in document["roleAssignments"]]


def test_a_plan_names_the_roles_and_whom_they_are_for_and_grants_none(program: Program) -> None:
    outcome = program(f"plan -f {desired_file(program, BOTH)} --exit-code")

    assert outcome.code == 10
    (web,) = outcome.json["vms"]
    everywhere = f"/subscriptions/{SUBSCRIPTION}"
    assert [(one["role"], one["scope"], one["identity"], one["status"]) for one in web["roleAssignments"]] == [
        ("Contributor", everywhere, None, "planned"),
        ("Contributor", everywhere, identity_id("otherIdentity"), "planned"),
        ("Reader", IN_GROUP, None, "planned"),
        ("Reader", IN_GROUP, identity_id("otherIdentity"), "planned"),
    ]
    assert web["roleAssignments"][0]["principalId"] == web["before"]["principalId"]
    assert outcome.json["summary"]["grant"] == 4
    assert {one.method for one in program.sent if "ResourceGraph" not in one.path} == {"GET"}


def test_applying_grants_the_roles_and_applying_again_finds_them(program: Program) -> None:
    file = desired_file(program, BOTH)

    first = program(f"apply -f {file} --yes")
    assert first.code == 0
    assert {status for _, _, status in roles_of(first.json[0])} == {"granted"}

    assert program(f"plan -f {file} --exit-code").code == 0
    assert program(f"apply -f {file} --yes").json == []


def test_roles_of_many_vms_are_looked_up_once_and_listed_once(program: Program) -> None:
    for number in range(30):
        program.sandbox.add_vm(GROUP, f"many{number}", system=True)
    file = desired_file(program, SYSTEM.replace("myVM, webVM", "many*"))

    program(f"plan -f {file}")

    assert len([one for one in program.sent if "ResourceGraph" not in one.path]) == 3


def test_a_vm_that_lacks_a_role_alone_is_pending_and_gets_it_without_a_patch(program: Program) -> None:
    file = desired_file(program, SYSTEM.replace("myVM, ", ""))

    human = program(f"plan -f {file} -o human").out
    assert "webVM (myResourceGroup): would change" in human
    assert "+ role 'Reader' on resource group 'myResourceGroup'" in human

    outcome = program(f"apply -f {file} --yes")
    assert (outcome.json[0]["status"], program.patches) == ("changed", [])
    assert roles_of(outcome.json[0]) == [("Reader", IN_GROUP, "granted")]


def test_a_saved_plan_grants_what_it_says(program: Program) -> None:
    plan = program.folder / "friday.plan"
    program(f"plan -f {desired_file(program, BOTH)} --save {plan}")

    outcome = program(f"apply {plan}")

    assert outcome.code == 0
    assert {status for _, _, status in roles_of(outcome.json[0])} == {"granted"}


def test_a_role_that_was_taken_away_since_the_plan_was_saved_is_granted(program: Program) -> None:
    program(f"enable-system webVM -g {GROUP} --role Reader --scope group")
    plan = program.folder / "friday.plan"
    text = SYSTEM.replace("  roles:", "  identities: {include: [otherIdentity]}\n  roles:")
    program(f"plan -f {desired_file(program, text)} --save {plan}")
    listed = program.colleague("GET", f"{IN_GROUP}/{ASSIGNMENTS}", version="2022-04-01").json()["value"]
    principal = program.identity_of("webVM")["principalId"]
    (assignment,) = (one["id"] for one in listed if one["properties"]["principalId"] == principal)
    assert program.colleague("DELETE", assignment, version="2022-04-01").status == 200

    web = program(f"apply {plan}").json[1]

    assert {status for _, _, status in roles_of(web)} == {"granted"}


def test_a_vm_that_was_not_come_to_is_no_preview(program: Program) -> None:
    program.when("GET", "virtualMachines/myVM", interrupting)

    outcome = program(f"apply -f {desired_file(program, SYSTEM)} --dry-run")

    assert [one["status"] for one in outcome.json] == ["failed", "skipped"]


def test_applying_dry_names_the_roles_and_grants_none(program: Program) -> None:
    outcome = program(f"apply -f {desired_file(program, SYSTEM)} --dry-run")

    assert [(one["status"], roles_of(one)) for one in outcome.json] == [
        ("planned", [("Reader", IN_GROUP, "planned")]),
        ("planned", [("Reader", IN_GROUP, "planned")]),
    ]
    assert {one.method for one in program.sent} == {"GET"}


def test_a_role_that_cannot_be_granted_fails_its_vm_and_no_other(program: Program) -> None:
    program.when("PUT", ASSIGNMENTS, answering(403, "AuthorizationFailed"))

    outcome = program(f"apply -f {desired_file(program, SYSTEM)} --yes")

    assert outcome.code == 5
    mine, web = outcome.json
    assert (web["status"], web["error"]["code"], mine["status"]) == ("failed", "AuthorizationFailed", "changed")
    assert "VM 'webVM' was changed, but these roles were not granted: 'Reader'" in web["error"]["message"]
    assert f"Grant them: az role assignment create --assignee-object-id {web['after']['principalId']}" in outcome.err


def test_an_interruption_at_a_role_finishes_the_vm_that_was_changed_and_names_the_run(program: Program) -> None:
    program.when("PUT", ASSIGNMENTS, interrupting)

    outcome = program(f"apply -f {desired_file(program, SYSTEM)} --yes")

    assert outcome.code == 130
    assert [roles_of(one)[0][2] for one in outcome.json] == ["granted", "unknown"]
    assert "vmident runs resume" in outcome.err


def test_a_vm_that_cannot_be_changed_gets_no_roles(program: Program) -> None:
    program.when("PATCH", "myVM", answering(403, "AuthorizationFailed"))

    mine, web = program(f"apply -f {desired_file(program, SYSTEM)} --yes").json

    assert (mine["status"], "roleAssignments" in mine) == ("failed", False)
    assert roles_of(web) == [("Reader", IN_GROUP, "granted")]


def test_who_may_not_read_the_subscription_reads_the_scope(program: Program) -> None:
    file = desired_file(program, SYSTEM)
    program(f"apply -f {file} --yes")
    program.when("GET", f"/subscriptions/{SUBSCRIPTION}/{ASSIGNMENTS}", answering(403, "AuthorizationFailed"), times=9)

    assert program(f"plan -f {file} --exit-code").code == 0


def test_vms_without_roles_stand_beside_those_with_roles(program: Program) -> None:
    file = desired_file(program, SYSTEM + "- vms: {names: [dbVM]}\n  system: true\n")

    results = program(f"apply -f {file} --yes").json

    assert [(one["name"], one["status"], "roleAssignments" in one) for one in results] == [
        ("dbVM", "changed", False),
        ("myVM", "changed", True),
        ("webVM", "changed", True),
    ]


def test_a_vm_that_cannot_be_read_is_no_preview(program: Program) -> None:
    program.when("GET", "virtualMachines/myVM", answering(403, "AuthorizationFailed"))

    outcome = program(f"apply -f {desired_file(program, SYSTEM)} --dry-run")

    assert [one["status"] for one in outcome.json] == ["failed", "planned"]


def test_a_list_of_assignments_that_is_none_is_said_to_be_unreadable(program: Program) -> None:
    program.when("GET", ASSIGNMENTS, answering_with(200, {"value": [{"properties": {}}]}))

    assert program(f"plan -f {desired_file(program, SYSTEM)}").error["code"] == "invalid-response"


def test_who_may_read_assignments_nowhere_is_told(program: Program) -> None:
    program.when("GET", ASSIGNMENTS, answering(403, "AuthorizationFailed"), times=9)

    assert program(f"plan -f {desired_file(program, SYSTEM)}").code == 4


def test_roles_are_not_granted_without_waiting(program: Program) -> None:
    outcome = program(f"apply -f {desired_file(program, SYSTEM)} --no-wait")

    assert (outcome.code, outcome.error["code"], program.patches) == (2, "usage", [])


@pytest.mark.parametrize("rule", ["", "- vms: {ids: [" + vm_id("webVM") + "]}\n  system: false\n"])
def test_a_role_that_is_not_there_and_roles_for_an_identity_that_another_rule_denies_are_errors(
    program: Program, rule: str
) -> None:
    text = SYSTEM + rule if rule else SYSTEM.replace("Reader", "Raeder")

    outcome = program(f"plan -f {desired_file(program, text)}")

    assert outcome.error["code"] == ("conflicting-rules" if rule else "role-not-found")
