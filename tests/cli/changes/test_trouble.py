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
    vm_id,
)

USER = "myUserAssignedIdentity"


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


def test_a_refused_change_has_no_consequences(program: Program) -> None:
    program.when("PATCH", "virtualMachines/webVM", answering(403, "RequestDisallowedByPolicy"))

    outcome = program("disable-system webVM --yes")

    assert (outcome.code, outcome.json["status"], outcome.json["warnings"]) == (4, "failed", [])
    assert "deleted" not in outcome.err, "its principal is still there"


def test_a_403_names_the_role_and_the_scope(program: Program) -> None:
    message = (
        "The client 'x' with object id 'x' does not have authorization to perform action "
        f"'Microsoft.Compute/virtualMachines/write' over scope '{vm_id('myVM')}' or the scope is invalid."
    )
    program.when("PATCH", "virtualMachines/myVM", answering(403, "AuthorizationFailed", message))

    outcome = program("enable-system myVM")

    assert outcome.code == 4
    asked, granted = outcome.json["error"]["hint"].splitlines()
    assert asked == f"Ask for the role 'Virtual Machine Contributor' on VM 'myVM' in resource group '{GROUP}'."
    assert granted.endswith(f"--scope {vm_id('myVM')}")
    assert len(program.patches) == 1


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
