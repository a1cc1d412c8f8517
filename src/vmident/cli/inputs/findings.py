"""Rules and ignored findings, as typed and as read from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.cli.inputs.desired_state_file import text_of
from vmident.core.access.finding import Severity, is_at_least
from vmident.core.access.findings import RULES
from vmident.core.naming import did_you_mean
from vmident.errors import ExitCode, FindingsIncomplete, UsageError
from vmident.usecases.access.show_access import FindingFilter

if TYPE_CHECKING:
    from vmident.cli.options.access import FindingOptions
    from vmident.cli.run import Run
    from vmident.results.access import AccessReport, SubscriptionReport

_KNOWN = tuple(one.id for one in RULES)


def finding_filter(options: FindingOptions, run: Run) -> FindingFilter:
    """Return the checked filter; raises `UsageError` for an unknown rule, and for a file that cannot be read."""
    rules = tuple(map(_checked_rule, options.rule or ()))
    if options.ignore is None:
        return FindingFilter(rules)
    lines = [line.partition("#")[0].strip() for line in text_of(options.ignore, run).splitlines()]
    ignored = tuple(line for line in lines if line)
    for line in ignored:
        _checked_rule(line.partition(":")[0])
    return FindingFilter(rules, ignored)


def exit_code_of(report: AccessReport | SubscriptionReport, fail_on: Severity | None) -> ExitCode:
    """Return 10 where a finding is at least as severe as `--fail-on`.

    Raises `FindingsIncomplete` where none is, and role assignments that were not read could be one.
    """
    if fail_on is None:
        return ExitCode.DONE
    if any(is_at_least(one, fail_on) for one in report.findings):
        return ExitCode.PENDING
    if report.assignments_unread:
        places = ", ".join(sorted(report.assignments_unread))
        raise FindingsIncomplete(
            f"--fail-on cannot be evaluated: not all role assignments of subscription {places} were read.",
            hint="Use an account with the role 'Reader' on the whole subscription.",
        )
    return ExitCode.DONE


def _checked_rule(rule: str) -> str:
    if rule not in _KNOWN:
        raise UsageError(
            f"Unknown rule '{rule}'.{did_you_mean(rule, _KNOWN)}", hint=f"The rules are {', '.join(_KNOWN)}."
        )
    return rule
