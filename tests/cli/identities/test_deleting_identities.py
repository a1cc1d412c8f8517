"""`vmident identity delete`: what has the identity, what it holds, and what is left."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.program import (
    GROUP,
    WIDE_TERMINAL,
    Program,
    answering,
    answering_with,
    identity_id,
    interrupting,
    letting_in,
    losing_the_answer,
    losing_the_request,
    vm_id,
)
from vmident.sandbox.sandbox import SUBSCRIPTION

USER = "myUserAssignedIdentity"
OTHER = "otherIdentity"
IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
WRITES = {"PUT", "PATCH", "DELETE"}


def is_there(program: Program, name: str) -> bool:
    return program.colleague("GET", identity_id(name)).status == 200


def writes(program: Program) -> list[str]:
    return [one.method for one in program.sent if one.method in WRITES]


def fates(document: Any) -> list[tuple[str, str]]:
    return [(one["id"].rsplit("/", 1)[-1], one["status"]) for one in document["virtualMachines"]]


def give_role(program: Program, name: str, scope: str = IN_SUBSCRIPTION) -> str:
    """Have a colleague grant Reader to an identity; gives the assignment's id."""
    principal = program.colleague("GET", identity_id(name)).json()["properties"]["principalId"]
    assignment_id = f"{scope}/{ASSIGNMENTS}/{uuid.uuid4()}"
    properties = {
        "roleDefinitionId": f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{READER}",
        "principalId": principal,
        "principalType": "ServicePrincipal",
    }
    assert program.colleague("PUT", assignment_id, {"properties": properties}, version="2022-04-01").status == 201
    return assignment_id


def test_one_that_nothing_has_is_deleted(program: Program) -> None:
    outcome = program(f"identity delete {OTHER} --yes")

    assert (outcome.code, outcome.err, writes(program)) == (0, "", ["DELETE"])
    assert outcome.json == {
        "id": identity_id(OTHER),
        "name": OTHER,
        "resourceGroup": GROUP,
        "status": "changed",
        "virtualMachines": [],
        "warnings": [],
        "error": None,
    }
    assert not is_there(program, OTHER)


@pytest.mark.parametrize("words", ["", "--yes", "--remove-roles --yes", "--dry-run"])
def test_one_that_vms_have_is_left_alone_and_both_ways_out_are_told(program: Program, words: str) -> None:
    outcome = program(f"identity delete {USER} {words}")

    assert (outcome.code, outcome.json["status"], writes(program)) == (1, "failed", [])
    assert fates(outcome.json) == [("appVM", "attached"), ("dbVM", "attached")]
    error = outcome.json["error"]
    assert error["code"] == "still-attached"
    assert "'appVM' (myResourceGroup) and 'dbVM' (myResourceGroup)" in error["message"]
    assert "--detach" in error["hint"] and "--force" in error["hint"]
    assert is_there(program, USER)


def test_a_vm_that_got_it_a_moment_ago_is_found_though_resource_graph_lags(program: Program) -> None:
    program.when("POST", "ResourceGraph", answering_with(200, {"data": []}))
    body = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity_id(OTHER): {}}}}
    assert program.colleague("PATCH", vm_id("myVM"), body).status == 200

    outcome = program(f"identity delete {OTHER} -g {GROUP} --yes")

    assert (outcome.code, fates(outcome.json), writes(program)) == (1, [("myVM", "attached")], [])


@pytest.mark.parametrize("way", ["", "--detach", "--force"])
def test_a_vm_that_resource_graph_alone_names_is_read_to_be_sure(program: Program, way: str) -> None:
    """One lost it a moment ago, one is gone, and one has an identity whose name begins alike."""
    rows = [{"id": vm_id("myVM")}, {"id": vm_id("goneVM")}, {"id": vm_id("dbVM").lower()}]
    program.when("POST", "ResourceGraph", answering_with(200, {"data": rows}))

    outcome = program(f"identity delete {OTHER} -g {GROUP} --yes {way}")

    assert (outcome.code, fates(outcome.json), is_there(program, OTHER)) == (0, [], False)


def test_a_vm_of_another_subscription_is_found_through_resource_graph(program: Program) -> None:
    far = vm_id("farVM").replace(SUBSCRIPTION, "11111111-0000-0000-0000-000000000000")
    pages = [{"data": [{"id": vm_id("myVM")}], "$skipToken": "more"}, {"data": [{"id": far}]}]
    for page in pages:
        program.when("POST", "ResourceGraph", answering_with(200, page))
    identity = {"type": "UserAssigned", "userAssignedIdentities": {identity_id(OTHER): {}}}
    program.when("GET", "/farVM", answering_with(200, {"id": far, "location": "eastus", "identity": identity}))

    outcome = program(f"identity delete {OTHER} -g {GROUP} --yes")

    assert (outcome.code, fates(outcome.json)) == (1, [("farVM", "attached")])
    questions = [one.body for one in program.sent if one.method == "POST"]
    assert ["subscriptions" in one for one in questions] == [False, False]
    assert questions[1]["options"] == {"$top": 1_000, "$skipToken": "more"}


@pytest.mark.parametrize("answer", [answering(403, "AuthorizationFailed"), answering_with(200, {"data": [{"x": 1}]})])
def test_where_resource_graph_cannot_be_used_the_list_decides_and_says_so(program: Program, answer: Any) -> None:
    program.when("POST", "ResourceGraph", answer, times=1000)

    outcome = program(f"identity delete {OTHER} -g {GROUP} --yes")
    assert (outcome.code, [one["code"] for one in outcome.json["warnings"]]) == (0, ["search-incomplete"])

    outcome = program(f"identity delete {USER} -g {GROUP} --yes")
    assert (outcome.code, fates(outcome.json)) == (1, [("appVM", "attached"), ("dbVM", "attached")])


def test_detaching_takes_it_from_every_vm_and_deletes_it(program: Program) -> None:
    outcome = program(f"identity delete {USER} --detach --yes")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert fates(outcome.json) == [("appVM", "changed"), ("dbVM", "changed")]
    assert writes(program) == ["PATCH", "PATCH", "DELETE"]
    assert program.identity_of("appVM")["type"] == "SystemAssigned"
    assert program.identity_of("dbVM") is None
    assert not is_there(program, USER)
    warnings = {one["id"].rsplit("/", 1)[-1]: one["warnings"] for one in outcome.json["virtualMachines"]}
    assert [one["code"] for one in warnings["dbVM"]] == ["default-identity-lost"]
    assert "warning: dbVM: " in outcome.err


def test_one_that_cannot_be_detached_everywhere_is_not_deleted(program: Program) -> None:
    program.when("PATCH", "/appVM", answering(409, "ScopeLocked", "The scope is locked."))

    outcome = program(f"identity delete {USER} --detach --yes")

    assert (outcome.code, outcome.json["error"]["code"]) == (1, "ScopeLocked")
    assert fates(outcome.json) == [("appVM", "failed"), ("dbVM", "skipped")]
    assert "was not deleted, because it could not be detached from VM 'appVM'" in outcome.json["error"]["message"]
    assert (writes(program), is_there(program, USER)) == (["PATCH"], True)

    again = program(f"identity delete {USER} --detach --yes")
    assert (again.code, is_there(program, USER)) == (0, False)


def test_force_deletes_it_and_says_which_vms_keep_a_dead_attachment(program: Program) -> None:
    outcome = program(f"identity delete {USER} --force --yes")

    assert (outcome.code, writes(program), is_there(program, USER)) == (0, ["DELETE"], False)
    assert fates(outcome.json) == [("appVM", "attached"), ("dbVM", "attached")]
    warned = [(one["code"], one["message"].partition(" (")[0]) for one in outcome.json["warnings"]]
    stays = "The deleted identity stays attached to VM"
    assert warned == [("dead-attachment", f"{stays} 'appVM'"), ("dead-attachment", f"{stays} 'dbVM'")]
    assert list(program.identity_of("dbVM")["userAssignedIdentities"]) == [identity_id(USER)]


@pytest.mark.parametrize("words", [f"{OTHER}", f"{USER} --detach", f"{USER} --force"])
def test_off_a_terminal_it_needs_yes(program: Program, words: str) -> None:
    outcome = program(f"identity delete {words}")

    assert (outcome.code, outcome.out, writes(program)) == (2, "", [])
    assert outcome.error["code"] == "confirmation-needed"
    assert f"deletes identity '{words.split(maxsplit=1)[0]}'" in outcome.error["message"]


def test_a_dry_run_asks_nobody_and_shows_what_would_happen(program: Program) -> None:
    give_role(program, USER)

    outcome = program(f"identity delete {USER} --detach --remove-roles --dry-run")

    assert (outcome.code, outcome.json["status"], writes(program)) == (0, "planned", [])
    assert fates(outcome.json) == [("appVM", "planned"), ("dbVM", "planned")]
    assert [one["status"] for one in outcome.json["roleAssignments"]] == ["planned-removal"]


def test_detach_and_force_do_not_go_together(program: Program) -> None:
    assert (program(f"identity delete {USER} --detach --force").code, program.sent) == (2, [])


# --- several, and none


def test_one_that_is_not_there_is_not_found_with_near_names(program: Program) -> None:
    outcome = program("identity delete otherIdentty --yes")

    assert (outcome.code, outcome.json["id"], outcome.json["name"]) == (3, None, "otherIdentty")
    assert f"Did you mean '{OTHER}'?" in outcome.json["error"]["message"]


def test_one_failing_does_not_stop_the_others(program: Program) -> None:
    outcome = program(f"identity delete nosuchId {USER} {OTHER} {identity_id(OTHER).upper()} --yes")

    assert outcome.code == 5
    assert [(one["name"], one["status"]) for one in outcome.json] == [
        ("nosuchId", "failed"),
        (USER, "failed"),
        (OTHER, "changed"),
    ]
    assert (is_there(program, USER), is_there(program, OTHER)) == (True, False)
    assert program(f"identity delete nosuchId otherId --yes -g {GROUP} -o tsv").code == 3


def test_after_ctrl_c_the_others_are_skipped(program: Program) -> None:
    program.when("DELETE", f"/{OTHER}", interrupting)

    outcome = program(f"identity delete {OTHER} {USER} --force --yes")

    assert (outcome.code, [one["status"] for one in outcome.json]) == (130, ["unknown", "skipped"])
    assert "was sent and may still complete." in outcome.json[0]["error"]["message"]
    assert is_there(program, USER)


def test_ctrl_c_before_anything_is_sent_changes_nothing(program: Program) -> None:
    program.when("GET", f"/{OTHER}", interrupting)

    outcome = program(f"identity delete {OTHER} -g {GROUP} --yes")

    assert (outcome.code, outcome.error["message"]) == (130, "Interrupted. Nothing was sent.")


def test_time_that_runs_out_before_anything_is_sent_changes_nothing(program: Program) -> None:
    program.when("GET", f"/{OTHER}", answering(429, "TooManyRequests", headers={"Retry-After": "60"}))

    outcome = program(f"identity delete {OTHER} -g {GROUP} --yes --timeout 10")

    assert (outcome.code, outcome.error["code"], writes(program)) == (7, "timed-out", [])
    assert "Nothing was changed" in outcome.error["message"]


@pytest.mark.parametrize("trouble", [losing_the_answer, losing_the_request, answering(503), answering(429)])
def test_a_deletion_that_meets_trouble_is_looked_at_before_it_is_sent_again(program: Program, trouble: Any) -> None:
    program.when("DELETE", f"/{OTHER}", trouble)

    outcome = program(f"identity delete {OTHER} --yes")

    assert (outcome.code, outcome.json["status"], is_there(program, OTHER)) == (0, "changed", False)
    assert len(writes(program)) == (1 if trouble is losing_the_answer else 2)


def test_one_of_that_name_that_a_colleague_makes_meanwhile_is_not_deleted(program: Program) -> None:
    program.when("DELETE", f"/{OTHER}", losing_the_answer)
    again = letting_in(lambda: program.colleague("PUT", identity_id(OTHER), {"location": "westus"}))
    program.when("GET", f"/{OTHER}", again, skip=1)

    outcome = program(f"identity delete {OTHER} -g {GROUP} --yes")

    assert (outcome.code, writes(program), is_there(program, OTHER)) == (0, ["DELETE"], True)


def test_who_may_not_delete_it_is_told_so(program: Program) -> None:
    program.when("DELETE", f"/{OTHER}", answering(403, "AuthorizationFailed", "No."))

    outcome = program(f"identity delete {OTHER} --yes")

    assert (outcome.code, outcome.json["error"]["code"]) == (4, "AuthorizationFailed")


# --- the roles that it holds


# --- at a terminal


def test_what_cannot_be_detached_shows_beside_the_error(program: Program) -> None:
    program.terminal = WIDE_TERMINAL
    program.when("PATCH", "/appVM", answering(403, "AuthorizationFailed", "No."))

    outcome = program(f"identity delete {USER} --detach --yes")

    vms = f"  ! VM appVM ({GROUP}): not detached\n  ! VM dbVM ({GROUP}): not detached\n"
    assert (outcome.code, outcome.out) == (4, f"{USER} ({GROUP}): failed\n{vms}")
    assert f"error: Identity '{USER}' was not deleted" in outcome.err
