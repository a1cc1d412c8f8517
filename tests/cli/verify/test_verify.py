"""`vmident verify`: each way in which the verification of a VM ends."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Typing
from tests.cli.verify.printing import APPID, OID, operation, printing
from tests.program import (
    GROUP,
    WIDE_TERMINAL,
    Outcome,
    Program,
    answering,
    answering_with,
    identity_id,
    interrupting,
    losing_the_answer,
    vm_id,
)

USER = "myUserAssignedIdentity"


def checks_in(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one["identity"], one["status"]) for one in outcome.json["checks"]]


def scripts_in(program: Program) -> list[Any]:
    return [one.body for one in program.sent if one.url.split("?")[0].endswith("/runCommand")]


def stop(program: Program, name: str) -> None:
    assert program.colleague("POST", f"{vm_id(name)}/deallocate").status == 202
    program.time.sleep(600)


@pytest.mark.parametrize(
    ("vm", "identities"),
    [
        ("webVM", ["default", "system"]),
        ("dbVM", ["default", identity_id(USER)]),
        ("appVM", ["default", "system", identity_id(USER)]),
    ],
)
def test_the_default_identity_and_each_attached_one_get_a_token_of_their_principal(
    program: Program, vm: str, identities: list[str]
) -> None:
    outcome = program(f"verify {vm} --yes")
    assert (outcome.code, outcome.err, outcome.json["status"]) == (0, "", "verified")
    assert checks_in(outcome) == [(one, "ok") for one in identities]
    held = program.identity_of(vm)
    principals = {
        held.get("principalId"),
        *(one["principalId"] for one in held.get("userAssignedIdentities", {}).values()),
    }
    assert {one["actual"]["principalId"] for one in outcome.json["checks"]} == principals - {None}
    assert [one["expected"]["principalId"] for one in outcome.json["checks"]] == [
        one["actual"]["principalId"] for one in outcome.json["checks"]
    ]
    (sent,) = scripts_in(program)
    assert sent["commandId"] == "RunShellScript"


def test_one_read_one_script_and_the_polls_of_its_end_are_all_it_takes(program: Program) -> None:
    program(f"verify webVM -g {GROUP} --yes")
    assert program.shape[:2] == ["GET", "POST"]
    assert set(program.shape[2:]) == {"POLL"}
    assert len(program.shape) < 12


def test_named_identities_alone_are_verified(program: Program) -> None:
    outcome = program(f"verify appVM --identity {USER} --identity [system] --resource https://vault.azure.net --yes")
    assert checks_in(outcome) == [(identity_id(USER), "ok"), ("system", "ok")]
    assert "resource=https%3A%2F%2Fvault.azure.net" in "\n".join(scripts_in(program)[0]["script"])


def test_two_identities_and_no_default_are_a_warning_and_no_failure(program: Program) -> None:
    program.sandbox.add_vm(GROUP, "twoVM", identities=[USER, "otherIdentity"])
    outcome = program("verify twoVM --yes")
    assert (outcome.code, [one["code"] for one in outcome.json["warnings"]]) == (0, ["default-identity-ambiguous"])


def test_a_token_of_another_principal_is_told_with_whose_it_is(program: Program) -> None:
    program.when("GET", "/operations/", printing(program, "@ tool curl", f"@ 0 200 {OID} {APPID} /other"))
    outcome = program("verify webVM --yes")
    assert (outcome.code, checks_in(outcome)) == (1, [("default", "wrong-principal"), ("system", "wrong-principal")])
    assert outcome.json["checks"][0]["actual"] == {"principalId": OID, "clientId": APPID, "resourceId": "/other"}


def test_a_refusal_under_the_metadata_security_protocol_is_told_as_such(program: Program) -> None:
    guard = {"enabled": True, "imds": {"mode": "Enforce"}}

    def guarded(request: Any, onward: Any) -> Any:
        body = onward().json()
        body["properties"]["securityProfile"] = {"proxyAgentSettings": guard}
        return answering_with(200, body)(request, onward)

    program.when("GET", "instanceView", guarded)
    program.when("GET", "/operations/", printing(program, "@ tool curl", "@ 0 403 Forbidden"))
    outcome = program("verify webVM --identity [system] --yes")
    assert (outcome.code, checks_in(outcome)) == (1, [("system", "refused")])
    assert "Metadata Security Protocol" in outcome.json["checks"][0]["hint"]


def test_a_token_service_that_does_not_answer_is_unreachable(program: Program) -> None:
    program.when("GET", "/operations/", printing(program, "@ tool curl", "@ 0 000 "))
    outcome = program("verify webVM --identity [system] --yes")
    assert (outcome.code, checks_in(outcome)) == (1, [("system", "unreachable")])


def test_a_vm_that_is_stopped_is_skipped_with_no_script_sent(program: Program) -> None:
    stop(program, "webVM")
    outcome = program("verify webVM --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (5, "skipped", "vm-not-running")
    assert outcome.json["error"]["hint"] == f"Start it: az vm start --ids {vm_id('webVM')}"
    assert scripts_in(program) == []


def test_a_vm_that_is_stopped_between_the_read_and_the_script_is_skipped(program: Program) -> None:
    said = "The operation requires the VM to be running (or set to run)."
    program.when("POST", "runCommand", answering(409, "OperationNotAllowed", said))
    outcome = program("verify webVM --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (5, "skipped", "vm-not-running")


def test_a_vm_without_its_agent_is_skipped_with_no_script_sent(program: Program) -> None:
    def without_agent(request: Any, onward: Any) -> Any:
        body = onward().json()
        del body["properties"]["instanceView"]["vmAgent"]
        return answering_with(200, body)(request, onward)

    program.when("GET", "instanceView", without_agent)
    outcome = program("verify webVM --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (5, "skipped", "agent-missing")
    assert scripts_in(program) == []


def test_a_vm_without_identities_is_skipped(program: Program) -> None:
    outcome = program("verify myVM --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (5, "skipped", "no-identity")


def test_a_script_that_runs_already_is_waited_for(program: Program) -> None:
    body = {"commandId": "RunShellScript", "script": ["echo hello"]}
    assert program.colleague("POST", f"{vm_id('webVM')}/runCommand", body).status == 202
    outcome = program("verify webVM --yes")
    assert (outcome.code, len(scripts_in(program))) == (0, 2)


def test_a_script_that_does_not_end_is_waited_for_two_minutes(program: Program) -> None:
    said = "Run command extension execution is in progress. Please wait for completion before invoking a run command."
    program.when("POST", "runCommand", answering(409, "Conflict", said), times=99)
    before = program.time.now
    outcome = program("verify webVM --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (6, "skipped", "Conflict")
    assert 115 <= program.time.now - before <= 140


@pytest.mark.parametrize("trouble", [losing_the_answer, answering(503), answering(429, "TooManyRequests")])
def test_a_script_whose_start_met_trouble_is_sent_again(program: Program, trouble: Any) -> None:
    program.when("POST", "runCommand", trouble)
    assert program("verify webVM --yes").code == 0


def test_a_start_of_which_nothing_is_known_is_unknown(program: Program) -> None:
    program.when("POST", "runCommand", answering(503), times=99)
    outcome = program("verify webVM --yes")
    assert (outcome.code, outcome.json["status"]) == (5, "unknown")


def test_a_caller_who_may_not_run_scripts_is_told_so(program: Program) -> None:
    action = "Microsoft.Compute/virtualMachines/runCommand/action"
    said = f"The client 'x' with object id 'x' does not have authorization to perform action '{action}' over scope 'y'"
    program.when("POST", "runCommand", answering(403, "AuthorizationFailed", said))
    outcome = program("verify webVM --yes")
    assert (outcome.code, outcome.json["status"]) == (4, "skipped")
    assert action in outcome.json["error"]["message"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "script-failed"),
        (("@ tool curl",), "script-failed"),
        (("@ tool curl", f"@ 0 200 {OID} {APPID} =", f"@ 0 200 {APPID} {OID} ="), "script-failed"),
        (("@ tool none",), "no-http-client"),
        (("0123456789ab tool curl", f"0123456789ab 0 200 {OID} {APPID} ="), "script-failed"),
        (("\x00" * 4096,), "script-failed"),
        (('{"access_token": 1, "identity": "system"}',), "script-failed"),
    ],
    ids=["nothing", "cut", "forged", "no client", "another nonce", "4 KB of nothing", "JSON"],
)
def test_an_operation_that_succeeds_with_a_script_that_did_not_is_unknown(
    program: Program, lines: tuple[str, ...], code: str
) -> None:
    program.when("GET", "/operations/", printing(program, *lines, stderr="sh: 12: curl: Permission denied"))
    outcome = program("verify webVM --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (5, "unknown", code)
    assert outcome.json["checks"] == []


def test_an_operation_without_any_output_is_unknown(program: Program) -> None:
    program.when("GET", "/operations/", answering_with(200, {"status": "Succeeded", "name": "x"}))
    outcome = program("verify webVM --yes")
    assert (outcome.code, outcome.json["error"]["code"]) == (5, "script-failed")


def test_an_operation_that_fails_is_unknown_with_azures_reason(program: Program) -> None:
    reason = {"code": "VMExtensionProvisioningError", "message": "VM has reported a failure."}
    program.when("GET", "/operations/", answering_with(200, operation("", "Failed", error=reason)))
    outcome = program("verify webVM --yes")
    assert (outcome.code, outcome.json["status"]) == (5, "unknown")
    assert outcome.json["error"]["code"] == "VMExtensionProvisioningError"


@pytest.mark.parametrize(
    ("option", "seconds", "code"), [("--timeout 30", 30, "timed-out"), ("", 900, "operation-unfinished")]
)
def test_a_script_that_never_answers_is_unknown(program: Program, option: str, seconds: int, code: str) -> None:
    program.when("GET", "/operations/", answering_with(200, {"status": "InProgress", "name": "x"}), times=9999)
    before = program.time.now
    outcome = program(f"verify webVM --yes {option}")
    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (7, "unknown", code)
    assert program.time.now - before <= seconds + 1


def test_ctrl_c_while_the_script_runs_is_unknown_and_an_interruption(program: Program) -> None:
    program.when("GET", "/operations/", interrupting)
    outcome = program("verify webVM --yes")
    assert (outcome.code, outcome.json["status"]) == (130, "unknown")


def test_watch_verifies_again_until_a_change_is_seen_inside(program: Program) -> None:
    old = printing(program, "@ tool curl", f"@ 0 200 {OID} {APPID} =")
    program.when("GET", "/operations/", old, times=2)
    outcome = program("verify webVM --watch 300 --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["error"]) == (0, "verified", None)
    assert len(scripts_in(program)) >= 3


def test_watch_waits_for_an_agent_that_does_not_report_yet(program: Program) -> None:
    def without_agent(request: Any, onward: Any) -> Any:
        body = onward().json()
        del body["properties"]["instanceView"]["vmAgent"]
        return answering_with(200, body)(request, onward)

    program.when("GET", "instanceView", without_agent, times=3)
    outcome = program("verify webVM --watch 120 --yes")
    assert (outcome.code, len(scripts_in(program))) == (0, 1)


def test_watch_ends_with_what_was_found_last(program: Program) -> None:
    old = printing(program, "@ tool curl", f"@ 0 200 {OID} {APPID} =")
    program.when("GET", "/operations/", old, times=99)
    before = program.time.now
    outcome = program("verify webVM --watch 60 --yes")
    assert (outcome.code, outcome.json["status"]) == (1, "failed")
    assert program.time.now - before <= 75


def test_a_timeout_while_watching_keeps_what_was_found(program: Program) -> None:
    old = printing(program, "@ tool curl", f"@ 0 200 {OID} {APPID} =")
    program.when("GET", "/operations/", old, times=99)
    outcome = program("verify webVM --watch 600 --timeout 60 --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (1, "failed", "timed-out")


@pytest.mark.parametrize(
    ("words", "code"),
    [("verify nope --yes", 3), ("verify webVM --identity otherIdentity --yes", 3), ("verify", 2), ("verify webVM", 2)],
)
def test_what_cannot_be_verified_has_the_exit_code_of_its_error(program: Program, words: str, code: int) -> None:
    assert program(words).code == code
    assert scripts_in(program) == []


@pytest.mark.parametrize(
    "option",
    ["--sample 0", "--sample 101%", "--sample x", "--resource 'a b'", "--resource x", "--watch 0", "--watch nan"],
)
def test_options_are_checked_before_anything_is_sent(program: Program, option: str) -> None:
    outcome = program(f"verify webVM --yes {option}")
    assert (outcome.code, outcome.out, program.sent) == (2, "", [])


@pytest.mark.parametrize(("answer", "code", "scripts"), [("y\n", 0, 1), ("n\n", 1, 0), ("", 1, 0)])
def test_on_a_terminal_it_asks_and_says_what_is_run(
    program: Program, typing: Typing, answer: str, code: int, scripts: int
) -> None:
    program.terminal = WIDE_TERMINAL
    typing(answer)
    outcome = program("verify webVM")
    assert (outcome.code, len(scripts_in(program))) == (code, scripts)
    assert "Run the script in 'webVM'? [y/N]" in outcome.err
    assert "runs as root or SYSTEM, using Run Command" in outcome.err
    assert ("ok  system-assigned identity" in outcome.out) == bool(scripts)


def test_off_a_terminal_it_needs_yes(program: Program) -> None:
    outcome = program("verify webVM dbVM")
    assert (outcome.code, outcome.out, scripts_in(program)) == (2, "", [])
    assert outcome.error["code"] == "confirmation-needed"
    assert outcome.error["message"] == "This runs a script in 2 VMs and requires confirmation."


def test_windows_runs_powershell(program: Program) -> None:
    def windows(request: Any, onward: Any) -> Any:
        body = onward().json()
        body["properties"]["storageProfile"]["osDisk"]["osType"] = "Windows"
        return answering_with(200, body)(request, onward)

    program.when("GET", "instanceView", windows)
    outcome = program("verify appVM --yes")
    assert (outcome.code, outcome.json["status"]) == (0, "verified")
    (sent,) = scripts_in(program)
    assert sent["commandId"] == "RunPowerShellScript"
    assert "ConvertFrom-Json" in "\n".join(sent["script"])
