"""One role assignment that a change makes, finds, leaves behind or deletes, and what became of it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from vmident.core.rbac.roles import Role
    from vmident.core.rbac.scope import Scope
    from vmident.core.resource_id import ResourceId


class RoleStatus(Enum):
    """What became of one role assignment."""

    GRANTED = "granted"
    EXISTING = "existing"
    PLANNED = "planned"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ORPHANED = "orphaned"
    PLANNED_REMOVAL = "planned-removal"
    REMOVED = "removed"

    @property
    def is_undone(self) -> bool:
        """Return whether the assignment is not known to be as planned."""
        return self in {RoleStatus.FAILED, RoleStatus.UNKNOWN}


class RoleResult(Struct, frozen=True):
    """A role assignment that was requested, or that a change leaves orphaned.

    `id` is `None` where there is none yet or Azure does not say it, `principal_id` where there is no principal yet.
    Then `receiver` names the user-assigned identity whose principal it will be; `None` is the system-assigned one.
    """

    role: Role
    scope: Scope
    principal_id: str | None
    status: RoleStatus
    id: str | None = None
    receiver: ResourceId | None = None

    def is_same_assignment(self, other: RoleResult) -> bool:
        """Compare role, scope and principal; of two whose principal is not known yet, the receivers."""
        if (self.role.guid, self.scope) != (other.role.guid, other.scope):
            return False
        if self.principal_id and other.principal_id:
            return self.principal_id == other.principal_id
        return self.receiver == other.receiver
