"""What `access` and `report` return: who can act as which identity, what it can do, and what is wrong with that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmident.core.access.access_map import Edge, Holding, IdentityEntry
    from vmident.core.access.estate import Unread
    from vmident.core.access.finding import Finding
    from vmident.core.access.summary import EstateSummary


@dataclass(frozen=True)
class IdentityAccess:
    """One identity with its edges, and the roles that it has."""

    identity: IdentityEntry
    can_become: tuple[Edge, ...]
    can_do: tuple[Holding, ...]


@dataclass(frozen=True)
class AccessReport:
    """Access as it was read; `as_of_seconds` is when (epoch)."""

    identities: tuple[IdentityAccess, ...]
    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    as_of_seconds: float


@dataclass(frozen=True)
class EstateReport:
    """Access in whole subscriptions; `as_of_seconds` is when it was read (epoch)."""

    subscriptions: tuple[str, ...]
    summary: EstateSummary
    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    as_of_seconds: float
