"""What an export by ID is made from, and the resources that it leads to.

X1  The identities are those that rules attach; what rules exclude, or do not mention, is not among them.
X2  The role assignments are those that rules want, and those that exist for these identities in their subscriptions.
X3  IDs are spelled as azurerm insists on: ARM's own fixed segments, and groups and identities as they were created.
X4  Order of rules and of answers means nothing: everything is sorted by ID.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.desired_state.rules import Rule
from vmident.core.export.managed_resources import (
    ExistingResources,
    ManagedAssignment,
    ManagedIdentity,
    ManagedMachine,
    ManagedResources,
    SelectedMachine,
)
from vmident.core.export.unsupported import title_of
from vmident.core.identity import IdentityState
from vmident.core.rbac.roles import AssignmentDetails, AssignmentKey, Grant, assignment_name
from vmident.core.resource_id import ResourceId
from vmident.core.virtual_machine import VirtualMachine

_ROLE_DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"


class ExportedState(Struct, frozen=True):
    """A desired-state file, which VMs it is about now, and what exists of the resources that it leads to.

    `file` is the desired-state file as commands name it, `-` for standard input. `machine_names` are the names of all
    VMs that were listed.
    """

    file: str
    rules: tuple[Rule, ...]
    selected: tuple[SelectedMachine, ...]
    existing: ExistingResources
    machine_names: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """What the files of an export call the desired-state file."""
        return title_of(self.file)

    @property
    def resources(self) -> ManagedResources:
        """The resources for the VMs that rules select."""
        return managed_resources(self.selected, self.existing)


def group_key(resource: ResourceId) -> tuple[str, str]:
    """Return the key of a resource's group in `ExistingResources.groups`."""
    return resource.subscription.lower(), resource.group.lower()


def wanted_identities(selected: Iterable[SelectedMachine]) -> frozenset[ResourceId]:
    """Return the identities that rules attach (X1)."""
    return frozenset(one for vm in selected for one in vm.goal.include | (vm.goal.exactly or frozenset()))


def managed_resources(selected: Sequence[SelectedMachine], existing: ExistingResources) -> ManagedResources:
    """Return the resources for the VMs that rules select; raises `KeyError` for a new identity without a group."""
    identities = sorted((_identity(one, existing) for one in wanted_identities(selected)), key=lambda one: one.id)
    ids = {one.id: one.id for one in identities}
    credentials = [
        replace(one, identity=ids[one.identity])
        for one in existing.credentials
        if one.identity in ids and not one.is_flexible
    ]
    return ManagedResources(
        tuple(identities),
        tuple(sorted(credentials, key=lambda one: (one.identity, one.name.lower()))),
        _assignments(selected, existing, ids),
        tuple(sorted((_machine(one, existing, ids) for one in selected if _is_set(one)), key=lambda one: one.id)),
    )


def _spelled(resource: ResourceId, existing: ExistingResources) -> ResourceId:
    """Return an ID with the name that its group was created with: lists of VMs may have it in capitals."""
    group = existing.groups.get(group_key(resource))
    return replace(resource, group=group.name) if group else resource


def _identity(wanted: ResourceId, existing: ExistingResources) -> ManagedIdentity:
    found = existing.identities.get(wanted)
    if found is None:
        return ManagedIdentity(_spelled(wanted, existing), existing.groups[group_key(wanted)].location)
    return ManagedIdentity(
        _spelled(found.id, existing), found.location, found.tags, exists=True, is_regional=found.is_regional
    )


def _is_set(one: SelectedMachine) -> bool:
    """Return whether rules want anything but exclusions, which no engine of an export by ID can express."""
    return one.goal.system is not None or one.goal.exactly is not None or bool(one.goal.include)


def _machine(one: SelectedMachine, existing: ExistingResources, ids: Mapping[ResourceId, ResourceId]) -> ManagedMachine:
    now, goal = one.machine.identity, one.goal
    system = bool(now.system) if goal.system is None else goal.system
    wanted = goal.include | (goal.exactly or frozenset())
    is_without_users = goal.exactly == frozenset()
    after = IdentityState.of(system=system, users=() if is_without_users else [*now.users, *wanted])
    users = {ids[user]: (now.users[user].spelling or str(user)) if user in now.users else None for user in wanted}
    return ManagedMachine(
        _spelled(one.machine.id, existing),
        after.type,
        {user: users[user] for user in sorted(users)},
        is_without_users,
        enables_system=system and not now.system,
    )


def _assignments(
    selected: Sequence[SelectedMachine], existing: ExistingResources, ids: Mapping[ResourceId, ResourceId]
) -> tuple[ManagedAssignment, ...]:
    there = {one.key: one for one in existing.assignments}
    principals = {
        found.principal_id.lower(): ids[found.id]
        for found in existing.identities.values()
        if found.id in ids and found.principal_id
    }
    made: dict[tuple[str, str, str], ManagedAssignment] = {}

    def add(one: ManagedAssignment) -> None:
        made[str(one.receiver).lower(), str(one.at).lower(), one.role_guid] = one

    for key, details in there.items():
        if key.principal_id in principals and key.scope.subscription:
            add(_existing(details, principals[key.principal_id], existing))
    for one in selected:
        for grant, user in one.grants:
            receiver = _spelled(one.machine.id, existing) if user is None else ids[user]
            principal_id = _principal(one.machine, user, existing)
            found = (
                there.get(AssignmentKey(principal_id.lower(), grant.role.guid, grant.scope)) if principal_id else None
            )
            add(_existing(found, receiver, existing) if found else _new(grant, receiver, principal_id))
    return tuple(made[key] for key in sorted(made))


def _principal(machine: VirtualMachine, user: ResourceId | None, existing: ExistingResources) -> str | None:
    if user is None:
        return machine.identity.principal_of(None)
    found = existing.identities.get(user)
    return found.principal_id if found else None


def _existing(details: AssignmentDetails, receiver: ResourceId, existing: ExistingResources) -> ManagedAssignment:
    guid, scope = _guid(details.role_definition_id), details.key.scope
    return ManagedAssignment(
        name=details.id.rsplit("/", 1)[-1],
        receiver=receiver,
        principal_id=details.principal_id,
        role_name=existing.role_names.get(guid, guid),
        role_definition_id=details.role_definition_id,
        # azurerm reads the scope of a group in ARM's spelling, and any narrower one as Azure has it.
        scope=details.scope if "/providers/" in str(scope) else str(scope),
        exists=True,
        condition=details.condition,
        condition_version=details.condition_version,
        description=details.description,
    )


def _new(grant: Grant, receiver: ResourceId, principal_id: str | None) -> ManagedAssignment:
    """Return an assignment under the name that vmident gives it, as far as its principal exists."""
    within = f"/subscriptions/{grant.scope.subscription}" if grant.scope.subscription else ""
    return ManagedAssignment(
        assignment_name(grant, principal_id or str(receiver)),
        receiver,
        principal_id,
        grant.role.name,
        # Azure answers with the subscription of the scope, whatever was sent.
        f"{within}{_ROLE_DEFINITIONS}/{grant.role.guid}",
        str(grant.scope),
        exists=False,
    )


def _guid(role_definition_id: str) -> str:
    return role_definition_id.rsplit("/", 1)[-1].lower()
