"""What principals hold, asked for once: for the reading before many changes, while nothing is written yet.

Whatever is worked out again after a write was sent asks `Roles.held_by` itself, which is never a moment old.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    from vmident.core.roles import HeldRole
    from vmident.core.scope import Scope
    from vmident.ports import Roles

HeldBy: TypeAlias = "Callable[[str, Scope], Sequence[HeldRole]]"
"""Gives what a principal holds at a scope, above it and below it, as `Roles.held_by` does."""


class HeldOnce:
    """A `HeldBy` that asks once for each principal and scope; what could not be read is asked for again."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._known: dict[tuple[str, Scope], Sequence[HeldRole]] = {}

    def __call__(self, principal_id: str, scope: Scope) -> Sequence[HeldRole]:
        """Give what the principal holds at the scope, above it and below it; raises as `Roles.held_by` does."""
        key = (principal_id.lower(), scope)
        if key not in self._known:
            self._known[key] = self._roles.held_by(principal_id, scope)
        return self._known[key]
