"""The access map: for each identity, who can act as it and what it can do.

M1  A role assignment holds at its scope and everything below it, from the root down to a single resource.
M2  Every edge comes from one role assignment or one federated credential, which it names. There is one edge for each
    way that an assignment opens, however many machines it opens it on; `at` is the first of them, `at_count` how many.
M3  A condition is carried along as text, and makes the edge conditional, never absent: what it compares is not
    evaluated here. An eligible role has to be activated first: its edge says so.
M4  What was not read makes nothing absent. It is in the map's `unread`.
M5  An identity's own rights are no edge to itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from vmident.core.access.edges import FEDERATED, Edge, Holding, IdentityEntry, Route
from vmident.core.access.inventory import (
    Assignment,
    FederatedCredential,
    Inventory,
    Machine,
    Unread,
    UserAssigned,
    group_of,
    lower,
    name_of,
    subscription_of,
)
from vmident.core.access.openings import GROUP, MEMBERS_AT_MOST, Opening, Openings
from vmident.core.access.rights import CODE_EXECUTION, How, Privilege, privilege_of

_MANAGEMENT_GROUP = "/providers/microsoft.management/managementgroups/"


class AccessMap:
    """Access in one inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self._openings = Openings(inventory)
        self._roles = {role.guid: role for role in inventory.roles}
        self._privileges = {role.guid: privilege_of(role.permissions) for role in inventory.roles}
        self._routes: dict[object, tuple[Route, ...]] = {}
        self._by_principal: dict[str, list[Assignment]] = defaultdict(list)
        for one in sorted(inventory.assignments, key=lambda one: (lower(one.scope), lower(one.id))):
            self._by_principal[one.principal_id.lower()].append(one)
        self._federated: dict[str, list[FederatedCredential]] = defaultdict(list)
        for credential in sorted(inventory.federated):
            self._federated[lower(credential.identity)].append(credential)

    @cached_property
    def identities(self) -> tuple[IdentityEntry, ...]:
        """List every identity, attached or not, by the ID of its place."""
        carried: dict[str, list[Machine]] = defaultdict(list)
        shown: dict[str, UserAssigned] = {}
        system = []
        for machine in sorted(self.inventory.machines, key=lambda one: lower(one.id)):
            if machine.system_principal:
                system.append(IdentityEntry(None, name_of(machine.id), machine.system_principal, None, (machine,)))
            for user in machine.users:
                carried[lower(user.id)].append(machine)
                shown.setdefault(lower(user.id), user)
        listed = {lower(one.id): one for one in self.inventory.identities}
        users = [self._user(one, carried.get(key, ()), is_listed=True) for key, one in listed.items()]
        users += [self._user(one, carried[key], is_listed=False) for key, one in shown.items() if key not in listed]
        return tuple(sorted(system + users, key=lambda one: (lower(one.place), one.is_system)))

    def can_become(self, identity: IdentityEntry, *, with_members: bool = False) -> Iterator[Edge]:
        """Return the edges to an identity; the same one is never returned twice.

        `with_members` adds an edge for each member of a group whose members were read (rule O3).
        """
        seen: set[tuple[str, How, str | None]] = set()
        own = (identity.principal_id or "").lower()
        for opening, at, count in self._openings_to(identity, with_members=with_members):
            key = (opening.assignment.id, opening.how, opening.member)
            if key not in seen and opening.principal != own:
                seen.add(key)
                yield self._edge(opening, at, count)
        for credential in self.trusted_by(identity):
            trusted = f"{credential.issuer} {credential.subject}"
            how = How.FEDERATED_CREDENTIAL
            yield Edge(None, FEDERATED, trusted, how, None, None, credential.id, 1, credential.id)

    def routes(self, identity: IdentityEntry) -> tuple[Route, ...]:
        """Return the edges to an identity, those of one assignment or credential in one route.

        Thousands of identities have the same routes, which are worked out once.
        """
        own = (identity.principal_id or "").lower()
        scopes = None
        if not identity.is_missing:
            scopes = self._openings.scopes_with_openings(identity.machines, identity.id)
        if scopes is None or self.trusted_by(identity):
            return tuple(self._routes_in(self.can_become(identity)))
        key = (scopes, own if own in self._by_principal else "")
        if key not in self._routes:
            self._routes[key] = tuple(self._routes_in(self.can_become(identity)))
        return self._routes[key]

    def trusted_by(self, identity: IdentityEntry) -> Sequence[FederatedCredential]:
        """Return the federated credentials of an identity, by ID."""
        return () if identity.id is None else self._federated.get(lower(identity.id), ())

    def principals_with_code_execution(self, identity: IdentityEntry, group: str) -> frozenset[str]:
        """Return who can run code on the machines of one resource group that carry an identity."""
        inside = tuple(one for one in identity.machines if group_of(one.id) == group)
        return frozenset(
            opening.principal for opening, _, _ in self._openings.on_machines(inside) if opening.how in CODE_EXECUTION
        )

    def can_do(self, identity: IdentityEntry) -> tuple[Holding, ...]:
        """Return the roles of an identity, its groups' included where groups were read."""
        return self.held_by(identity.principal_id) if identity.principal_id else ()

    def held_by(self, principal_id: str) -> tuple[Holding, ...]:
        """Return the roles of any principal, its groups' included where groups were read."""
        direct = [self._holding(one) for one in self._by_principal.get(principal_id.lower(), ())]
        groups = sorted(self.groups_of(principal_id))
        through = [self._holding(one, group) for group in groups for one in self._by_principal.get(group, ())]
        return tuple(direct + through)

    def groups_of(self, principal_id: str) -> frozenset[str]:
        """Return the groups of a principal, directly and through other groups, of those whose members were read."""
        return self._openings.groups_of(principal_id)

    @cached_property
    def _identity_titles(self) -> Mapping[str, str]:
        return {one.principal_id.lower(): one.title for one in self.identities if one.principal_id}

    def covers(self, scope: str, other: str) -> bool:
        """Return whether an assignment at `scope` holds at `other`, as far as the management groups were read."""
        wide, narrow = lower(scope), lower(other)
        if narrow == wide or not wide:
            return True
        if wide.startswith(_MANAGEMENT_GROUP):
            return wide in self.inventory.management_groups.get(subscription_of(narrow) or "", ())
        return narrow.startswith(f"{wide}/")

    @cached_property
    def unread(self) -> tuple[Unread, ...]:
        """List what was not read, and what that leaves unknown: role definitions, management groups, identities."""
        known = {group for groups in self.inventory.management_groups.values() for group in groups}
        ids = [*(one.id for one in self.inventory.machines), *(one.id for one in self.inventory.identities)]
        here = {subscription_of(one) or "" for one in ids}
        blind = sorted(here - self.inventory.management_groups.keys())
        scopes = sorted({lower(one.scope) for one in self.inventory.assignments} - known)
        groups = [
            Unread(f"management group '{name_of(one)}'", f"it may be above subscription {', '.join(blind)}")
            for one in scopes
            if blind and one.startswith(_MANAGEMENT_GROUP)
        ]
        missing = sorted({one.role_guid for one in self.inventory.assignments} - self._roles.keys())
        roles = [Unread(f"role definition {guid}", "what it allows is not known") for guid in missing]
        return (*self.inventory.unread, *groups, *roles)

    def _user(self, one: UserAssigned, machines: Sequence[Machine], *, is_listed: bool) -> IdentityEntry:
        is_missing = not is_listed and subscription_of(one.id) in self.inventory.subscriptions
        return IdentityEntry(one.id, name_of(one.id), one.principal_id, one.client_id, tuple(machines), is_missing)

    def _openings_to(self, identity: IdentityEntry, *, with_members: bool) -> Iterator[tuple[Opening, str, int]]:
        if identity.is_missing:
            return
        yield from self._openings.on_machines(identity.machines, with_members=with_members)
        if identity.id is not None:
            on_identity = self._openings.on_identity(identity.id, with_members=with_members)
            yield from ((opening, identity.id, 1) for opening in on_identity)

    def _edge(self, opening: Opening, at: str, count: int) -> Edge:
        one = opening.assignment
        principal, known = opening.principal, self.inventory.principals.get(opening.principal)
        is_through_group = opening.member is not None
        kind = (known.kind if known else "Unknown") if is_through_group else one.principal_type
        members = self._openings.acting_members(principal) if kind == GROUP else None
        title = self._identity_titles.get(principal)
        return Edge(
            opening.member or one.principal_id,
            kind,
            title or (known.name if known else None),
            opening.how,
            self._roles[one.role_guid].name,
            one.scope,
            at,
            count,
            one.id,
            one.condition,
            one.eligible,
            one.expires,
            title is not None,
            one.principal_id if is_through_group else None,
            self._known_name(one.principal_id) if is_through_group else None,
            None if members is None else len(members),
        )

    def _known_name(self, principal_id: str) -> str | None:
        known = self.inventory.principals.get(principal_id.lower())
        return known.name if known else None

    def _holding(self, one: Assignment, group: str | None = None) -> Holding:
        name = self._roles[one.role_guid].name if one.role_guid in self._roles else one.role_guid
        privilege = self._privileges.get(one.role_guid, Privilege.NONE)
        limits = (one.condition, one.eligible, one.expires)
        group_name = self._known_name(group) if group else None
        return Holding(name, one.role_guid, one.scope, privilege, one.id, *limits, group, group_name)

    def _routes_in(self, edges: Iterable[Edge]) -> Iterator[Route]:
        by_source: dict[str, list[Edge]] = defaultdict(list)
        for edge in edges:
            by_source[edge.source].append(edge)
        for source, found in by_source.items():
            one, hows = found[0], tuple(edge.how for edge in found)
            yield Route(
                one.principal_id,
                one.principal_type,
                one.principal_name,
                hows,
                one.role,
                one.scope,
                source,
                one.condition,
                # A right to attach can be eligible where the same assignment's other rights are active.
                all(edge.eligible for edge in found),
                one.is_identity,
                one.member_count,
                self._member_names(one.principal_id) if one.member_count else (),
            )

    def _member_names(self, group: str | None) -> tuple[str, ...]:
        members = self._openings.acting_members(group or "") or ()
        return tuple(self._known_name(one) or one for one in members[:MEMBERS_AT_MOST])


def management_groups_in(rows: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the scopes of the management groups above each subscription, from their names, the root first."""
    return {
        subscription.lower(): tuple(f"{_MANAGEMENT_GROUP}{name.lower()}" for name in names)
        for subscription, names in rows.items()
    }
