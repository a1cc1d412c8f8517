"""The last line of what `doctor` prints."""

from __future__ import annotations

import pytest

from vmident.core.diagnosis import Check, CheckStatus
from vmident.render.diagnosis import diagnosis_lines
from vmident.results.account import DoctorReport

OK, WARNING, PROBLEM, SKIPPED = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.PROBLEM, CheckStatus.SKIPPED


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        ([OK], "All checks passed."),
        ([PROBLEM], "1 of 1 check failed."),
        ([OK, PROBLEM], "1 of 2 checks failed."),
        ([OK, PROBLEM, PROBLEM], "2 of 3 checks failed."),
        ([OK, WARNING], "2 checks: 1 warning."),
        ([OK, SKIPPED], "2 checks: no problems, 1 skipped."),
        ([OK, *[PROBLEM] * 2, *[WARNING] * 3, SKIPPED], "7 checks: 2 problems, 3 warnings, 1 skipped."),
    ],
)
def test_the_last_line_counts_problems_warnings_and_skipped_checks_apart(
    verdicts: list[CheckStatus], text: str
) -> None:
    report = DoctorReport(tuple(Check("vm", one, "Seen.") for one in verdicts))
    *_, last = diagnosis_lines(report, (), 0.0, names_vms=False)
    assert last.text == text
