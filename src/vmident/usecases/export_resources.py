"""Read what an export to Terraform or Bicep is made from: the VMs that rules select, and the resources for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from vmident.core.consequences import Notice
from vmident.core.desired_state.plan import Plan, rules_for_each
from vmident.core.desired_state.rules import Rule, goal_for, roles_for
from vmident.core.export.exported_state import ExportedState, group_key, wanted_identities
from vmident.core.export.managed_resources import ExistingResources, SelectedMachine
from vmident.core.export.terraform.changes import changes_by_terraform
from vmident.core.rbac.roles import AssignmentDetails
from vmident.core.rbac.scope import Scope, subscription_scope
from vmident.core.resource_id import ResourceId
from vmident.core.resources import Group, IdentityResource
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import NotFound
from vmident.ports.azure import Groups, Identities, Roles, VirtualMachines
from vmident.ports.ports import Ports
from vmident.usecases.plan_state import listed_machines, placed_rules, with_extensions
from vmident.usecases.resolve.vms import Where
from vmident.usecases.roles.plan_desired import DesiredRoles


def read_state(
    rules: Sequence[Rule], where: Where, ports: Ports, *, file: str
) -> tuple[ExportedState, tuple[Notice, ...]]:
    """Read the VMs that rules select, and the identities, federated credentials and role assignments for them.

    Costs what `plan_state` costs for VMs, lists of the groups, identities and role assignments of each subscription, a
    request for the federated credentials of each identity, and one for each role. Raises `ConflictingRules`, `NotFound`
    for roles and for the group of an identity that does not exist, and `NotAllowed` for what may not be listed.
    """
    placed = placed_rules(rules, where)
    notices: list[Notice] = []
    listed = {one.id: one for one in listed_machines(placed, where, ports.machines, notices.append)}
    wanted_roles = DesiredRoles(ports.roles)
    selected = tuple(
        _selected(machine, said, wanted_roles)
        for machine, said in rules_for_each([listed[one] for one in sorted(listed)], placed)
        if said
    )
    names = frozenset(one.name for one in listed)
    return ExportedState(file, tuple(placed), selected, _existing(selected, ports), names), tuple(notices)


def plan_terraform(state: ExportedState, machines: VirtualMachines) -> Plan:
    """Plan what Terraform changes on the VMs, with the warnings that `plan_state` has; costs what extensions cost."""
    plan = Plan(changes_by_terraform(state.selected))
    plan, unknown = with_extensions(plan, [one.machine for one in state.selected], None, machines)
    return replace(plan, warnings=unknown)


def _selected(machine: VirtualMachine, rules: list[Rule], roles: DesiredRoles) -> SelectedMachine:
    goal = goal_for(machine, rules)
    assert goal is not None, "a VM that rules select has a goal"
    wanted = roles_for(machine.id, rules)
    grants = tuple((roles.grant(one, machine.id), one.receiver) for one in wanted)
    return SelectedMachine(machine, tuple(sorted(rules, key=lambda rule: rule.line)), goal, grants)


def _existing(selected: Sequence[SelectedMachine], ports: Ports) -> ExistingResources:
    wanted = wanted_identities(selected)
    subscriptions = _subscriptions([*wanted, *(one.machine.id for one in selected)])
    identities = _identities(wanted, ports.identities)
    assignments = tuple(_assignments(selected, identities.values(), subscriptions, ports.roles))
    return ExistingResources(
        identities,
        _groups(subscriptions, wanted - identities.keys(), ports.groups),
        tuple(credential for one in sorted(identities) for credential in ports.identities.credentials(one)),
        assignments,
        _role_names(assignments, ports.roles),
    )


def _subscriptions(resources: Iterable[ResourceId]) -> list[str]:
    return sorted({one.subscription.lower() for one in resources})


def _identities(wanted: Iterable[ResourceId], identities: Identities) -> dict[ResourceId, IdentityResource]:
    """Return the identities that exist, by a list of each subscription."""
    there = {one.id: one for sub in _subscriptions(wanted) for one in identities.list_with_isolation(sub)}
    return {identity: there[identity] for identity in sorted(wanted) if identity in there}


def _groups(
    subscriptions: Sequence[str], missing: Iterable[ResourceId], groups: Groups
) -> dict[tuple[str, str], Group]:
    found = {(sub, one.name.lower()): one for sub in subscriptions for one in groups.list(sub)}
    for identity in sorted(missing):
        if group_key(identity) not in found:
            raise NotFound(
                f"Resource group '{identity.group}' for the new identity '{identity.name}' does not exist.",
                hint="Create the group first, or correct the name of the identity.",
            )
    return found


def _assignments(
    selected: Sequence[SelectedMachine],
    identities: Iterable[IdentityResource],
    subscriptions: Sequence[str],
    roles: Roles,
) -> Iterator[AssignmentDetails]:
    """Return the role assignments of the identities and VMs, each once: lists of two scopes share those above both."""
    principals = {one.principal_id.lower() for one in identities if one.principal_id}
    principals |= {(one.machine.identity.principal_of(None) or "").lower() for one in selected}
    scopes = {subscription_scope(one) for one in subscriptions}
    scopes |= {_widest(grant.scope) for one in selected for grant, _ in one.grants}
    found = {
        one.id.lower(): one
        for scope in sorted(scopes, key=str)
        for one in roles.details_at(scope)
        if one.principal_id.lower() in principals
    }
    return (found[key] for key in sorted(found))


def _widest(scope: Scope) -> Scope:
    return subscription_scope(scope.subscription) if scope.subscription else scope


def _role_names(assignments: Iterable[AssignmentDetails], roles: Roles) -> dict[str, str]:
    """Return the names of the roles by their GUID; a custom role may be gone while it is still assigned."""
    names: dict[str, str] = {}
    for one in assignments:
        guid = one.key.role_guid
        if guid not in names:
            try:
                names[guid] = roles.by_id(one.role_definition_id).name
            except NotFound:
                names[guid] = guid
    return names
