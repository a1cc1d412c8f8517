"""What a role allows that lets its holder act as an identity, by actions alone: role names are never looked at.

A1  A right is an action that an entry's `actions` match and its `notActions` do not. Entries of one role are added up,
    and so are roles: what one leaves out, another may allow. Data actions are a world of their own.
A2  Code runs on a VM as its identities with a run command, an extension, a write of the VM itself (which can carry
    either), or a sign-in to it. On scale sets the same rights exist for the set and for its instances.
A3  A user-assigned identity is taken over by attaching it elsewhere, and by making it trust a federated issuer.
A4  A principal that can write role assignments can grant all of that.

Source: 'Who can become an identity' in the project's wire facts; Microsoft's 'Understand Azure role definitions'.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from vmident.core.access.inventory import RolePermission
from vmident.core.rbac.permissions import any_matches
from vmident.core.vm_kind import VmKind

_VM = "Microsoft.Compute/virtualMachines"
_SET = "Microsoft.Compute/virtualMachineScaleSets"
_INSTANCE = f"{_SET}/virtualMachines"
_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
_WRITE_ROLES = "Microsoft.Authorization/roleAssignments/write"
# No provider has it, so only a pattern as wide as `*` or `*/write` matches.
_ANY_WRITE = "Vmident.Probe/anything/write"


class How(Enum):
    """The ways to act as an identity, in the words of `vmident access`."""

    RUN_COMMAND = "run-command"
    EXTENSION = "extension"
    VM_WRITE = "vm-write"
    LOGIN = "login"
    ASSIGN = "assign"
    FEDERATION_WRITE = "federation-write"
    FEDERATED_CREDENTIAL = "federated-credential"
    ROLE_WRITE = "role-write"


CODE_EXECUTION = frozenset({How.RUN_COMMAND, How.EXTENSION, How.VM_WRITE, How.LOGIN})


class Action(NamedTuple):
    """An action, or a data action."""

    name: str
    is_data: bool = False


Ways = tuple[tuple[How, tuple[Action, ...]], ...]
"""Each way, and the actions of which one is enough."""

_LOGIN = (Action(f"{_VM}/login/action", is_data=True), Action(f"{_VM}/loginAsAdmin/action", is_data=True))
_MACHINE_WAYS: dict[VmKind, Ways] = {
    VmKind.VM: (
        (How.RUN_COMMAND, (Action(f"{_VM}/runCommand/action"), Action(f"{_VM}/runCommands/write"))),
        (How.EXTENSION, (Action(f"{_VM}/extensions/write"),)),
        (How.VM_WRITE, (Action(f"{_VM}/write"),)),
        (How.LOGIN, _LOGIN),
        (How.ROLE_WRITE, (Action(_WRITE_ROLES),)),
    ),
    VmKind.SCALE_SET: (
        (How.RUN_COMMAND, (Action(f"{_INSTANCE}/runCommand/action"), Action(f"{_INSTANCE}/runCommands/write"))),
        (How.EXTENSION, (Action(f"{_SET}/extensions/write"), Action(f"{_INSTANCE}/extensions/write"))),
        (How.VM_WRITE, (Action(f"{_SET}/write"), Action(f"{_INSTANCE}/write"))),
        (How.LOGIN, _LOGIN),
        (How.ROLE_WRITE, (Action(_WRITE_ROLES),)),
    ),
}
IDENTITY_WAYS: Ways = (
    (How.ASSIGN, (Action(f"{_IDENTITY}/assign/action"),)),
    (How.FEDERATION_WRITE, (Action(f"{_IDENTITY}/federatedIdentityCredentials/write"),)),
    (How.ROLE_WRITE, (Action(_WRITE_ROLES),)),
)
COMPUTE_WRITE = (Action(f"{_VM}/write"), Action(f"{_SET}/write"))
"""Attaching an identity takes one of these beside the right on the identity itself."""


def machine_ways(kind: VmKind) -> Ways:
    """Return the ways to act as the identities of a machine through the machine."""
    return _MACHINE_WAYS[kind]


def allowed(permissions: Iterable[RolePermission], action: Action) -> bool:
    """Return whether one of the entries allows the action (rule A1)."""
    return any(_entry_allows(entry, action) for entry in permissions)


def allowed_ways(permissions: tuple[RolePermission, ...], ways: Ways) -> Ways:
    """Return the ways that the entries allow, each with only the actions that they allow."""
    found = ((how, tuple(action for action in actions if allowed(permissions, action))) for how, actions in ways)
    return tuple((how, actions) for how, actions in found if actions)


class Privilege(Enum):
    """How much a role can do, by its actions; the value is how it is shown."""

    NONE = "none"
    WRITES_ANYTHING = "can change every type of resource"
    GRANTS_ROLES = "can grant roles"


def privilege_of(permissions: tuple[RolePermission, ...]) -> Privilege:
    """Return whether a role can grant roles, or change resources of every type."""
    if allowed(permissions, Action(_WRITE_ROLES)):
        return Privilege.GRANTS_ROLES
    return Privilege.WRITES_ANYTHING if allowed(permissions, Action(_ANY_WRITE)) else Privilege.NONE


def _entry_allows(entry: RolePermission, action: Action) -> bool:
    given, taken = (
        (entry.data_actions, entry.not_data_actions) if action.is_data else (entry.actions, entry.not_actions)
    )
    return any_matches(given, action.name) and not any_matches(taken, action.name)
