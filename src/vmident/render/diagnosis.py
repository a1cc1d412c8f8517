"""What `doctor` found, as a document and as lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from vmident.account_results import Diagnosis
from vmident.core.diagnosis import Finding, Verdict
from vmident.render.document import change_document
from vmident.render.human import change_lines
from vmident.render.line import Line, Tone
from vmident.results import ChangeResult

_TONES = {
    Verdict.OK: Tone.PLAIN,
    Verdict.SKIPPED: Tone.FAINT,
    Verdict.WARNING: Tone.WARNING,
    Verdict.PROBLEM: Tone.ERROR,
}


def diagnosis_document(found: Diagnosis, fixed: Sequence[ChangeResult]) -> dict[str, Any]:
    """Give `{"ok", "checks": [{"check", "verdict", "message", "hint"}], "fixed": [change]}`."""
    return {
        "ok": not any(one.is_amiss for one in found.findings),
        "checks": [finding_row(one) for one in found.findings],
        "fixed": [change_document(one) for one in fixed],
    }


def finding_row(finding: Finding) -> dict[str, Any]:
    """Give one check as a flat row."""
    return {
        "check": finding.check,
        "verdict": finding.verdict.value,
        "message": finding.message,
        "hint": finding.hint,
    }


def diagnosis_lines(found: Diagnosis, fixed: Sequence[ChangeResult]) -> Iterator[Line]:
    """Draw what was mended, then each check on a line of its own with its way out below it, then the sum."""
    for one in fixed:
        yield from change_lines(one)
    for finding in found.findings:
        yield Line(f"{finding.verdict.value:<8} {finding.check:<13}  {finding.message}", _TONES[finding.verdict])
        if finding.hint:
            yield Line(f"{'':<24}{finding.hint}", Tone.FAINT)
    amiss = sum(one.is_amiss for one in found.findings)
    yield Line(f"{amiss} of {len(found.findings)} checks found something." if amiss else "All is well.", Tone.HEADING)
