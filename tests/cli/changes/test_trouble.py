"""What goes wrong between a laptop and Azure, and what the user is left with: code, streams, and the cloud's state."""

from __future__ import annotations

import pytest

from tests.program import (
    GROUP,
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
from vmident.sandbox.tenant import SUBSCRIPTION

USER = "myUserAssignedIdentity"
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


def test_an_operation_that_fails_gives_its_own_code_and_no_after(program: Program) -> None:
    ended = {"status": "Failed", "error": {"code": "VMExtensionProvisioningError", "message": "The agent is silent."}}
    program.when("GET", "/operations/", answering_with(200, ended))

    outcome = program("enable-system myVM")

    assert outcome.code == 1
    assert outcome.json["error"]["code"] == "VMExtensionProvisioningError"
    assert outcome.json["after"] is None
    assert "The agent is silent." in outcome.err


def test_an_operation_that_is_preempted_is_made_again_where_it_still_lacks(program: Program) -> None:
    ended = {"status": "Canceled", "error": {"code": "OperationPreempted", "message": "Preempted by a later one."}}
    program.when("GET", "/operations/", answering_with(200, ended))

    outcome = program("enable-system myVM")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert program.identity_of("myVM")["type"] == "SystemAssigned"


def test_an_identity_deleted_while_it_is_being_attached_is_not_found(program: Program) -> None:
    program.time.after(0.4, lambda: program.colleague("DELETE", identity_id("otherIdentity")))

    outcome = program("add-user myVM --identity otherIdentity")

    assert outcome.code == 3
    assert outcome.json["error"]["code"] == "FailedIdentityOperation"


def test_a_timeout_while_waiting_says_that_the_change_may_still_complete(program: Program) -> None:
    program.operation_seconds = 600

    outcome = program("enable-system myVM --timeout 5")

    assert outcome.code == 7
    assert sum(program.time.slept) <= 5
    error = outcome.json["error"]
    assert error["code"] == "timed-out"
    assert "may still complete" in error["message"]
    assert f"vmident show myVM -g {GROUP}" in error["hint"]


def test_a_timeout_before_anything_was_sent_says_so(program: Program) -> None:
    program.sandbox.add_operation(GROUP, "myVM", seconds=600)

    outcome = program("enable-system myVM webVM --timeout 5")

    assert (outcome.code, program.patches) == (5, [])
    assert [one["status"] for one in outcome.json] == ["failed", "unchanged"], "the other is not kept waiting"


def test_ctrl_c_while_waiting_says_that_the_operation_goes_on_and_how_to_look_at_it(program: Program) -> None:
    program.when("GET", "/operations/", interrupting)

    outcome = program("enable-system myVM webVM")

    assert outcome.code == 130
    assert [one["status"] for one in outcome.json] == ["unknown", "unchanged"]
    assert "was sent and may still complete." in outcome.err
    assert f"vmident show myVM -g {GROUP}" in outcome.err


def test_ctrl_c_before_the_write_says_that_nothing_was_sent(program: Program) -> None:
    program.when("GET", "virtualMachines/myVM", interrupting)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, program.patches) == (130, [])
    assert "Nothing was sent" in outcome.err


def test_ctrl_c_during_a_read_command_ends_with_130(program: Program) -> None:
    program.when("GET", "virtualMachines", interrupting)

    outcome = program("list")

    assert (outcome.code, outcome.out) == (130, "")
    assert outcome.error["code"] == "interrupted"


@pytest.mark.parametrize("words", ["show webVM", "enable-system myVM"])
def test_a_401_is_not_signed_in(program: Program, words: str) -> None:
    program.when("GET", "virtualMachines", answering(401, "ExpiredAuthenticationToken", "The token has expired."))
    program.when("POST", "ResourceGraph", answering(401, "ExpiredAuthenticationToken", "The token has expired."))

    outcome = program(words)

    assert outcome.code == 4
    assert "ExpiredAuthenticationToken" in outcome.err
    assert "az login" in outcome.err


def test_a_403_names_the_role_and_the_scope(program: Program) -> None:
    message = (
        "The client 'x' with object id 'x' does not have authorization to perform action "
        f"'Microsoft.Compute/virtualMachines/write' over scope '{vm_id('myVM')}' or the scope is invalid."
    )
    program.when("PATCH", "virtualMachines/myVM", answering(403, "AuthorizationFailed", message))

    outcome = program("enable-system myVM")

    assert outcome.code == 4
    assert f"'Virtual Machine Contributor' on {vm_id('myVM')}" in outcome.json["error"]["hint"]
    assert len(program.patches) == 1


def test_a_429_on_a_read_is_waited_out_for_as_long_as_azure_says(program: Program) -> None:
    program.when("GET", "virtualMachines/webVM", answering(429, "TooManyRequests", headers={"Retry-After": "17"}))

    outcome = program(f"show webVM -g {GROUP}")

    assert (outcome.code, program.time.slept) == (0, [17.0])


def test_a_429_on_the_write_is_waited_out_and_the_vm_read_again(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", answering(429, "TooManyRequests", headers={"Retry-After": "23"}))

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert outcome.code == 0
    assert program.shape[:4] == ["GET", "PATCH", "GET", "PATCH"]
    assert program.time.slept[0] == 23.0


def test_throttling_that_outlasts_the_timeout_ends_with_7(program: Program) -> None:
    program.when("GET", "virtualMachines", answering(429, "TooManyRequests", headers={"Retry-After": "600"}), times=9)

    outcome = program(f"enable-system myVM -g {GROUP} --timeout 20")

    assert (outcome.code, sum(program.time.slept)) == (7, 20.0)


def test_throttling_that_does_not_end_fails_with_azures_code(program: Program) -> None:
    program.when("GET", "virtualMachines", answering(429, "SubscriptionRequestsThrottled"), times=99)

    outcome = program(f"show webVM -g {GROUP}")

    assert (outcome.code, outcome.error["code"]) == (1, "SubscriptionRequestsThrottled")


def test_a_503_on_a_read_is_tried_again(program: Program) -> None:
    program.when("GET", "virtualMachines/webVM", answering(503, "ServerTimeout"), times=2)

    assert program(f"show webVM -g {GROUP}").code == 0


def test_a_503_that_stays_fails_with_azures_code(program: Program) -> None:
    program.when("GET", "virtualMachines/webVM", answering(503, "ServerTimeout", "The request timed out."), times=99)

    outcome = program(f"show webVM -g {GROUP}")

    assert (outcome.code, outcome.error["code"], outcome.error["status"]) == (1, "ServerTimeout", 503)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_5xx_on_the_write_is_read_back_before_the_write_is_made_again(program: Program, status: int) -> None:
    program.when("PATCH", "virtualMachines/myVM", answering(status, "InternalServerError"))

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert program.shape[:4] == ["GET", "PATCH", "GET", "PATCH"]


def test_a_write_whose_answer_was_lost_and_that_was_done_is_changed_and_not_repeated(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", losing_the_answer)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"], len(program.patches)) == (0, "changed", 1)
    assert outcome.json["before"] == {"type": "None", "userAssignedIdentities": {}}
    assert outcome.json["after"]["principalId"] == program.identity_of("myVM")["principalId"]
    assert outcome.json["request"] == {"identity": {"type": "SystemAssigned"}}


def test_a_write_whose_answer_was_lost_and_that_then_failed_is_not_called_changed(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", losing_the_answer)
    program.time.after(0.4, lambda: program.colleague("DELETE", identity_id("otherIdentity")))

    outcome = program(f"add-user myVM -g {GROUP} --identity {identity_id('otherIdentity')}")

    assert (outcome.code, outcome.json["status"], len(program.patches)) == (1, "failed", 1)
    assert outcome.json["error"]["code"] == "operation-failed"


def test_a_write_that_never_arrived_is_made_again(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", losing_the_request)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"], len(program.patches)) == (0, "changed", 2)


def test_a_network_that_is_cut_after_the_write_says_that_it_was_sent(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", losing_the_answer)
    program.when("GET", "virtualMachines/myVM", losing_the_request, times=99, skip=1)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["error"]["code"]) == (1, "unreachable")
    assert "was sent" in outcome.json["error"]["message"]


def test_a_network_that_is_cut_says_where_to_look(program: Program) -> None:
    program.when("GET", "", losing_the_request, times=99)
    program.when("POST", "", losing_the_request, times=99)

    outcome = program(f"show webVM -g {GROUP}")

    assert (outcome.code, outcome.error["code"]) == (1, "unreachable")
    assert "HTTPS_PROXY" in outcome.error["hint"]


def test_no_vm_of_that_name_lists_near_names(program: Program) -> None:
    outcome = program("show myVN")

    assert (outcome.code, outcome.out) == (3, "")
    assert "Did you mean 'myVM'" in outcome.error["message"]


def test_no_vm_of_that_name_in_the_group_keeps_azures_code(program: Program) -> None:
    outcome = program(f"enable-system webvn -g {GROUP}")

    assert outcome.code == 3
    error = outcome.json["error"]
    assert (error["code"], error["status"]) == ("ResourceNotFound", 404)
    assert "Did you mean 'webVM'" in error["message"]


def test_a_group_that_is_not_there_is_named(program: Program) -> None:
    outcome = program("show myVM -g nosuchGroup")

    assert (outcome.code, outcome.error["code"]) == (3, "ResourceGroupNotFound")
    assert "nosuchGroup" in outcome.error["message"]


def test_a_name_that_several_vms_have_lists_their_ids_and_changes_nothing(program: Program) -> None:
    program.sandbox.add_group("far")
    program.sandbox.add_vm("far", "MYVM")

    outcome = program("enable-system myVM")

    assert (outcome.code, program.patches) == (2, [])
    assert outcome.json["error"]["code"] == "ambiguous-name"
    assert vm_id("myVM") in outcome.err
    assert vm_id("MYVM", "far") in outcome.err


def test_waiting_falls_back_to_the_vm_where_the_operation_is_on_a_foreign_host(program: Program) -> None:
    """The token goes to no host that an answer names."""

    def abroad(request, onward):  # type: ignore[no-untyped-def]
        answer = onward()
        answer.headers["Azure-AsyncOperation"] = "https://evil.example/operations/1?api-version=2024-07-01"
        return answer

    program.when("PATCH", "virtualMachines/myVM", abroad)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert all(one.url.startswith("https://management.sandbox.invalid/") for one in program.sent)
    assert outcome.json["after"]["principalId"]


def test_a_next_page_on_a_foreign_host_is_refused(program: Program) -> None:
    page = {"value": [], "nextLink": "https://evil.example/more"}
    program.when("GET", "virtualMachines", answering_with(200, page))

    outcome = program("list")

    assert outcome.code == 1
    assert all("evil.example" not in one.url for one in program.sent)


def test_an_operation_that_azure_has_forgotten_leaves_the_vm_itself_to_tell(program: Program) -> None:
    program.when("GET", "/operations/", answering(404, "NotFound"), times=99)

    outcome = program("add-user myVM --identity otherIdentity")

    assert (outcome.code, outcome.json["status"], len(program.patches)) == (0, "changed", 1)
    assert outcome.json["after"]["userAssignedIdentities"][identity_id("otherIdentity")]["clientId"]


def test_an_operation_that_fails_since_its_identity_is_gone_is_not_mistaken_for_a_forgotten_one(
    program: Program,
) -> None:
    program.operation_seconds = 3
    program.time.after(0.4, lambda: program.colleague("DELETE", identity_id("otherIdentity")))

    outcome = program("add-user myVM --identity otherIdentity")

    assert (outcome.code, outcome.json["error"]["code"]) == (3, "FailedIdentityOperation")


def test_retry_after_on_the_operation_is_obeyed(program: Program) -> None:
    running = answering_with(200, {"status": "InProgress"}, {"Retry-After": "9"})
    program.when("GET", "/operations/", running)

    program("enable-system myVM")

    assert 9.0 in program.time.slept
