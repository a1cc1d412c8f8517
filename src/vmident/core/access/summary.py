"""Access in an inventory, summarized: every identity with its roles and routes; equal routes are shared."""

from __future__ import annotations

from msgspec import Struct

from vmident.core.access.access_map import AccessMap
from vmident.core.access.edges import Holding, IdentityEntry, Route


class IdentitySummary(Struct, frozen=True):
    """One identity; `routes` is an index into `AccessSummary.route_sets`."""

    identity: IdentityEntry
    roles: tuple[Holding, ...]
    routes: int


class AccessSummary(Struct, frozen=True):
    """All identities, and the distinct sets of routes that lead to them."""

    machine_count: int
    assignment_count: int
    identities: tuple[IdentitySummary, ...]
    route_sets: tuple[tuple[Route, ...], ...]

    @property
    def unused_count(self) -> int:
        """How many identities no machine carries."""
        return sum(not one.identity.machines for one in self.identities)

    @property
    def missing_count(self) -> int:
        """How many attached identities do not exist."""
        return sum(one.identity.is_missing for one in self.identities)


def summary_of(access: AccessMap) -> AccessSummary:
    """Summarize an access map; equal sets of routes are kept once, as an inventory of thousands of VMs has few."""
    sets: dict[tuple[Route, ...], int] = {}
    known: dict[int, tuple[tuple[Route, ...], int]] = {}
    identities = []
    for one in access.identities:
        routes = access.routes(one)
        # Shared sets are the same object, so most are not compared again; kept here, as a freed one's ID is used anew.
        if id(routes) not in known:
            known[id(routes)] = (routes, sets.setdefault(routes, len(sets)))
        identities.append(IdentitySummary(one, access.can_do(one), known[id(routes)][1]))
    inventory = access.inventory
    return AccessSummary(len(inventory.machines), len(inventory.assignments), tuple(identities), tuple(sets))
