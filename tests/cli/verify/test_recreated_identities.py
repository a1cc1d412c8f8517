"""`vmident verify` of an identity that was deleted, or deleted and created again, while a VM had it attached."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from tests.cli.verify.printing import printing
from tests.cli.verify.test_verify import checks_in
from tests.program import GROUP, Program, answering, identity_id, vm_id

USER = "myUserAssignedIdentity"
_DAY_SECONDS = 86_400


def delete(program: Program) -> None:
    assert program(f"identity delete {USER} --force --yes").code == 0


def create(program: Program) -> Any:
    outcome = program(f"identity create {USER} -g {GROUP}")
    assert outcome.code == 0
    return outcome.json


def test_the_cached_token_is_of_the_wrong_principal_until_the_advice_is_followed(program: Program) -> None:
    before = program.identity_of("dbVM")["userAssignedIdentities"][identity_id(USER)]
    delete(program)
    created = create(program)
    outcome = program("verify dbVM --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["warnings"]) == (1, "failed", [])
    assert checks_in(outcome) == [("default", "wrong-principal"), (identity_id(USER), "wrong-principal")]
    check = outcome.json["checks"][1]
    assert check["expected"] == {"principalId": created["principalId"], "clientId": created["clientId"]}
    assert (check["actual"]["principalId"], check["actual"]["clientId"]) == (before["principalId"], before["clientId"])
    assert check["message"] == f"The token is for principal {before['principalId']}, not for {created['principalId']}."
    words = f"dbVM -g {GROUP} --identity {USER}"
    advice = f"vmident remove-user {words} && vmident add-user {words}"
    assert check["hint"] == (
        f"The identity was deleted and created again after it was attached. Detach it and attach it again: {advice}"
    )
    for command in advice.split(" && "):
        assert program(shlex.join([*shlex.split(command)[1:], "--yes"])).code == 0
    outcome = program("verify dbVM --yes")
    assert (outcome.code, [one["actual"]["principalId"] for one in outcome.json["checks"]]) == (
        0,
        [created["principalId"]] * 2,
    )


@pytest.mark.parametrize("restarts", [False, True], ids=["a day later", "after a restart"])
def test_no_token_is_issued_once_the_cached_one_is_gone(program: Program, restarts: bool) -> None:
    delete(program)
    create(program)
    if restarts:
        assert program.colleague("POST", f"{vm_id('dbVM')}/restart").status == 202
    program.time.sleep(60 if restarts else _DAY_SECONDS + 60)
    outcome = program("verify dbVM --yes")
    assert checks_in(outcome) == [("default", "not-issued"), (identity_id(USER), "not-issued")]
    assert "Identity not found" in outcome.json["checks"][0]["message"]
    assert "was deleted and created again after it was attached" in outcome.json["checks"][1]["hint"]


def test_an_identity_that_no_longer_exists_is_only_detached(program: Program) -> None:
    delete(program)
    outcome = program("verify dbVM --yes")
    check = outcome.json["checks"][1]
    assert (outcome.code, check["status"], check["expected"]["principalId"]) == (1, "wrong-principal", None)
    assert check["message"].endswith("but the identity no longer exists.")
    assert (
        check["hint"] == f"The identity was deleted. Detach it: vmident remove-user dbVM -g {GROUP} --identity {USER}"
    )


def test_an_identity_is_read_once_for_all_vms(program: Program) -> None:
    outcome = program("verify dbVM appVM --yes")
    reads = [one for one in program.sent if one.method == "GET" and one.path == identity_id(USER)]
    assert (outcome.code, len(reads)) == (0, 1)


def test_an_identity_that_may_not_be_read_is_compared_with_what_the_vm_shows(program: Program) -> None:
    program.when("GET", identity_id(USER), answering(403, "AuthorizationFailed", "No."), times=9)
    outcome = program("verify dbVM --yes")
    assert (outcome.code, [one["code"] for one in outcome.json["warnings"]]) == (0, ["identity-not-read"])


def test_an_identity_that_the_token_service_does_not_know_yet_needs_a_restart(program: Program) -> None:
    program.when("GET", "/operations/", printing(program, "@ tool curl", "@ 0 400 Identity not found"))
    outcome = program(f"verify dbVM --identity {USER} --yes")
    assert (outcome.code, checks_in(outcome)) == (1, [(identity_id(USER), "not-issued")])
    assert outcome.json["checks"][0]["hint"].endswith(f"restart the VM: az vm restart --ids {vm_id('dbVM')}")
