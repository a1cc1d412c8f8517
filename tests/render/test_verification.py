"""What people read of verifications."""

from __future__ import annotations

from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.resource_id import user_identity_id, vm_id
from vmident.core.verification.checks import plan_checks
from vmident.core.verification.output import TokenAnswer
from vmident.core.verification.verdict import VmContext, judge
from vmident.errors import VmNotVerified
from vmident.render.verification import verification_lines
from vmident.results.verification import VerificationStatus, VmVerification

VM = vm_id("s", "g", "web")
STATE = IdentityState(SystemIdentity("p"), {user_identity_id("s", "g", "idA"): UserIdentity("c", "p-a")})


def verification(default: TokenAnswer, user: TokenAnswer, status: VerificationStatus) -> VmVerification:
    checks, _ = plan_checks(VM, STATE)
    return VmVerification("web", status, VM, judge(checks, {"": default, "client_id=c": user}, VmContext(VM)))


def test_a_check_that_failed_says_why_and_what_to_do() -> None:
    gone = TokenAnswer(400, text="Identity not found")
    failed = verification(gone, gone, VerificationStatus.FAILED)
    texts = [line.text for line in verification_lines([failed])]
    assert texts[:3] == [
        "web (g): failed",
        "  !   default (system-assigned identity): not-issued",
        "      The token service issued no token: status 400 (Identity not found).",
    ]
    assert texts[-1].startswith("      If the identity was deleted and created again, ")
    assert ": vmident remove-user " in texts[-1]


def test_the_advice_of_the_default_identity_is_said_once() -> None:
    gone = TokenAnswer(0)
    texts = [line.text for line in verification_lines([verification(gone, gone, VerificationStatus.FAILED)])]
    assert sum("firewall" in text for text in texts) == 1


def test_many_are_those_that_were_not_verified_and_a_count() -> None:
    fine = VmVerification("web", VerificationStatus.VERIFIED, VM)
    skipped = VmVerification("nope", VerificationStatus.SKIPPED, error=VmNotVerified("x"))
    texts = [line.text for line in verification_lines([fine] * 20 + [skipped])]
    assert texts == ["nope: skipped", "21 VMs: 20 verified, 1 skipped"]
