"""What principals hold, asked for once: for the reading before many changes, while nothing is written yet.

Whatever is worked out again after a write was sent asks `Roles.assignments_of` itself, which is never a moment old.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from vmident.errors import VmidentError

if TYPE_CHECKING:
    from typing import TypeAlias

    from vmident.core.rbac.roles import RoleAssignment
    from vmident.core.rbac.scope import Scope
    from vmident.ports.azure import Roles

HeldBy: TypeAlias = "Callable[[str, Scope], Sequence[RoleAssignment]]"
"""Reads the role assignments of a principal at a scope, above it and below it, as `Roles.assignments_of` does."""


_HANDFUL = 10
"""So many principals are asked for one by one at a scope: a list of everybody's assignments can be long."""


class AssignmentCache:
    """A `HeldBy` that asks once for each principal and scope, and for many principals at a scope by a list of all.

    What could not be read is asked for again; where the list cannot be had, each principal is asked for by itself.
    """

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._known: dict[tuple[str, Scope], Sequence[RoleAssignment]] = {}
        self._asked: Counter[Scope] = Counter()
        self._unlistable: set[Scope] = set()

    def __call__(self, principal_id: str, scope: Scope) -> Sequence[RoleAssignment]:
        """Return the principal's assignments at, above and below the scope; raises as `Roles.assignments_of` does."""
        key = (principal_id.lower(), scope)
        if key not in self._known:
            self._known[key] = self._ask(principal_id, scope)
        return self._known[key]

    def _ask(self, principal_id: str, scope: Scope) -> Sequence[RoleAssignment]:
        self._asked[scope] += 1
        if self._asked[scope] > _HANDFUL and scope not in self._unlistable:
            try:
                return self._roles.listed_assignments_of(principal_id, scope)
            except VmidentError as failure:
                if failure.ends_run:
                    raise
                self._unlistable.add(scope)
        return self._roles.assignments_of(principal_id, scope)
