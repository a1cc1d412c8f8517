"""What the token service answered, judged against what ARM says."""

from __future__ import annotations

import pytest

from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.resource_id import user_identity_id, vm_id
from vmident.core.resources import IdentityResource
from vmident.core.verification.checks import Principal, plan_checks, with_current_identity
from vmident.core.verification.output import TokenAnswer
from vmident.core.verification.verdict import CheckResult, TokenCheckStatus, VmContext, judge

VM = vm_id("s", "g", "web")
A = user_identity_id("s", "g", "idA")
STATE = IdentityState(SystemIdentity("P-System", "t"), {A: UserIdentity("c-a", "p-a")})
OF_SYSTEM, OF_A = Principal("p-system", "c-system", str(VM)), Principal("P-A", "c-a", str(A).lower())


def results(
    default: TokenAnswer, user: TokenAnswer, state: IdentityState = STATE, *, guarded: bool = False
) -> list[CheckResult]:
    checks, _ = plan_checks(VM, state)
    return [*judge(checks, {"": default, "client_id=c-a": user}, VmContext(VM, guarded))]


def user_result(answer: TokenAnswer, *, guarded: bool = False) -> CheckResult:
    return results(TokenAnswer(200, OF_SYSTEM), answer, guarded=guarded)[-1]


def test_tokens_of_the_principals_that_arm_shows_are_ok_in_whatever_case() -> None:
    found = results(TokenAnswer(200, OF_SYSTEM), TokenAnswer(200, OF_A))
    assert [(one.check.identity, one.status, one.hint) for one in found] == [
        ("default", TokenCheckStatus.OK, None),
        ("system", TokenCheckStatus.OK, None),
        (str(A), TokenCheckStatus.OK, None),
    ]
    assert found[0].message == "The token is for principal p-system."


def test_a_check_without_an_answer_has_no_result() -> None:
    checks, _ = plan_checks(VM, STATE)
    assert judge(checks, {"client_id=c-a": TokenAnswer(0)}, VmContext(VM))[0].check.identity == str(A)


@pytest.mark.parametrize(
    ("answer", "status", "message", "advice"),
    [
        (TokenAnswer(0), "unreachable", "No response from the token service", "firewall"),
        (TokenAnswer(403, text="No."), "refused", "with status 403 (No).", "proxy agent or firewall"),
        (TokenAnswer(401), "refused", "with status 401.", "proxy agent or firewall"),
        (TokenAnswer(400, text="Identity not found"), "not-issued", "(Identity not found)", "vmident remove-user"),
        (TokenAnswer(400), "not-issued", "status 400.", "vmident add-user"),
        (TokenAnswer(400, text="AADSTS500011"), "not-issued", "(AADSTS500011)", "--resource"),
        (TokenAnswer(410), "not-issued", "status 410", "being updated"),
        (TokenAnswer(404), "not-issued", "status 404", "being updated"),
        (TokenAnswer(429), "not-issued", "status 429", "busy"),
        (TokenAnswer(503), "not-issued", "status 503", "busy"),
        (TokenAnswer(200), "not-issued", "status 200", "what responds"),
        (TokenAnswer(200, Principal(None, "c-a")), "not-issued", "status 200", "what responds"),
        (TokenAnswer(200, Principal("p-old", "c-a")), "wrong-principal", "principal p-old, not for p-a.", "add-user"),
        (TokenAnswer(200, Principal("p-system")), "wrong-principal", "(system-assigned identity)", "add-user"),
        (TokenAnswer(200, Principal("p-a", "c-old")), "wrong-principal", "client ID c-old, not c-a.", "remove-user"),
        (TokenAnswer(200, Principal("p-a", "c-a", "/moved")), "ok", "Its resource is /moved.", None),
    ],
)
def test_each_answer_has_a_status_and_advice(
    answer: TokenAnswer, status: str, message: str, advice: str | None
) -> None:
    # The name of a principal is found as ARM spells it.
    state = IdentityState(SystemIdentity("p-system", "t"), STATE.users)
    found = results(TokenAnswer(200, OF_SYSTEM), answer, state)[-1]
    assert found.status.value == status
    assert message in found.message
    assert (advice or "") in (found.hint or "")
    assert (found.hint is None) == (advice is None)


def test_a_guarded_token_service_is_told_from_a_firewall() -> None:
    assert "Metadata Security Protocol" in str(user_result(TokenAnswer(403), guarded=True).hint)


def test_a_stale_system_assigned_identity_has_advice_of_its_own() -> None:
    stale = Principal("p-before", "c", str(VM))
    found = results(TokenAnswer(200, stale), TokenAnswer(200, OF_A))
    assert found[0].status is found[1].status is TokenCheckStatus.WRONG_PRINCIPAL
    assert "az vm restart" in str(found[1].hint)


@pytest.mark.parametrize(
    ("resource", "answer", "message", "advice"),
    [
        (IdentityResource(A, "r", "c-n", "p-n"), TokenAnswer(200, OF_A), "not for p-n.", "attach it again: vmident"),
        (IdentityResource(A, "r", "c-n", "p-n"), TokenAnswer(400), "status 400", "attach it again: vmident"),
        (IdentityResource(A, "r", "c-a", "p-a"), TokenAnswer(400), "status 400", "--instance-ids 3"),
        (None, TokenAnswer(200, OF_A), "no longer exists", "Detach it: vmident remove-user"),
        (None, TokenAnswer(400), "status 400", "Detach it: vmident remove-user"),
    ],
)
def test_the_advice_follows_what_became_of_the_identity(
    resource: IdentityResource | None, answer: TokenAnswer, message: str, advice: str
) -> None:
    checks, _ = plan_checks(VM, STATE)
    check = with_current_identity(checks[-1], resource)
    (found,) = judge([check], {"client_id=c-a": answer}, VmContext(VM, instance="3"))
    assert (message in found.message, advice in str(found.hint)) == (True, True)
    assert ("add-user" in str(found.hint)) == ("attach it again" in advice)


def test_an_identity_whose_principal_azure_does_not_show_yet_is_not_taken_for_verified() -> None:
    state = IdentityState(SystemIdentity(), {})
    (default, _) = results(TokenAnswer(200, OF_SYSTEM), TokenAnswer(0), state)
    assert (default.status, default.hint) == (TokenCheckStatus.WRONG_PRINCIPAL, "Try again, or use --watch.")
