"""Which ways to act as an identity role assignments open at a scope, and which of them deny assignments close.

O1  A deny assignment takes an action away from its principals at its scope, unless they are excluded from it. Where the
    members of a group were not read, anyone may be in it: it denies nothing to others than itself, and a group that is
    excluded keeps the way open for all.
O2  Attaching an identity takes a right to write some VM or scale set as well, anywhere that was read. Where a group has
    that right and its members were not read, anyone may be in it: the way stays open.
O3  What an assignment opens for a group, it opens for each member of the group on its own: what is denied to one member
    stays open for the others. A group with more than `MEMBERS_AT_MOST` members is one way, and its members are counted.

One assignment on a subscription opens ways on thousands of machines, so they are worked out once for each scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from vmident.core.access.inventory import (
    ALL_PRINCIPALS,
    Assignment,
    DenyAssignment,
    Inventory,
    Machine,
    lower,
    scopes_above,
)
from vmident.core.access.rights import (
    COMPUTE_WRITE,
    IDENTITY_WAYS,
    Action,
    How,
    Ways,
    allowed,
    allowed_ways,
    machine_ways,
)
from vmident.core.vm_kind import VmKind

GROUP = "Group"
MEMBERS_AT_MOST = 100
_NOT_ACTING = frozenset({GROUP, "Contact"})
"""Members that get no token: a nested group, whose own members are members too, and a contact."""


class Opening(NamedTuple):
    """A way that an assignment opens, and the actions that it allows for it; `member` is whose it is in a group."""

    assignment: Assignment
    how: How
    actions: tuple[Action, ...]
    member: str | None = None

    @property
    def principal(self) -> str:
        """The object ID of the principal that may go this way, in lower case."""
        return self.member or self.assignment.principal_id.lower()


class Openings:
    """The ways that are open in one inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._roles = {role.guid: role for role in inventory.roles}
        self._by_scope: dict[str, list[Assignment]] = defaultdict(list)
        for one in sorted(inventory.assignments, key=lambda one: (lower(one.scope), lower(one.id))):
            self._by_scope[lower(one.scope)].append(one)
        self._denials: dict[str, list[DenyAssignment]] = defaultdict(list)
        for denial in inventory.denials:
            self._denials[lower(denial.scope)].append(denial)
        self._groups: dict[str, set[str]] = defaultdict(set)
        for group, members in inventory.members.items():
            for member in members:
                self._groups[member].add(group)
        self._acting: dict[str, tuple[str, ...]] = {}
        self._at: dict[tuple[str, VmKind | None], tuple[Opening, ...]] = {}
        self._ways_of_role: dict[tuple[str, VmKind | None], Ways] = {}

    def groups_of(self, principal_id: str) -> frozenset[str]:
        """Return the groups of a principal, of those whose members were read."""
        return frozenset(self._groups.get(principal_id.lower(), ()))

    def acting_members(self, group: str) -> tuple[str, ...] | None:
        """Return the members of a group, nested ones too, that can sign in; `None` where they were not read."""
        key, known = group.lower(), self._inventory.principals
        if key in self._inventory.members and key not in self._acting:
            acting = (
                one for one in self._inventory.members[key] if one not in known or known[one].kind not in _NOT_ACTING
            )
            self._acting[key] = tuple(sorted(acting))
        return self._acting.get(key)

    def scopes_with_openings(
        self, machines: Sequence[Machine], identity: str | None
    ) -> frozenset[tuple[str, VmKind | None]] | None:
        """Return what decides who can act as an identity: two with the same scopes have the same ways, if not the same
        places. `None` where deny assignments have to be looked at for each machine.
        """
        if self._denials:
            return None
        found: set[tuple[str, VmKind | None]] = set()
        for machine in machines:
            above = scopes_above(machine.id, self._inventory.management_groups)
            found.update((scope, machine.kind) for scope in above if scope in self._by_scope)
        if identity is not None:
            above = scopes_above(identity, self._inventory.management_groups)
            found.update((scope, None) for scope in above if scope in self._by_scope)
        return frozenset(found)

    def on_machines(
        self, machines: Sequence[Machine], *, with_members: bool = False
    ) -> Iterator[tuple[Opening, str, int]]:
        """Return each opening on any of the machines, the ID of the first one that it is on, and on how many it is.

        `with_members` adds those of the members of groups (rule O3).
        """
        by_scope: dict[tuple[str, VmKind], list[str]] = defaultdict(list)
        for machine in machines:
            for scope in scopes_above(machine.id, self._inventory.management_groups):
                if scope in self._by_scope:
                    by_scope[scope, machine.kind].append(machine.id)
        for (scope, kind), ids in by_scope.items():
            for opening in self._opened_for(scope, kind, with_members=with_members):
                open_on = [one for one in ids if self._is_open(opening, one)]
                if open_on:
                    yield opening, open_on[0], len(open_on)

    def on_identity(self, identity: str, *, with_members: bool = False) -> Iterator[Opening]:
        """Return each opening on the user-assigned identity itself; `with_members` as for machines."""
        for scope in scopes_above(identity, self._inventory.management_groups):
            for opening in self._opened_for(scope, None, with_members=with_members):
                usable = self._with_machine_to_attach_to(opening) if opening.how is How.ASSIGN else opening
                if usable and self._is_open(usable, identity):
                    yield usable

    def _opened_for(self, scope: str, kind: VmKind | None, *, with_members: bool) -> Iterator[Opening]:
        for opening in self._opened_at(scope, kind):
            yield opening
            if with_members:
                members = self.acting_members(opening.assignment.principal_id) or ()
                if len(members) <= MEMBERS_AT_MOST:
                    yield from (opening._replace(member=one) for one in members)

    def _opened_at(self, scope: str, kind: VmKind | None) -> tuple[Opening, ...]:
        if (scope, kind) not in self._at:
            self._at[scope, kind] = tuple(
                Opening(assignment, how, actions)
                for assignment in self._by_scope.get(scope, ())
                for how, actions in self._ways(assignment.role_guid, kind)
            )
        return self._at[scope, kind]

    def _ways(self, guid: str, kind: VmKind | None) -> Ways:
        if (guid, kind) not in self._ways_of_role:
            role = self._roles.get(guid)
            ways = machine_ways(kind) if kind else IDENTITY_WAYS
            self._ways_of_role[guid, kind] = allowed_ways(role.permissions, ways) if role else ()
        return self._ways_of_role[guid, kind]

    def _with_machine_to_attach_to(self, opening: Opening) -> Opening | None:
        """Apply rule O2: the right to attach needs a machine to attach to, by an active role or an eligible one."""
        principal = opening.principal
        if principal in self._writers[False] or self._may_write_through_group(opening):
            return opening
        if principal in self._writers[True]:
            return opening._replace(assignment=opening.assignment._replace(eligible=True))
        return None

    @cached_property
    def _writing_assignments(self) -> tuple[Assignment, ...]:
        writing = {
            role.guid
            for role in self._inventory.roles
            if any(allowed(role.permissions, action) for action in COMPUTE_WRITE)
        }
        return tuple(one for one in self._inventory.assignments if one.role_guid in writing)

    @cached_property
    def _writers(self) -> Mapping[bool, frozenset[str]]:
        """The principals that can write a VM or a scale set somewhere, by whether the role has to be activated."""
        holders: dict[bool, set[str]] = {False: set(), True: set()}
        for one in self._writing_assignments:
            holders[one.eligible].add(one.principal_id.lower())
        return {eligible: frozenset(found | self._related(found)) for eligible, found in holders.items()}

    def _related(self, principals: set[str]) -> set[str]:
        """Return the members of groups among the principals, and the groups that the principals are members of."""
        members = {one for one, groups in self._groups.items() if groups & principals}
        return members | {group for one in principals for group in self.groups_of(one)}

    def _may_write_through_group(self, opening: Opening) -> bool:
        return (opening.member is None and self._is_unread_group(opening.assignment)) or any(
            map(self._is_unread_group, self._writing_assignments)
        )

    def _is_unread_group(self, assignment: Assignment) -> bool:
        return assignment.principal_type == GROUP and assignment.principal_id.lower() not in self._inventory.members

    def _is_open(self, opening: Opening, resource: str) -> bool:
        """Apply rule O1: one action that is not denied is enough."""
        if not self._denials:
            return True
        principals = {opening.principal, *self.groups_of(opening.principal)}
        return any(not self._is_denied(principals, action, resource) for action in opening.actions)

    def _is_denied(self, principals: set[str], action: Action, resource: str) -> bool:
        return any(
            self._denies(denial, principals, action) and (not denial.is_for_scope_alone or scope == lower(resource))
            for scope in scopes_above(resource, self._inventory.management_groups)
            for denial in self._denials.get(scope, ())
        )

    def _denies(self, denial: DenyAssignment, principals: set[str], action: Action) -> bool:
        if not ({ALL_PRINCIPALS} | principals) & denial.principals or principals & denial.excluded:
            return False
        if (denial.excluded & denial.groups) - self._inventory.members.keys():
            return False
        return allowed(denial.permissions, action)
