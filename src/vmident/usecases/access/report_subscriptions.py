"""Report access in whole subscriptions: a summary of all identities, and the findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vmident.core.access.access_map import AccessMap
from vmident.core.access.finding import selected
from vmident.core.access.findings import findings
from vmident.core.access.summary import summary_of
from vmident.results.access import SubscriptionReport
from vmident.usecases.access.read_directory import with_groups

if TYPE_CHECKING:
    from vmident.ports.access import AccessRows, Directory
    from vmident.usecases.access.show_access import FindingFilter


def report_subscriptions(
    subscriptions: Sequence[str],
    rows: AccessRows,
    chosen: FindingFilter,
    as_of_seconds: float,
    *,
    directory: Directory | None = None,
) -> SubscriptionReport:
    """Read the rows of the subscriptions, with a directory also groups and names, and decide."""
    access = AccessMap(with_groups(rows.inventory(subscriptions), directory))
    found = selected(findings(access), chosen.rules, chosen.ignored)
    unread, of_assignments = access.unread, access.inventory.assignments_unread
    return SubscriptionReport(tuple(subscriptions), summary_of(access), found, unread, as_of_seconds, of_assignments)
