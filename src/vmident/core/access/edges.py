"""What an access map is made of: edges, routes, the roles that a principal has, and the identities."""

from __future__ import annotations

from typing import NamedTuple

from vmident.core.access.inventory import Machine, name_of
from vmident.core.access.rights import How, Privilege
from vmident.core.vm_kind import counted_by_kind

FEDERATED = "FederatedCredential"
_PRINCIPAL_TYPES = {"ServicePrincipal": "Service principal", "ForeignGroup": "Foreign group"}


class Edge(NamedTuple):
    """Who can act as an identity, how, and from which assignment or credential (rule M2).

    `principal_type` is Azure's word, such as `User`, or `FederatedCredential`, whose `principal_name` is issuer and
    subject. With `is_identity` the principal is an identity here, and the name says which in words. `at` is the ID of a
    machine, of the identity, or of the credential. `group` is the object ID of the group that has the role where the
    principal is a member of it. `member_count` is how many members a group has, `None` where they were not read.
    """

    principal_id: str | None
    principal_type: str
    principal_name: str | None
    how: How
    role: str | None
    scope: str | None
    at: str
    at_count: int
    source: str
    condition: str | None = None
    eligible: bool = False
    expires: str | None = None
    is_identity: bool = False
    group: str | None = None
    group_name: str | None = None
    member_count: int | None = None

    @property
    def via(self) -> str:
        """Return `group` where the principal is a member of the group that has the role, else `direct`."""
        return _via(self.group)


class Route(NamedTuple):
    """What one role assignment or federated credential opens on an identity, and in which ways.

    `members` are the names of the first members of a group, else their object IDs.
    """

    principal_id: str | None
    principal_type: str
    principal_name: str | None
    hows: tuple[How, ...]
    role: str | None
    scope: str | None
    source: str
    condition: str | None = None
    eligible: bool = False
    is_identity: bool = False
    member_count: int | None = None
    members: tuple[str, ...] = ()


def principal_title(one: Edge | Route) -> str:
    """Return who an edge comes from, in words: type, and name where one is known, else object ID."""
    name = one.principal_name
    if one.principal_type == FEDERATED:
        return f"Tokens from {name}"
    if one.is_identity and name:
        return f"{name[0].upper()}{name[1:]}"
    members = ""
    if one.member_count is not None:
        members = f" with {one.member_count:,} {'member' if one.member_count == 1 else 'members'}"
    who = f"'{name}'" if name else one.principal_id
    return f"{_PRINCIPAL_TYPES.get(one.principal_type, one.principal_type)} {who}{members}"


class Holding(NamedTuple):
    """A role that a principal has, directly or through a group; `role` is the GUID where its definition is unread.

    `group` is the object ID of the group that has the role, if it is not the principal's own.
    """

    role: str
    role_guid: str
    scope: str
    privilege: Privilege
    source: str
    condition: str | None = None
    eligible: bool = False
    expires: str | None = None
    group: str | None = None
    group_name: str | None = None

    @property
    def via(self) -> str:
        """Return `group` where a group of the principal has the role, else `direct`."""
        return _via(self.group)


class IdentityEntry(NamedTuple):
    """One identity of the inventory and the machines that carry it; `id` is `None` for a system-assigned one."""

    id: str | None
    name: str
    principal_id: str | None
    client_id: str | None
    machines: tuple[Machine, ...]
    is_missing: bool = False

    @property
    def is_system(self) -> bool:
        """Return whether the identity belongs to its machine."""
        return self.id is None

    @property
    def place(self) -> str:
        """The ID of the identity, or of the machine that it belongs to."""
        return self.id or self.machines[0].id

    @property
    def title(self) -> str:
        """The identity in words, such as `the system-assigned identity of 'web01'`."""
        return f"the system-assigned identity of '{self.name}'" if self.is_system else f"identity '{self.name}'"

    @property
    def machines_title(self) -> str:
        """The machines in words: the name of one, or how many there are."""
        if len(self.machines) == 1:
            return f"'{name_of(self.machines[0].id)}'"
        return counted_by_kind(one.kind for one in self.machines)


def _via(group: str | None) -> str:
    return "direct" if group is None else "group"
