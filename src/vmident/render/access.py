"""Access as a document, as flat rows and as lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from vmident.core.access.edges import Edge, Holding, IdentityEntry, principal_title
from vmident.core.access.finding import Finding, Severity
from vmident.core.access.inventory import Unread, name_of, scope_title
from vmident.core.access.rights import Privilege
from vmident.render.line import Line, Tone
from vmident.render.moment import utc
from vmident.results.access import AccessReport, IdentityAccess

_TONES = {Severity.HIGH: Tone.ERROR, Severity.MEDIUM: Tone.WARNING, Severity.LOW: Tone.PLAIN}
_NAMED_AT_MOST = 5
"""Members of a group that are named on its line; the JSON has all."""
HOW_TITLES = {
    "run-command": "run commands",
    "extension": "install extensions",
    "vm-write": "change the VM",
    "login": "sign in to the VM",
    "assign": "attach the identity",
    "federation-write": "add federated credentials",
    "federated-credential": "sign in from outside Azure",
    "role-write": "grant roles",
}


def access_document(report: AccessReport) -> dict[str, Any]:
    """Return `{"identities": […], "findings": […], "unread": [{"what", "why"}], "asOf"}`."""
    return {
        "identities": [_identity_document(one) for one in report.identities],
        "findings": [finding_document(one) for one in report.findings],
        "unread": [{"what": one.what, "why": one.why} for one in report.unread],
        "asOf": utc(report.as_of_seconds),
    }


def finding_document(one: Finding) -> dict[str, Any]:
    """Return `{"rule", "severity", "message", "identity", "resources", "remediation"}`."""
    return {
        "rule": one.rule,
        "severity": one.severity.value,
        "message": one.message,
        "identity": one.identity,
        "resources": list(one.resources),
        "remediation": one.remediation,
    }


def access_rows(report: AccessReport) -> list[dict[str, Any]]:
    """Return each edge as a flat row, for a table or tsv."""
    return [
        {
            "identity": one.identity.name,
            "type": identity_type(one.identity),
            "who": edge.principal_name or edge.principal_id,
            "group": edge.group_name or edge.group,
            "how": edge.how.value,
            "role": edge.role,
            "scope": edge.scope,
            "eligible": edge.eligible,
            "conditional": edge.condition is not None,
        }
        for one in report.identities
        for edge in one.can_become
    ]


def access_lines(report: AccessReport) -> Iterator[Line]:
    """Draw each identity with who can act as it and what it can do, then findings, then what was not read."""
    if report.without_identities:
        names = [f"'{name_of(one)}'" for one in report.without_identities]
        yield Line(f"{_listed(names)} {'has' if len(names) == 1 else 'have'} no identities.")
    elif not report.identities:
        yield Line("No identities found.")
    for one in report.identities:
        yield from _identity_lines(one, is_partial=bool(report.assignments_unread))
    yield from finding_lines(report.findings)
    yield from unread_lines(report.unread)


def unread_lines(unread: Sequence[Unread]) -> Iterator[Line]:
    """Draw what was not read, and why."""
    for one in unread:
        yield Line(f"{one.what[0].upper()}{one.what[1:]} not read: {one.why}", Tone.FAINT)


def quantity(count: int, one: str, several: str) -> str:
    """Return a count with its noun."""
    return f"{count} {one if count == 1 else several}"


def finding_lines(findings: Sequence[Finding]) -> Iterator[Line]:
    """Draw each finding with its remediation below it, then how many there are."""
    for one in findings:
        yield Line(f"{one.severity.value:<7} {one.rule}", _TONES[one.severity])
        yield Line(f"        {one.message}")
        for number, text in enumerate(one.remediation.split("\n")):
            yield Line(f"        {'Fix: ' if number == 0 else '     '}{text}", Tone.FAINT)
    yield from finding_count_lines(findings)


def finding_count_lines(findings: Sequence[Finding]) -> Iterator[Line]:
    """Draw how many findings there are, by severity."""
    title = quantity(len(findings), "finding", "findings")
    counts = [sum(one.severity is severity for one in findings) for severity in Severity]
    parts = [f"{count} {severity.value}" for count, severity in zip(counts, Severity, strict=True) if count]
    yield Line(f"{title}: {', '.join(parts)}." if findings else "No findings.", Tone.HEADING)


def _identity_lines(one: IdentityAccess, *, is_partial: bool) -> Iterator[Line]:
    entry = one.identity
    place = f" on {entry.machines_title}" if entry.machines and not entry.is_system else ""
    gone = " (does not exist)" if entry.is_missing else ""
    title = entry.title
    yield Line(f"{title[0].upper()}{title[1:]}{place}{gone}", Tone.HEADING)
    yield Line("  Who can act as it:" if one.can_become else "  Who can act as it: no one found")
    for who, texts in _by_principal(one.can_become).items():
        yield Line(f"    {who}")
        yield from (Line(f"      {text}", Tone.FAINT) for text in texts)
    none = f"  What it can do: no role assignments found{'; not all were read' if is_partial else ''}"
    yield Line("  What it can do:" if one.can_do else none)
    for holding in one.can_do:
        yield Line(f"    {_holding_text(holding)}", Tone.PLAIN if holding.privilege is Privilege.NONE else Tone.WARNING)


def _by_principal(edges: Sequence[Edge]) -> dict[str, list[str]]:
    """Return for each principal what its assignments allow it, an assignment on a line of its own.

    Members of a group are on a line below what the group can do.
    """
    by_source: dict[tuple[str, str], list[Edge]] = {}
    members: dict[str, dict[str, None]] = {}
    for edge in edges:
        if edge.group is None:
            by_source.setdefault((principal_title(edge), edge.source), []).append(edge)
        else:
            members.setdefault(edge.source, {})[edge.principal_name or edge.principal_id or ""] = None
    grouped: dict[str, list[str]] = {}
    for (who, source), found in by_source.items():
        lines = grouped.setdefault(who, [])
        lines.append(_source_text(found))
        if source in members:
            lines.append(f"members: {_listed(list(members[source]))}")
    return grouped


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {rest} more" if rest > 0 else "")


def _source_text(edges: Sequence[Edge]) -> str:
    first, ways = edges[0], ", ".join(HOW_TITLES[edge.how.value] for edge in edges)
    if first.role is None or first.scope is None:
        return f"{ways}: federated credential '{name_of(first.source)}'"
    return f"{ways}: role '{first.role}' on {scope_title(first.scope)}{_limits(first)}"


def _holding_text(holding: Holding) -> str:
    privilege = "" if holding.privilege is Privilege.NONE else f", {holding.privilege.value}"
    via = f" through group '{holding.group_name or holding.group}'" if holding.group else ""
    return f"role '{holding.role}' on {scope_title(holding.scope)}{via}{privilege}{_limits(holding)}"


def _limits(one: Edge | Holding) -> str:
    eligible = f" (eligible{f' until {one.expires[:10]}' if one.expires else ''})" if one.eligible else ""
    return f"{eligible}{' (conditional)' if one.condition else ''}"


def identity_type(entry: IdentityEntry) -> str:
    """Return `system` or `user`."""
    return "system" if entry.is_system else "user"


def _identity_document(one: IdentityAccess) -> dict[str, Any]:
    entry = one.identity
    return {
        "id": entry.id,
        "type": identity_type(one.identity),
        "name": entry.name,
        "principalId": entry.principal_id,
        "clientId": entry.client_id,
        "attachedTo": [machine.id for machine in entry.machines],
        "canBecome": [_edge_document(edge) for edge in one.can_become],
        "canDo": [holding_document(holding) for holding in one.can_do],
    }


def _edge_document(edge: Edge) -> dict[str, Any]:
    return {
        "principalId": edge.principal_id,
        "principalType": edge.principal_type,
        "principalName": edge.principal_name,
        "via": edge.via,
        "groupId": edge.group,
        "groupName": edge.group_name,
        "members": edge.member_count,
        "how": edge.how.value,
        "role": edge.role,
        "scope": edge.scope,
        "at": edge.at,
        "atCount": edge.at_count,
        "source": edge.source,
        "condition": edge.condition,
        "eligible": edge.eligible,
        "expires": edge.expires,
    }


def holding_document(one: Holding) -> dict[str, Any]:
    """Return a role of an identity as `canDo` has it."""
    return {
        "role": one.role,
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{one.role_guid}",
        "scope": one.scope,
        "privileged": one.privilege is not Privilege.NONE,
        "source": one.source,
        "condition": one.condition,
        "eligible": one.eligible,
        "expires": one.expires,
        "via": one.via,
        "groupId": one.group,
        "groupName": one.group_name,
    }
