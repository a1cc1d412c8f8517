"""What an access map is made of: edges, routes, the roles that a principal has, and the identities."""

from __future__ import annotations

from typing import NamedTuple

from vmident.core.access.estate import Machine, name_of
from vmident.core.access.rights import How, Privilege

FEDERATED = "FederatedCredential"


class Edge(NamedTuple):
    """Who can act as an identity, how, and from which assignment or credential (rule M2).

    `principal_type` is Azure's word, such as `User`, or `FederatedCredential`, whose `principal_name` is issuer and
    subject. `at` is the ID of a machine, of the identity, or of the credential.
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


class Route(NamedTuple):
    """What one role assignment or federated credential opens on an identity, and in which ways."""

    principal_id: str | None
    principal_type: str
    principal_name: str | None
    hows: tuple[How, ...]
    role: str | None
    scope: str | None
    source: str
    condition: str | None = None
    eligible: bool = False


class Holding(NamedTuple):
    """A role that a principal has, directly or through a group; `role` is the GUID where its definition is unread."""

    role: str
    role_guid: str
    scope: str
    privilege: Privilege
    source: str
    via: str = "direct"
    condition: str | None = None
    eligible: bool = False
    expires: str | None = None


class IdentityEntry(NamedTuple):
    """One identity of the estate and the machines that carry it; `id` is `None` for a system-assigned one."""

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
        count = len(self.machines)
        return f"'{name_of(self.machines[0].id)}'" if count == 1 else f"{count} machines"
