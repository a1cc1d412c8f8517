"""What `access` and `report` return: who can act as which identity, what it can do, and what is wrong with that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from vmident.core.access.edges import Edge, Holding, IdentityEntry
    from vmident.core.access.estate import Unread
    from vmident.core.access.finding import Finding
    from vmident.core.access.summary import EstateSummary


class IdentityAccess(Struct, frozen=True):
    """One identity with its edges, and the roles that it has."""

    identity: IdentityEntry
    can_become: tuple[Edge, ...]
    can_do: tuple[Holding, ...]


class AccessReport(Struct, frozen=True):
    """Access as it was read; `as_of_seconds` is when (epoch)."""

    identities: tuple[IdentityAccess, ...]
    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    as_of_seconds: float


class EstateReport(Struct, frozen=True):
    """Access in whole subscriptions; `as_of_seconds` is when it was read (epoch)."""

    subscriptions: tuple[str, ...]
    summary: EstateSummary
    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    as_of_seconds: float
