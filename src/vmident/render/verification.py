"""What `verify` found, as a document, as rows and as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vmident.core.verification.checks import Principal
from vmident.core.verification.verdict import CheckResult, TokenCheckStatus
from vmident.core.vm_kind import ONLY_VMS, VmKind, counted, numbered
from vmident.render.document import error_document, warning_document
from vmident.render.human import ONE_BY_ONE_AT_MOST
from vmident.render.line import Line, Tone
from vmident.results.verification import VerificationStatus, VmVerification

_TONES: Mapping[VerificationStatus, Tone] = {
    VerificationStatus.VERIFIED: Tone.HEADING,
    VerificationStatus.FAILED: Tone.ERROR,
    VerificationStatus.SKIPPED: Tone.WARNING,
    VerificationStatus.UNKNOWN: Tone.WARNING,
}


def verification_document(result: VmVerification) -> dict[str, Any]:
    """Return `{"id", "name", "status", "checks": [CHECK], "warnings", "error"}`; design, section 12."""
    return {
        "id": str(result.id) if result.id else None,
        "name": result.name,
        **({"instance": result.instance} if result.instance is not None else {}),
        "status": result.status.value,
        "checks": [_check_document(one) for one in result.checks],
        "warnings": [warning_document(one) for one in result.warnings],
        "error": error_document(result.error) if result.error else None,
    }


def _check_document(result: CheckResult) -> dict[str, Any]:
    expected = result.check.expected
    return {
        "identity": result.check.identity,
        "status": result.status.value,
        "expected": {"principalId": expected.principal_id, "clientId": expected.client_id},
        "actual": _principal_document(result.actual) if result.actual else None,
        "message": result.message,
        "hint": result.hint,
    }


def _principal_document(principal: Principal) -> dict[str, Any]:
    return {
        "principalId": principal.principal_id,
        "clientId": principal.client_id,
        "resourceId": principal.resource_id,
    }


def verification_rows(results: Sequence[VmVerification]) -> list[dict[str, Any]]:
    """Return a row for each check, and one for each VM without checks."""
    return [row for result in results for row in _rows(result)]


def _rows(result: VmVerification) -> list[dict[str, Any]]:
    vm = {"name": result.name, "status": result.status.value}
    nothing = {"identity": None, "check": None, "principalId": None}
    return [
        {
            **vm,
            "identity": one.check.identity,
            "check": one.status.value,
            "principalId": one.actual.principal_id if one.actual else None,
        }
        for one in result.checks
    ] or [{**vm, **nothing}]


def verification_lines(results: Sequence[VmVerification], kinds: Sequence[VmKind] = ONLY_VMS) -> Iterator[Line]:
    """Draw each VM with its checks, and how many ended how; `kinds` are what names that were not found may be of."""
    are_many = len(results) > ONE_BY_ONE_AT_MOST
    for one in results:
        if not (are_many and one.status is VerificationStatus.VERIFIED):
            yield from vm_verification_lines(one)
    if len(results) > 1:
        counts = {status: sum(one.status is status for one in results) for status in VerificationStatus}
        ended = ", ".join(f"{count} {status.value}" for status, count in counts.items() if count)
        ids = [one.id for one in results if one.id]
        number = counted(ids) if len(ids) == len(results) else numbered(len(results), kinds)
        yield Line(f"{number}: {ended}", Tone.HEADING)


def vm_verification_lines(result: VmVerification) -> Iterator[Line]:
    """Draw one VM: how it ended, and each check with whose token it got, or why none and what to do about it."""
    place = f" ({result.id.group})" if result.id else ""
    if result.instance is not None:
        place += f", instance {result.instance}"
    yield Line(f"{result.name}{place}: {result.status.value}", _TONES[result.status])
    hints: set[str] = set()
    for one in result.checks:
        if one.status is TokenCheckStatus.OK:
            yield Line(f"  ok  {one.check.name}  {one.actual.principal_id if one.actual else ''}")
            continue
        yield Line(f"  !   {one.check.name}: {one.status.value}", Tone.ERROR)
        yield Line(f"{'':<6}{one.message}")
        # The default identity has the advice of the identity that it is.
        if one.hint and one.hint not in hints:
            hints.add(one.hint)
            yield Line(f"{'':<6}{one.hint}", Tone.FAINT)
