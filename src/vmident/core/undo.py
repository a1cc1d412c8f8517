"""The inverse of a recorded change.

U1  The inverse leads from the state after the change to the state before it.
U2  The inverse of the inverse leads from the same identities to the same identities as the change itself.
U3  A deleted principal cannot be restored: the system-assigned identity gets a new one.
U4  Role assignments that the change created are deleted. Those that were orphaned or deleted are created again, for the
    identity's new principal where the old one was deleted, else for the principal that had them.
U5  Only a VM that is still as the change left it is undone: see `IdentityState.is_same_as`.
U6  In every record, a principal that an undo created replaces the one that was deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from vmident.core.identity import IdentityState, SystemIdentity
from vmident.core.rbac.role_result import RoleResult, RoleStatus
from vmident.core.rbac.roles import vanishing_principal
from vmident.core.transition import SetExactly, Transition


def inverse(done: Transition) -> Transition:
    """Return the transition that undoes `done`; rules U1 to U3."""
    system = SystemIdentity() if done.disables_system else done.before.system
    return Transition(done.after, IdentityState(system, done.before.users))


def change_back(done: Transition) -> SetExactly:
    """Return the change that leads where `inverse` does."""
    goal = inverse(done).after
    return SetExactly(goal.system is not None, frozenset(goal.users))


def roles_back(done: Transition, roles: Iterable[RoleResult]) -> tuple[RoleResult, ...]:
    """Return the planned changes of role assignments that undo those of `done` (U4).

    One whose principal is not known yet has `None` there.
    """
    gone = vanishing_principal(done)
    back = []
    for one in roles:
        if one.status is RoleStatus.GRANTED:
            back.append(replace(one, status=RoleStatus.PLANNED_REMOVAL))
        elif one.status in {RoleStatus.REMOVED, RoleStatus.ORPHANED}:
            principal = None if one.principal_id == gone else one.principal_id
            back.append(replace(one, status=RoleStatus.PLANNED, principal_id=principal, id=None))
    return tuple(back)


def successors(undo_history: Iterable[tuple[Transition, Transition]]) -> Mapping[str, str]:
    """Return by each vanished principal the one that stands in its place (U6).

    Each pair is what a run did to a VM and what taking it back did to it, the oldest first.
    """
    found: dict[str, str] = {}
    for done, back in undo_history:
        old, new = done.before.system, back.after.system
        if back.enables_system and old and old.principal_id and new and new.principal_id:
            found = {one: new.principal_id if other == old.principal_id else other for one, other in found.items()}
            found[old.principal_id] = new.principal_id
    return found


def succeeded(state: IdentityState, by: Mapping[str, str]) -> IdentityState:
    """Return the state with the principal that stands in the place of its own (U6)."""
    principal = by.get(str(state.system.principal_id)) if state.system else None
    if state.system is None or principal is None:
        return state
    return IdentityState(replace(state.system, principal_id=principal), state.users)
