"""What another client does to a VM between the read and the end of a change: 412, 409, a deletion."""

from __future__ import annotations

import pytest

from tests.program import (
    GROUP,
    Program,
    answering,
    identity_id,
    letting_in,
    losing_the_answer,
    vm_id,
)
from vmident.sandbox.tenant import SUBSCRIPTION

CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
POLICY_VERSION = "2025-03-01"
CONFLICT = "The request failed due to conflict with a concurrent request."


def test_a_412_once_is_read_again_computed_again_and_sent_again(program: Program) -> None:
    add_a_tag = letting_in(lambda: program.colleague("PATCH", vm_id("myVM"), {"tags": {"by": "a colleague"}}))
    program.when("PATCH", "virtualMachines/myVM", add_a_tag)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert len(program.patches) == 2
    assert program.identity_of("myVM")["type"] == "SystemAssigned"


def test_an_identity_that_a_colleague_removes_between_read_and_write_stays_removed(program: Program) -> None:
    removal = {"identity": {"type": "None"}}
    program.when(
        "PATCH", "virtualMachines/dbVM", letting_in(lambda: program.colleague("PATCH", vm_id("dbVM"), removal))
    )

    outcome = program("add-user dbVM --identity otherIdentity")

    assert outcome.code == 0
    assert list(program.identity_of("dbVM")["userAssignedIdentities"]) == [identity_id("otherIdentity")]
    assert outcome.json["before"] == {"type": "None", "userAssignedIdentities": {}}


def test_what_a_colleague_did_already_is_not_done_again(program: Program) -> None:
    same = {"identity": {"type": "SystemAssigned"}}
    program.when("PATCH", "virtualMachines/myVM", letting_in(lambda: program.colleague("PATCH", vm_id("myVM"), same)))

    outcome = program("enable-system myVM")

    assert (outcome.code, outcome.json["status"], outcome.json["request"]) == (0, "unchanged", None)


def test_losing_more_than_was_approved_asks_again(program: Program) -> None:
    """A colleague attaches a second identity after the question was answered for the first one alone."""
    more = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity_id("otherIdentity"): {}}}}
    program.when("PATCH", "virtualMachines/myVM", letting_in(lambda: program.colleague("PATCH", vm_id("myVM"), more)))

    outcome = program("set myVM --type system")

    assert outcome.code == 2
    assert outcome.json["error"]["code"] == "confirmation-needed"
    assert list(program.identity_of("myVM")["userAssignedIdentities"]) == [identity_id("otherIdentity")]


def test_a_vm_that_somebody_else_is_changing_is_waited_for(program: Program) -> None:
    program.sandbox.add_operation(GROUP, "myVM", seconds=30)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert len(program.patches) == 1
    assert 30 <= sum(program.time.slept) < 40


def test_a_vm_that_never_comes_to_rest_is_a_conflict(program: Program) -> None:
    program.sandbox.add_operation(GROUP, "myVM", seconds=86_400)

    outcome = program("enable-system myVM")

    assert (outcome.code, program.patches) == (6, [])
    assert outcome.json["error"]["code"] == "conflict"
    assert "'Updating'" in outcome.json["error"]["message"]


IN_PROGRESS = "Operation 'Update VM' is not allowed on VM 'myVM' since another operation is in progress."


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Conflict", CONFLICT),
        ("ConflictingConcurrentWriteNotAllowed", CONFLICT),
        ("AnotherOperationInProgress", CONFLICT),
        ("OperationNotAllowed", IN_PROGRESS),
    ],
)
def test_a_409_that_clears_is_waited_out(program: Program, code: str, message: str) -> None:
    program.when("PATCH", "virtualMachines/myVM", answering(409, code, message), times=2)

    outcome = program("enable-system myVM")

    assert (outcome.code, outcome.json["status"], len(program.patches)) == (0, "changed", 3)


def test_a_409_that_does_not_clear_is_given_up_after_a_bounded_number_of_tries(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", answering(409, "Conflict", CONFLICT), times=1000)

    outcome = program("enable-system myVM")

    assert (outcome.code, len(program.patches)) == (6, 6)
    assert sum(program.time.slept) < 60
    error = outcome.json["error"]
    assert (error["code"], error["status"], error["requestId"]) == ("Conflict", 409, "11111111-2222")
    assert error["message"] == CONFLICT
    assert outcome.json["before"] == {"type": "None", "userAssignedIdentities": {}}
    assert outcome.json["after"] is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ScopeLocked", "The scope is locked."),
        ("ReadOnlyDisabledSubscription", "The subscription is disabled and therefore marked as read only."),
        ("OperationNotAllowed", "Operation 'Update VM' is not allowed on VM 'myVM' since the VM is generalized."),
        ("CodeOfTomorrow", "Something new."),
        ("", "No code at all."),
    ],
)
def test_any_other_409_is_final_after_one_request(program: Program, code: str, message: str) -> None:
    program.when("PATCH", "virtualMachines/myVM", answering(409, code, message), times=1000)

    outcome = program("enable-system myVM")

    assert (outcome.code, len(program.patches), program.time.slept) == (1, 1, [])
    assert outcome.json["error"]["message"] == message


def test_a_vm_that_is_being_deleted_ends_the_change_at_once(program: Program) -> None:
    assert program.colleague("DELETE", vm_id("myVM")).status == 202

    outcome = program("enable-system myVM")

    assert (outcome.code, program.patches, program.time.slept) == (6, [], [])
    error = outcome.json["error"]
    assert (error["code"], error["message"]) == ("being-deleted", "VM 'myVM' is being deleted.")


def test_a_vm_whose_deletion_begins_after_the_read_is_said_to_be_deleted(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", letting_in(lambda: program.colleague("DELETE", vm_id("myVM"))))

    outcome = program("enable-system myVM")

    assert (outcome.code, len(program.patches), program.time.slept) == (6, 1, [])
    assert outcome.json["error"]["message"] == "VM 'myVM' is being deleted."


def test_a_deletion_after_a_lost_answer_leaves_the_change_unknown(program: Program) -> None:
    program.operation_seconds = 0.1
    program.when("PATCH", "virtualMachines/myVM", losing_the_answer)
    program.time.after(0.5, lambda: program.colleague("DELETE", vm_id("myVM")))

    outcome = program("enable-system myVM")

    assert outcome.json["status"] == "unknown"
    assert outcome.json["error"]["code"] == "being-deleted"
    assert sum(program.time.slept) < 10


def test_a_group_that_is_being_deleted_is_named(program: Program) -> None:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    assert program.colleague("DELETE", group).status == 202

    outcome = program(f"identity create late -g {GROUP}")

    assert (outcome.code, outcome.error["code"]) == (6, "ResourceGroupBeingDeleted")
    assert f"Resource group '{GROUP}' is being deleted." in outcome.error["hint"]
    assert [one.method for one in program.sent].count("PUT") == 1


def test_a_change_that_a_policy_modifies_away_is_not_called_changed(program: Program) -> None:
    """The `modify` effect puts the system-assigned identity into the request that would disable it."""
    keep = {"operation": "addOrReplace", "field": "identity.type", "value": "SystemAssigned, UserAssigned"}
    details = {"roleDefinitionIds": [f"/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"]}
    rule = {
        "if": {"field": "type", "equals": "Microsoft.Compute/virtualMachines"},
        "then": {"effect": "modify", "details": {**details, "operations": [keep]}},
    }
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/policyDefinitions/keep"
    identity = {"location": "westus", "identity": {"type": "SystemAssigned"}}
    written = [
        program.colleague("PUT", definition, {"properties": {"mode": "Indexed", "policyRule": rule}}, POLICY_VERSION),
        program.colleague(
            "PUT",
            definition.replace("Definitions", "Assignments"),
            {"properties": {"policyDefinitionId": definition}, **identity},
            POLICY_VERSION,
        ),
    ]
    assert [one.status for one in written] == [201, 201]

    outcome = program("disable-system appVM --yes")

    assert (outcome.code, outcome.json["status"]) == (1, "failed")
    assert outcome.json["error"]["code"] == "change-not-made"
    assert "policy" in outcome.json["error"]["message"]
    assert program.identity_of("appVM")["type"] == "SystemAssigned, UserAssigned"
