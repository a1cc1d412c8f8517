"""What `access` and `report` return: who can act as which identity, what it can do, and what is wrong with that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from vmident.core.access.edges import Edge, Holding, IdentityEntry
    from vmident.core.access.finding import Finding
    from vmident.core.access.inventory import Unread
    from vmident.core.access.summary import AccessSummary


class IdentityAccess(Struct, frozen=True):
    """One identity with its edges, and the roles that it has."""

    identity: IdentityEntry
    can_become: tuple[Edge, ...]
    can_do: tuple[Holding, ...]


class AccessReport(Struct, frozen=True):
    """Access as it was read; `as_of_seconds` is when (epoch).

    `without_identities` are the IDs of machines that were asked about and have no identity.
    `assignments_unread` are the subscriptions whose role assignments were not all read.
    """

    identities: tuple[IdentityAccess, ...]
    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    as_of_seconds: float
    assignments_unread: frozenset[str] = frozenset()
    without_identities: tuple[str, ...] = ()


class SubscriptionReport(Struct, frozen=True):
    """Access in whole subscriptions; `as_of_seconds` is when it was read (epoch).

    `assignments_unread` are the subscriptions whose role assignments were not all read.
    """

    subscriptions: tuple[str, ...]
    summary: AccessSummary
    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    as_of_seconds: float
    assignments_unread: frozenset[str] = frozenset()
