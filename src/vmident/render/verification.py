"""What `verify` found, as rows and as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vmident.core.verification.verdict import TokenCheckStatus
from vmident.core.vm_kind import ONLY_VMS, VmKind, counted, numbered
from vmident.render.line import ONE_BY_ONE_AT_MOST, Line, Tone
from vmident.results.verification import VerificationStatus, VmVerification

_TONES: Mapping[VerificationStatus, Tone] = {
    VerificationStatus.VERIFIED: Tone.HEADING,
    VerificationStatus.FAILED: Tone.ERROR,
    VerificationStatus.SKIPPED: Tone.WARNING,
    VerificationStatus.UNKNOWN: Tone.WARNING,
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
