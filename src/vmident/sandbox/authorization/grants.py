"""What a principal may do where: the union over its role assignments, each its actions minus its notActions.

Actions compare without regard to case. A `*` stands for any text, and `/*/` also for a single `/`: Managed Identity
Operator allows `…/userAssignedIdentities/*/assign/action`, and that is what `…/userAssignedIdentities/assign/action`
asks for. Source: Microsoft's page 'Understand Azure role definitions'.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization.role_store import role_of
from vmident.sandbox.authorization.scopes import covers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmident.sandbox.authorization.role import Role
    from vmident.sandbox.rows import Record, Rows


@dataclass(frozen=True)
class Grant:
    """One role at one scope."""

    role: Role
    scope: str


class Grants:
    """The grants of one principal, read from the rows when first asked for: one query, however often it is asked."""

    def __init__(self, rows: Rows, principal_id: str) -> None:
        self._rows = rows
        self._principal_id = principal_id

    def is_allowed(self, action: str, scope: str) -> bool:
        """Return whether `action`, such as `Microsoft.Compute/virtualMachines/write`, is allowed at `scope`."""
        return any(covers(grant.scope, scope) and allows(grant.role, action) for grant in self.all)

    def permissions_at(self, scope: str) -> list[dict[str, Any]]:
        """List what each role that holds at `scope` allows."""
        return [grant.role.permissions for grant in self.all if covers(grant.scope, scope)]

    @cached_property
    def all(self) -> tuple[Grant, ...]:
        """Every grant; an assignment of a role that is gone grants nothing."""
        return tuple(self._read(self._rows.every("assignment", self._principal_id)))

    def _read(self, assignments: Iterable[Record]) -> Iterable[Grant]:
        for assignment in assignments:
            role = role_of(self._rows, assignment["role"])
            if role is not None:
                yield Grant(role, assignment["scope"])


def allows(role: Role, action: str) -> bool:
    """Return whether a role allows an action."""
    return _any_matches(role.actions, action) and not _any_matches(role.not_actions, action)


def _any_matches(patterns: Iterable[str], action: str) -> bool:
    return any(_compiled(pattern).fullmatch(action) for pattern in patterns)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
    return re.compile(text, re.IGNORECASE)
