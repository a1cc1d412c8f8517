"""The report of an inventory as Markdown, for a pull request or a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vmident.core.access.finding import Finding, Severity
from vmident.render.moment import utc
from vmident.render.report.document import counts_of
from vmident.render.text import escape_control_characters
from vmident.results.access import SubscriptionReport

_COMMAND = re.compile(r"(|.*?: )((?:az|vmident) .+)", re.DOTALL)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")


def report_markdown(report: SubscriptionReport) -> str:
    """Return GitHub-flavored Markdown; names are escaped, so that none of them is markup or a link."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: SubscriptionReport) -> Iterator[str]:
    counts = counts_of(report)
    yield "# Managed identity report"
    yield ""
    yield f"As of {utc(report.as_of_seconds)}, subscriptions: {_text(', '.join(report.subscriptions))}"
    yield ""
    yield "| VMs and scale sets | Identities | Privileged | Unused | Missing | Role assignments |"
    yield "|---|---|---|---|---|---|"
    names = ("machines", "identities", "privileged", "unused", "missing", "roleAssignments")
    yield f"| {' | '.join(str(counts[name]) for name in names)} |"
    for severity in Severity:
        found = [one for one in report.findings if one.severity is severity]
        if found:
            yield from ("", f"## {severity.value.title()} ({len(found)})", "")
            for one in found:
                yield from _finding(one)
    if not report.findings:
        yield from ("", "No findings.")
    if report.unread:
        yield from ("", "## Not read", "")
        yield from (f"* {_text(one.what)}: {_text(one.why)}" for one in report.unread)


def _finding(one: Finding) -> Iterator[str]:
    yield f"* **{_text(one.rule)}** {_text(one.message)}"
    steps = map(_step, one.remediation.split("\n"))
    yield f"  <br>Fix: {'<br>'.join(steps)}"


def _step(text: str) -> str:
    """Return a step with its command, which ends it, as a code span."""
    found = _COMMAND.fullmatch(text)
    return f"{_text(found[1])}{_code(found[2])}" if found else _text(text)


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", escape_control_characters(text))


def _code(text: str) -> str:
    """Return a code span, fenced by more backticks than the text has in a row."""
    shown = escape_control_characters(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{padding}{shown}{padding}{fence}"
