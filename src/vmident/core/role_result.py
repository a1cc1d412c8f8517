"""One role assignment that a change makes, finds, leaves behind or deletes, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmident.core.roles import Role
    from vmident.core.scope import Scope


class RoleStatus(Enum):
    """What became of one role assignment."""

    GRANTED = "granted"
    EXISTING = "existing"
    PLANNED = "planned"
    FAILED = "failed"
    ORPHANED = "orphaned"
    PLANNED_REMOVAL = "planned-removal"
    REMOVED = "removed"


@dataclass(frozen=True)
class RoleResult:
    """A role assignment that was asked for, or that a change leaves pointing at nobody.

    `id` is `None` where there is none yet or Azure does not say it, `principal_id` where there is no principal yet.
    """

    role: Role
    scope: Scope
    principal_id: str | None
    status: RoleStatus
    id: str | None = None

    def is_same_assignment(self, other: RoleResult) -> bool:
        """Tell whether both are of one role at one scope for one principal; one not known yet may be any."""
        principals = {self.principal_id, other.principal_id} - {None}
        return self.role.guid == other.role.guid and self.scope == other.scope and len(principals) < 2
