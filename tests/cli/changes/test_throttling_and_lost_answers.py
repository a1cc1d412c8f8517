"""429, 5xx and a network that is cut: what is sent again, and what is read back before."""

from __future__ import annotations

import pytest

from tests.program import (
    GROUP,
    Program,
    answering,
    identity_id,
    losing_the_answer,
    losing_the_request,
)


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
