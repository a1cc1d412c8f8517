"""A change that Azure accepted, and an operation that cannot be read: the VM decides, for one VM and for a fleet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests.program import GROUP, Misbehaviour, Program, answering, answering_with, losing_the_request, vm_id

TWELVE = [f"vm-{number:05}" for number in range(1, 13)]
ABROAD = "https://evil.example/operations/1?api-version=2024-07-01"


def page(status: int) -> Misbehaviour:
    """Answer with a page of something on the way."""

    def act(request: requests.PreparedRequest, _onward: Callable[[], requests.Response]) -> requests.Response:
        answer = answering_with(status, {}, {"Location": "https://portal.example/"} if status == 302 else {})(
            request, _onward
        )
        answer._content = b"<html>Sign in</html>"
        return answer

    return act


REFUSALS: dict[str, Misbehaviour] = {
    "400": answering(400, "BadRequest"),
    "403": answering(403, "AuthorizationFailed"),
    "404": answering(404, "NotFound"),
    "410": answering(410, "Gone"),
    "500 for ever": answering(500, "InternalServerError"),
    "a redirect": page(302),
    "a page": page(200),
    "no status": answering_with(200, []),
}


def without_doing(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
    """Accept the PATCH and do nothing: the answer is the VM as it was, with an operation that cannot be asked."""
    name = str(request.url).split("?")[0].rsplit("/", 1)[-1]
    document = {"id": vm_id(name), "location": "westus", "properties": {"provisioningState": "Succeeded"}}
    return answering_with(200, document, {"Azure-AsyncOperation": ABROAD})(request, onward)


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_change_whose_poll_is_refused_is_changed_where_the_vm_shows_it(
    program: Program, refusal: Misbehaviour
) -> None:
    program.when("GET", "/operations/", refusal, times=-1)

    outcome = program("add-user myVM --identity otherIdentity")

    assert (outcome.code, outcome.json["status"], len(program.patches)) == (0, "changed", 1)
    assert program("runs show").json["status"] == "done"
    assert program("runs undo --yes").json[0]["status"] == "changed"


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_change_whose_poll_is_refused_is_unknown_where_the_vm_cannot_be_read_and_resume_settles_it(
    program: Program, refusal: Misbehaviour
) -> None:
    program.when("GET", "/operations/", refusal, times=-1)
    program.when("GET", "virtualMachines/myVM", losing_the_request, skip=1, times=-1)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"], outcome.json["after"]) == (1, "unknown", None)
    run = program("runs list").json[0]["run"]
    assert outcome.err.endswith(
        f"The outcome of the change to 1 VM is unknown. To resume the run: vmident runs resume {run}\n"
    )
    assert [vm["status"] for vm in program("runs show").json["vms"]] == ["unknown"]
    program.rules.clear()
    program.time.sleep(60)
    resumed = program("runs resume")
    assert (resumed.code, resumed.json[0]["status"], program.patches) == (0, "changed", [])


def test_a_role_without_the_right_to_read_operations_works_with_one_warning(program: Program) -> None:
    program.sandbox.add_vms(12)
    program.when("GET", "/operations/", answering(403, "AuthorizationFailed"), times=-1)

    outcome = program(f"enable-system {' '.join(TWELVE)} -g {GROUP}")

    assert (outcome.code, {one["status"] for one in outcome.json}) == (0, {"changed"})
    warnings = [warning["code"] for one in outcome.json for warning in one["warnings"]]
    assert warnings == ["operation-unreadable"]
    assert "Microsoft.Compute/locations/operations/read" in outcome.err


def test_an_accepted_change_that_the_vm_does_not_show_is_not_called_changed(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", without_doing)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"], outcome.json["after"]) == (1, "failed", None)
    assert outcome.json["error"]["code"] == "change-not-made"
    assert program.identity_of("myVM") is None


def test_an_operation_without_end_is_given_up_after_two_hours(program: Program) -> None:
    program.operation_seconds = 100_000
    running = answering_with(200, {"status": "Dreaming"}, {"Retry-After": "86400"})
    program.when("GET", "/operations/", running, times=-1)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"]) == (7, "unknown")
    assert outcome.json["error"]["code"] == "operation-unfinished"
    assert "within 2 hours" in outcome.json["error"]["message"]
    assert 7_200 <= sum(program.time.slept) <= 2 * 7_200 + 60


def test_a_retry_after_that_is_obeyed_is_said_with_its_seconds(program: Program) -> None:
    running = answering_with(200, {"status": "InProgress"}, {"Retry-After": "9"})
    program.when("GET", "/operations/", running)

    outcome = program(f"enable-system myVM -g {GROUP} --verbose")

    assert "Azure asks to wait 9 s" in outcome.err


def test_a_400_on_a_write_computed_from_a_read_that_has_gone_stale_is_not_believed(program: Program) -> None:
    def stale(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        program.colleague("PATCH", vm_id("myVM"), {"tags": {"by": "a colleague"}})
        return answering(400, "InvalidParameter")(request, onward)

    program.when("PATCH", "virtualMachines/myVM", stale)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"], len(program.patches)) == (0, "changed", 2)


def test_a_400_is_believed_where_the_vm_has_not_moved(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", answering(400, "InvalidParameter"), times=-1)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"], program.shape) == (1, "failed", ["GET", "PATCH", "GET"])


def showing_no_ids(program: Program, times: int) -> None:
    """Have reads of the VM show attached identities as `{}`."""

    def act(_request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        answer = onward()
        document = answer.json()
        users = document.get("identity", {}).get("userAssignedIdentities", {})
        document["identity"]["userAssignedIdentities"] = {user: {} for user in users}
        return answering_with(200, document)(_request, onward)

    program.when("GET", "virtualMachines/myVM", act, skip=1, times=times)


@pytest.mark.parametrize("times", [1, 3, 99])
def test_an_identity_without_ids_after_success_is_read_again_and_then_asked_itself(
    program: Program, times: int
) -> None:
    showing_no_ids(program, times)

    outcome = program(f"add-user myVM -g {GROUP} --identity otherIdentity --role Reader --scope group")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    (user,) = outcome.json["after"]["userAssignedIdentities"].values()
    assert user["principalId"] == outcome.json["roleAssignments"][0]["principalId"]
    assert sum(program.time.slept) < 30
