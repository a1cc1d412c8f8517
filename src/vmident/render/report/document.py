"""The report of an inventory as a document, as flat rows and as lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vmident.core.access.rights import Privilege
from vmident.core.access.summary import IdentitySummary
from vmident.render.access import (
    finding_count_lines,
    finding_document,
    finding_lines,
    holding_document,
    identity_type,
    quantity,
    unread_lines,
)
from vmident.render.line import Line
from vmident.render.moment import utc
from vmident.results.access import SubscriptionReport


def report_document(report: SubscriptionReport) -> dict[str, Any]:
    """Return `{"subscriptions", "summary", "findings", "identities", "unread", "asOf"}`.

    `identities` have their roles and how many principals can act as each; `vmident access` has who these are.
    """
    return {
        "subscriptions": list(report.subscriptions),
        "summary": counts_of(report),
        "findings": [finding_document(one) for one in report.findings],
        "identities": [_identity_document(one, report) for one in report.summary.identities],
        "unread": [{"what": one.what, "why": one.why} for one in report.unread],
        "asOf": utc(report.as_of_seconds),
    }


def counts_of(report: SubscriptionReport) -> dict[str, int]:
    """Return how much there is of what."""
    summary = report.summary
    return {
        "machines": summary.machine_count,
        "identities": len(summary.identities),
        "unused": summary.unused_count,
        "missing": summary.missing_count,
        "privileged": sum(is_privileged(one) for one in summary.identities),
        "roleAssignments": summary.assignment_count,
    }


def is_privileged(one: IdentitySummary) -> bool:
    """Return whether an identity has a privileged role."""
    return any(role.privilege is not Privilege.NONE for role in one.roles)


def principal_count(one: IdentitySummary, report: SubscriptionReport) -> int:
    """Return how many principals and federated credentials lead to an identity."""
    routes = report.summary.route_sets[one.routes]
    return len({route.principal_id or route.source for route in routes})


def finding_rows(report: SubscriptionReport) -> list[dict[str, Any]]:
    """Return each finding as a flat row, for a table or tsv."""
    return [
        {"severity": one.severity.value, "rule": one.rule, "message": one.message, "identity": one.identity}
        for one in report.findings
    ]


def report_lines(report: SubscriptionReport, *, is_short: bool = False) -> Iterator[Line]:
    """Draw the counts, the findings or in short their number, and what was not read."""
    counts = counts_of(report)
    yield Line(
        f"{quantity(counts['machines'], 'VM or scale set', 'VMs and scale sets')}, "
        f"{quantity(counts['identities'], 'identity', 'identities')} ({counts['privileged']} with a privileged role), "
        f"{quantity(counts['roleAssignments'], 'role assignment', 'role assignments')}"
    )
    yield from finding_count_lines(report.findings) if is_short else finding_lines(report.findings)
    yield from unread_lines(report.unread)


def _identity_document(one: IdentitySummary, report: SubscriptionReport) -> dict[str, Any]:
    entry = one.identity
    return {
        "id": entry.id,
        "type": identity_type(entry),
        "name": entry.name,
        "principalId": entry.principal_id,
        "clientId": entry.client_id,
        "missing": entry.is_missing,
        "attachedTo": [machine.id for machine in entry.machines],
        "principals": principal_count(one, report),
        "canDo": [holding_document(role) for role in one.roles],
    }
