"""What `doctor` found, as a document and as lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from vmident.core.diagnosis import Check, CheckStatus
from vmident.core.vm_kind import capitalized, is_machine, titled
from vmident.render.document import change_document
from vmident.render.history import history_document, last_change_text
from vmident.render.human import change_lines
from vmident.render.line import Line, Tone
from vmident.results.account import DoctorReport
from vmident.results.changes import ChangeResult

_TONES = {
    CheckStatus.OK: Tone.PLAIN,
    CheckStatus.SKIPPED: Tone.FAINT,
    CheckStatus.WARNING: Tone.WARNING,
    CheckStatus.PROBLEM: Tone.ERROR,
}


def diagnosis_document(found: DoctorReport, fixed: Sequence[ChangeResult], *, names_vms: bool) -> dict[str, Any]:
    """Return `{"ok", "checks": [{"vm"?, "check", "verdict", "message", "hint"}], "changes", "fixed"}`.

    `changes` are who last changed what findings are about, as `history` has them; `fixed` are results of changes.
    """
    return {
        "ok": not any(one.has_failed for one in found.findings),
        "checks": check_rows(found, names_vms=names_vms),
        "changes": [history_document(one) for vm in found.vms for one in vm.changes],
        "fixed": [change_document(one) for one in fixed],
    }


def check_rows(found: DoctorReport, *, names_vms: bool) -> list[dict[str, Any]]:
    """Return each check as a flat row, with its VM where VMs are named.

    That is the VM's id, the word as typed for one that is not there, and `None` for what is the same for all VMs.
    """
    rows: list[tuple[str | None, Check]] = [(None, one) for one in found.general]
    rows += [(str(vm.vm or vm.word), one) for vm in found.vms for one in vm.findings]
    return [({"vm": vm} if names_vms else {}) | _row(finding) for vm, finding in rows]


def _row(finding: Check) -> dict[str, Any]:
    return {
        "check": finding.check,
        "verdict": finding.verdict.value,
        "message": finding.message,
        "hint": finding.hint,
    }


def diagnosis_lines(
    found: DoctorReport, fixed: Sequence[ChangeResult], now_seconds: float, *, names_vms: bool
) -> Iterator[Line]:
    """Draw what was mended, then each check on a line of its own with its way out below it, then the sum.

    Where VMs are named, each has a line above its checks. Who last changed what findings are about is below the checks.
    """
    for one in fixed:
        yield from change_lines(one)
    yield from _check_lines(found.general)
    for vm in found.vms:
        if names_vms:
            yield Line(f"{vm.vm.name} ({vm.vm.group})" if vm.vm else vm.word, Tone.HEADING)
        yield from _check_lines(vm.findings)
        for change in vm.changes:
            what = capitalized(titled(change.vm)) if is_machine(change.vm) else f"Identity '{change.vm.name}'"
            text = f"{what} was {last_change_text(change, now_seconds)}."
            yield Line(f"{'':<8} {'history':<13}  {text}", Tone.FAINT)
    yield Line(_sum(Counter(one.verdict for one in found.findings)), Tone.HEADING)


def _sum(counts: Counter[CheckStatus]) -> str:
    """Return `All checks passed.`, `1 of 11 checks failed.` or `72 checks: 2 problems, 3 warnings, 1 skipped.`."""
    problems, warnings, skipped = (
        counts[one] for one in (CheckStatus.PROBLEM, CheckStatus.WARNING, CheckStatus.SKIPPED)
    )
    checks = _counted(counts.total(), "check")
    if not warnings and not skipped:
        return f"{problems} of {checks} failed." if problems else "All checks passed."
    parts = [_counted(problems, "problem")] if problems else []
    parts += [_counted(warnings, "warning")] if warnings else []
    parts += [f"{skipped} skipped"] if skipped else []
    return f"{checks}: {', '.join(parts if problems or warnings else ['no problems', *parts])}."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _check_lines(findings: Sequence[Check]) -> Iterator[Line]:
    for finding in findings:
        yield Line(f"{finding.verdict.value:<8} {finding.check:<13}  {finding.message}", _TONES[finding.verdict])
        if finding.hint:
            for text in finding.hint.split("\n"):
                yield Line(f"{'':<24}{text}", Tone.FAINT)
