"""Which roles a plan grants: the words of its rules looked up, and what is there already, by lists alone."""

from __future__ import annotations

from msgspec.structs import replace

from vmident.core.desired_state.plan import Plan, PlannedGrant, PlannedVm
from vmident.core.desired_state.rules import DesiredRole
from vmident.core.rbac.roles import AssignmentKey, Grant
from vmident.core.rbac.scope import Scope, subscription_scope
from vmident.core.resource_id import ResourceId
from vmident.errors import NotAllowed
from vmident.ports.azure import Roles
from vmident.usecases.resolve.roles import RoleNames, find_grants


def with_grants(plan: Plan, roles: Roles) -> Plan:
    """Return the plan with the grants that its rules want.

    Costs a read for each role at each scope, and a list of all assignments for each subscription that a scope is in;
    nothing where no rule wants roles. Raises `NotFound` and `AmbiguousName` for roles.
    """
    looked_up = DesiredRoles(roles)
    return replace(plan, vms=tuple(_granting(one, looked_up) if one.roles_wanted else one for one in plan.vms))


class DesiredRoles:
    """The roles that rules want, looked up: each is read once, however many VMs want it."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._grants: dict[tuple[str, Scope], Grant] = {}
        self._assigned: dict[Scope, frozenset[AssignmentKey]] = {}
        self._unreadable: set[Scope] = set()

    def grant(self, wanted: DesiredRole, vm: ResourceId) -> Grant:
        """Look up a role at its scope."""
        key = (wanted.role.lower(), wanted.scope)
        if key not in self._grants:
            words = RoleNames((wanted.role,), (str(wanted.scope),))
            (self._grants[key],) = find_grants(words, vm.subscription, vm.group, self._roles)
        return self._grants[key]

    def is_there(self, grant: Grant, principal_id: str) -> bool:
        """Return whether a principal has that very assignment; one at a wider scope is another."""
        assigned = AssignmentKey(principal_id.lower(), grant.role.guid, grant.scope)
        wide = subscription_scope(grant.scope.subscription) if grant.scope.subscription else grant.scope
        return assigned in self._at(wide, grant.scope)

    def _at(self, wide: Scope, narrow: Scope) -> frozenset[AssignmentKey]:
        """List all assignments of the subscription, else, where those may not be read, of the scope alone."""
        scope = narrow if wide in self._unreadable else wide
        if scope not in self._assigned:
            try:
                self._assigned[scope] = self._roles.assignments_at(scope)
            except NotAllowed:
                if scope == narrow:
                    raise
                self._unreadable.add(wide)
                return self._at(wide, narrow)
        return self._assigned[scope]


def _granting(one: PlannedVm, looked_up: DesiredRoles) -> PlannedVm:
    grants = []
    for wanted in one.roles_wanted:
        grant, principal_id = looked_up.grant(wanted, one.vm), one.after.principal_of(wanted.receiver)
        is_there = principal_id is not None and looked_up.is_there(grant, principal_id)
        grants.append(PlannedGrant(grant, wanted.receiver, principal_id, is_there))
    return replace(one, grants=tuple(grants))
