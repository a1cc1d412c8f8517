"""A finding about access: its rule, how severe it is, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from vmident.core.access.inventory import FederatedCredential, lower, name_of, subscription_of
from vmident.core.shell import command_line


class Severity(Enum):
    """How much a finding matters; in this order."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Return 0 for the highest."""
        return list(Severity).index(self)

    def lowered(self) -> Severity:
        """Return the next lower severity."""
        return list(Severity)[min(self.rank + 1, 2)]


class Finding(NamedTuple):
    """One finding; `identity` is the ID of a user-assigned identity or of the machine of a system-assigned one."""

    rule: str
    severity: Severity
    message: str
    identity: str | None
    resources: tuple[str, ...]
    remediation: str


class FindingRule(NamedTuple):
    """A rule: its permanent ID, what it looks for, and what a finding of it means."""

    id: str
    title: str
    meaning: str


def delete_assignment(assignment: str) -> str:
    """Return the command that deletes a role assignment."""
    return command_line("az", "role", "assignment", "delete", "--ids", assignment)


def delete_credential(one: FederatedCredential) -> str:
    """Return the command that deletes a federated credential."""
    group, name = one.identity.split("/")[4], name_of(one.identity)
    credential = ["federated-credential", "delete", "--name", name_of(one.id), "--identity-name", name]
    subscription = subscription_of(one.identity) or ""
    return command_line("az", "identity", *credential, "-g", group, "--subscription", subscription)


def selected(found: Iterable[Finding], rules: Iterable[str] = (), ignored: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Return the findings of `rules` (all where it is empty), less the `ignored`: `RULE` or `RULE:RESOURCE_ID`."""
    chosen, passed = frozenset(rules), frozenset(lower(one) for one in ignored)
    return tuple(one for one in found if (not chosen or one.rule in chosen) and not _names(one) & passed)


def is_at_least(finding: Finding, severity: Severity) -> bool:
    """Return whether a finding is of this severity or a higher one."""
    return finding.severity.rank <= severity.rank


def _names(finding: Finding) -> frozenset[str]:
    resources = (*finding.resources, finding.identity or "")
    return frozenset({finding.rule, *(f"{finding.rule}:{lower(one)}" for one in resources)})
