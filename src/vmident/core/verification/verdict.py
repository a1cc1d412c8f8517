"""Whether an identity works inside a VM: what the token service answered, compared with what ARM says.

    no HTTP answer                                        unreachable
    401, 403                                              refused: the Metadata Security Protocol, or something like it
    any other status, or 200 without a token              not-issued
    a token of the principal that ARM shows               ok
    any other token, or ARM shows no principal            wrong-principal

A user-assigned identity that was deleted and created again gives both: the token service answers with a cached token of
the old principal for about 24 hours (`wrong-principal`), and with 'Identity not found' after that (`not-issued`).
Sources: Microsoft's 'Managed identities frequently asked questions' (tokens are cached, and stay valid after a
deletion) and issues 725 and 1102 of Azure/aad-pod-identity.

The principal ID decides, as roles are granted to it. A client ID counts where ARM shows one. The resource ID is told in
the message where it differs: it keeps its spelling when a VM is moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct

from vmident.core.resource_id import ResourceId
from vmident.core.shell import command_line
from vmident.core.verification.checks import DEFAULT, SYSTEM, Attachment, Principal, TokenCheck
from vmident.core.verification.host import restart_command
from vmident.core.verification.output import OK, TokenAnswer

_REFUSALS = frozenset({401, 403})
_BEING_UPDATED = frozenset({404, 410})
_THROTTLED = 429
_NO_SUCH_IDENTITY = "identity not found"


class TokenCheckStatus(Enum):
    """How one check ended."""

    OK = "ok"
    WRONG_PRINCIPAL = "wrong-principal"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NOT_ISSUED = "not-issued"


class CheckResult(Struct, frozen=True):
    """One check: whose token was expected, whose it is (`None` without a token), one sentence, and what to do."""

    check: TokenCheck
    status: TokenCheckStatus
    actual: Principal | None
    message: str
    hint: str | None = None


class VmContext(Struct, frozen=True):
    """What advice about a VM depends on: its ID, and whether the Metadata Security Protocol is enforced on it.

    `instance` is that of a scale set.
    """

    vm: ResourceId
    enforces_metadata_security: bool = False
    instance: str | None = None


def judge(
    checks: Sequence[TokenCheck], answers: Mapping[str, TokenAnswer], context: VmContext
) -> tuple[CheckResult, ...]:
    """Judge the checks that there is an answer to, by the selector of their requests."""
    names = {one.expected.principal_id: one.name for one in checks if one.identity != DEFAULT}
    return tuple(
        _judge(one, answers[one.request.selector], context, names) for one in checks if one.request.selector in answers
    )


def _judge(check: TokenCheck, answer: TokenAnswer, context: VmContext, names: Mapping[str | None, str]) -> CheckResult:
    if answer.principal is not None and answer.principal.principal_id is not None:
        return _compare(check, answer.principal, context, names)
    if answer.status == 0:
        return CheckResult(
            check,
            TokenCheckStatus.UNREACHABLE,
            None,
            "No response from the token service at 169.254.169.254.",
            "Check the firewall and the routes inside the VM: 169.254.169.254 must be reachable without a proxy.",
        )
    if answer.status in _REFUSALS:
        return _refused(check, answer, context)
    return _not_issued(check, answer, context)


def _compare(check: TokenCheck, actual: Principal, context: VmContext, names: Mapping[str | None, str]) -> CheckResult:
    expected = check.expected
    whose = f"principal {actual.principal_id}"
    if check.attachment is Attachment.DELETED:
        message = f"The token is for {whose}, but the identity no longer exists."
        return CheckResult(check, TokenCheckStatus.WRONG_PRINCIPAL, actual, message, _stale(check, context))
    if expected.principal_id is None:
        return CheckResult(
            check,
            TokenCheckStatus.WRONG_PRINCIPAL,
            actual,
            f"The token is for {whose}, but Azure does not show the principal of the identity yet.",
            "Try again, or use --watch.",
        )
    same_principal = _is_same(actual.principal_id, expected.principal_id)
    same_client = expected.client_id is None or _is_same(actual.client_id, expected.client_id)
    if same_principal and same_client:
        other = actual.resource_id if not _is_same(actual.resource_id, expected.resource_id) else None
        named = f" Its resource is {other}." if other else ""
        return CheckResult(check, TokenCheckStatus.OK, actual, f"The token is for {whose}.{named}")
    if same_principal:
        message = f"The token is for {whose} with client ID {actual.client_id}, not {expected.client_id}."
    else:
        name = names.get(actual.principal_id)
        message = f"The token is for {whose}{f' ({name})' if name else ''}, not for {expected.principal_id}."
    return CheckResult(check, TokenCheckStatus.WRONG_PRINCIPAL, actual, message, _stale(check, context))


def _refused(check: TokenCheck, answer: TokenAnswer, context: VmContext) -> CheckResult:
    enforced = "The Metadata Security Protocol is enforced on this VM and may not allow the script."
    return CheckResult(
        check,
        TokenCheckStatus.REFUSED,
        None,
        f"The token service rejected the request with status {answer.status}{_said(answer)}.",
        f"{enforced} Other programs may still get a token: check the VM's access rules for IMDS."
        if context.enforces_metadata_security
        else "Check the VM for a proxy agent or firewall that restricts access to 169.254.169.254.",
    )


def _not_issued(check: TokenCheck, answer: TokenAnswer, context: VmContext) -> CheckResult:
    message = f"The token service issued no token: status {answer.status}{_said(answer)}."
    if answer.status in _BEING_UPDATED:
        hint = "The VM's identities are being updated. Try again in a minute, or use --watch."
    elif answer.status == _THROTTLED or answer.status >= 500:
        hint = "The token service is busy. Try again in a minute, or use --watch."
    elif answer.status == OK:
        hint = "Check what responds at 169.254.169.254 inside the VM."
    elif _NO_SUCH_IDENTITY in answer.text.lower() or (not answer.text and check.identity not in (SYSTEM, DEFAULT)):
        hint = _stale(check, context)
    else:
        hint = "Check --resource: the tenant must have an application with that URL."
    return CheckResult(check, TokenCheckStatus.NOT_ISSUED, None, message, hint)


def _stale(check: TokenCheck, context: VmContext) -> str:
    """Return what to do about a VM that does not have the identity that ARM shows, or an earlier one of its name."""
    restart = f"restart the VM: {restart_command(context.vm, context.instance)}"
    if check.user is None:
        return (
            "A token of an earlier identity can be cached for about 24 hours. Use --watch to wait for the change, or "
            f"{restart}"
        )
    if check.attachment is Attachment.CURRENT:
        return f"The token service has outdated data about the VM. Use --watch to wait for the change, or {restart}"
    detach = command_line("vmident", "remove-user", context.vm, "--identity", check.user)
    if check.attachment is Attachment.DELETED:
        return f"The identity was deleted. Detach it: {detach}"
    attach = command_line("vmident", "add-user", context.vm, "--identity", check.user)
    if check.attachment is Attachment.RECREATED:
        return (
            "The identity was deleted and created again after it was attached. Detach it and attach it again: "
            f"{detach} && {attach}"
        )
    return f"If the identity was deleted and created again, detach it and attach it again: {detach} && {attach}"


def _said(answer: TokenAnswer) -> str:
    return f" ({answer.text.strip().rstrip('.')})" if answer.text.strip() else ""


def _is_same(one: str | None, other: str | None) -> bool:
    return (one or "").lower() == (other or "").lower()
