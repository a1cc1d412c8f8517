"""Roles, their scopes, and the principals that they are granted to.

R1  A role assignment is a role, a scope and a principal; its name is a function of the three, so that granting twice
    is granting once.
R2  The roles of a change are granted to the identities that it names: the system-assigned identity that it enables, and
    each user-assigned identity that it attaches, even if the VM had them already.
R3  Disabling a system-assigned identity deletes its principal; detaching a user-assigned identity leaves its role
    assignments as they are.
"""

from __future__ import annotations

import uuid

from msgspec import Struct

from vmident.core.identity import IdentityState
from vmident.core.rbac.scope import Scope
from vmident.core.transition import AddUsers, Change, EnableSystem, Transition

_NAMESPACE = uuid.UUID("0c5a4f0e-5d0f-5c58-9d5c-7a0f3f6f3a52")


class Role(Struct, frozen=True):
    """A role definition: its full `id`, and the `name` that people call it by."""

    id: str
    name: str

    @property
    def guid(self) -> str:
        """The last segment of the id: the same role has the same one at every scope."""
        return self.id.rsplit("/", 1)[-1].lower()


class Grant(Struct, frozen=True):
    """A role to grant at a scope."""

    role: Role
    scope: Scope


class RoleAssignment(Struct, frozen=True):
    """A role assignment that is there; `assignment_id` is its full id."""

    assignment_id: str
    role: Role
    scope: Scope

    @property
    def role_name(self) -> str:
        """The role's name."""
        return self.role.name

    def is_what(self, grant: Grant) -> bool:
        """Return whether this is the very assignment that is wanted; one at a wider scope is another."""
        return self.role.guid == grant.role.guid and self.scope == grant.scope


class AssignmentDetails(Struct, frozen=True):
    """A role assignment with all that its PUT sends; `scope` and `role_definition_id` as ARM spells them."""

    id: str
    principal_id: str
    role_definition_id: str
    scope: str
    condition: str | None = None
    condition_version: str | None = None
    description: str | None = None

    @property
    def key(self) -> AssignmentKey:
        """What the assignment grants; raises `BadResourceId` for a scope that is none."""
        guid = self.role_definition_id.rsplit("/", 1)[-1].lower()
        return AssignmentKey(self.principal_id.lower(), guid, Scope.parse(self.scope))


class AssignmentKey(Struct, frozen=True):
    """That a principal has a role at a scope: what a list of all assignments says without a read for each role."""

    principal_id: str
    role_guid: str
    scope: Scope


def assignment_name(grant: Grant, principal_id: str) -> str:
    """Return the GUID that names the assignment of a role to a principal (rule R1): a UUID of version 5."""
    return str(uuid.uuid5(_NAMESPACE, f"{grant.scope}|{principal_id}|{grant.role.guid}".lower()))


def receiving_principals(change: Change, after: IdentityState) -> tuple[str | None, ...]:
    """List the principals that get the roles of `change`, given the state that it leads to (rule R2).

    `None` stands for an identity whose principal Azure has not said yet.
    """
    if isinstance(change, EnableSystem):
        return (after.system.principal_id if after.system else None,)
    if isinstance(change, AddUsers):
        return tuple(after.users[user].principal_id for user in sorted(change.ids) if user in after.users)
    return ()


def vanishing_principal(change: Transition) -> str | None:
    """Return the principal that is gone for good after the transition (rule R3)."""
    return change.before.system.principal_id if change.disables_system and change.before.system else None
