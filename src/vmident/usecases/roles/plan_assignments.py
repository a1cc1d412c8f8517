"""The role assignments of a change: those to create, those that exist, and those that it orphans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.consequences import Notice, roles_orphaned, roles_unknown
from vmident.core.identity import IdentityState
from vmident.core.rbac.roles import Grant, RoleAssignment, receiving_principals, vanishing_principal
from vmident.core.rbac.scope import Scope, subscription_scope
from vmident.core.resource_id import ResourceId
from vmident.core.transition import Change, Transition
from vmident.errors import VmidentError
from vmident.ports.azure import Roles
from vmident.results.changes import RoleResult, RoleStatus
from vmident.usecases.roles.assignment_cache import HeldBy


class Orphans(Struct, frozen=True):
    """The assignments of a principal that is about to vanish; `warnings` say so, or that they could not be read."""

    principal_id: str | None = None
    held: tuple[RoleAssignment, ...] = ()
    warnings: tuple[Notice, ...] = ()

    def planned(self, *, are_removed: bool) -> tuple[RoleResult, ...]:
        """Return each as a result: to be removed, or orphaned."""
        status = RoleStatus.PLANNED_REMOVAL if are_removed else RoleStatus.ORPHANED
        return tuple(RoleResult(one.role, one.scope, self.principal_id, status, one.assignment_id) for one in self.held)

    def without(self, assignments: Sequence[RoleResult]) -> Orphans:
        """Leave out the assignments that `assignments` already reports."""
        setting = {one.id for one in assignments if one.id}
        held = tuple(one for one in self.held if one.assignment_id not in setting)
        if held == self.held:
            return self
        return replace(self, held=held, warnings=roles_orphaned(held) if self.warnings else ())


def plan_grants(
    change: Change, after: IdentityState, grants: Sequence[Grant], assignments_of: HeldBy
) -> tuple[RoleResult, ...]:
    """Yield each grant as planned or existing, for every principal that the change adds.

    Costs a read for each principal that is there already and each scope.
    """
    return tuple(
        planned
        for principal_id in receiving_principals(change, after)
        for planned in plan_grants_for(principal_id, grants, assignments_of)
    )


def find_orphans(change: Transition, vm: ResourceId, assignments_of: HeldBy, *, are_removed: bool) -> Orphans:
    """List what a principal that the transition deletes holds in the VM's subscription; one read where it does."""
    return find_orphans_of(vanishing_principal(change), vm.subscription, assignments_of, are_removed=are_removed)


def find_orphans_of(
    principal_id: str | None, subscription: str, assignments_of: HeldBy, *, are_removed: bool
) -> Orphans:
    """List what a principal that is about to vanish holds in a subscription; one read where there is a principal."""
    if principal_id is None:
        return Orphans()
    scope = subscription_scope(subscription)
    try:
        held = assignments_of(principal_id, scope)
    except VmidentError as failure:
        if failure.ends_run:
            raise
        if are_removed:
            raise
        return Orphans(principal_id, warnings=(roles_unknown(principal_id, failure.code),))
    # What is assigned above the subscription is not this command's to delete.
    own = tuple(one for one in held if scope.contains(one.scope))
    return Orphans(principal_id, own, () if are_removed else roles_orphaned(own))


def plan_grants_for(principal_id: str | None, grants: Sequence[Grant], assignments_of: HeldBy) -> Iterator[RoleResult]:
    """Yield each grant as planned or existing for one principal; `None` is a principal not created yet."""
    held: dict[Scope, Sequence[RoleAssignment]] = {}
    for grant in grants:
        if principal_id and grant.scope not in held:
            held[grant.scope] = assignments_of(principal_id, grant.scope)
        there = next((one for one in held.get(grant.scope, ()) if one.is_what(grant)), None)
        status = RoleStatus.EXISTING if there else RoleStatus.PLANNED
        assignment_id = there.assignment_id if there else None
        yield RoleResult(grant.role, grant.scope, principal_id, status, assignment_id)


def plan_assignments(
    assignments: Sequence[RoleResult], change: Transition, roles: Roles, assignments_of: HeldBy
) -> Iterator[RoleResult]:
    """Return each assignment with its principal and whether it exists, without those to be removed that are gone.

    An assignment without a principal is for the identity that `receiver` names: the one after the change where it is
    to be created, the one before it where it is removed. Costs what `assignments_of` costs for each that has a
    principal, and a read for each removal whose id is not known.
    """
    for one in assignments:
        is_removal = one.status is RoleStatus.PLANNED_REMOVAL and one.id is None
        state = change.before if is_removal else change.after
        principal = one.principal_id or state.principal_of(one.receiver)
        if principal is None or not (is_removal or one.status is RoleStatus.PLANNED):
            yield one
            continue
        wanted = Grant(one.role, one.scope)
        if is_removal:
            found = roles.find(wanted, principal)
            if found:
                yield replace(one, principal_id=principal, id=found)
            continue
        held = next((role for role in assignments_of(principal, one.scope) if role.is_what(wanted)), None)
        status = RoleStatus.EXISTING if held else RoleStatus.PLANNED
        yield replace(one, principal_id=principal, id=held.assignment_id if held else None, status=status)
