"""The resources that a desired-state file leads to, with those that exist already: what other engines take over."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from vmident.core.desired_state.rules import Rule
from vmident.core.identity import IdentityType
from vmident.core.rbac.roles import AssignmentDetails, Grant
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId
from vmident.core.resources import CredentialResource, Group, IdentityResource
from vmident.core.transition import SetIdentities
from vmident.core.virtual_machine import VirtualMachine


class SelectedMachine(Struct, frozen=True):
    """A VM or scale set, the rules that select it, its desired state, and the roles that they want for its identities.

    The identity of a role is `None` for the system-assigned one.
    """

    machine: VirtualMachine
    rules: tuple[Rule, ...]
    goal: SetIdentities
    grants: tuple[tuple[Grant, ResourceId | None], ...] = ()


class ExistingResources(Struct, frozen=True):
    """What was read from Azure.

    `groups` are by `group_key`. `assignments` are all that were listed, of any principal; `role_names` are by the
    role's GUID in small letters.
    """

    identities: Mapping[ResourceId, IdentityResource]
    groups: Mapping[tuple[str, str], Group]
    credentials: tuple[CredentialResource, ...] = ()
    assignments: tuple[AssignmentDetails, ...] = ()
    role_names: Mapping[str, str] = {}


class ManagedIdentity(Struct, frozen=True):
    """A user-assigned identity; one that does not exist gets the location of its resource group."""

    id: ResourceId
    location: str
    tags: Mapping[str, str] = {}
    exists: bool = False
    is_regional: bool = False


class ManagedAssignment(Struct, frozen=True):
    """A role assignment; `receiver` is an identity, or the VM whose system-assigned identity has the role.

    `name` is a GUID. `principal_id` is `None` where the principal does not exist yet. `scope` and
    `role_definition_id` of one that exists are as Azure has them, as azurerm replaces what differs.
    """

    name: str
    receiver: ResourceId
    principal_id: str | None
    role_name: str
    role_definition_id: str
    scope: str
    exists: bool
    condition: str | None = None
    condition_version: str | None = None
    description: str | None = None

    @property
    def at(self) -> Scope:
        """The scope, spelled as ARM does."""
        return Scope.parse(self.scope)

    @property
    def role_guid(self) -> str:
        """The GUID of the role, in small letters."""
        return self.role_definition_id.rsplit("/", 1)[-1].lower()

    @property
    def id(self) -> str:
        """The ID, as azurerm imports it."""
        return f"{self.at}/providers/Microsoft.Authorization/roleAssignments/{self.name}"


class ManagedMachine(Struct, frozen=True):
    """A VM or scale set whose identity an engine sets.

    `type` includes identities that are attached and that no rule mentions. `users` are those to attach, each with its
    spelling on the VM, `None` where it is not attached. `is_without_users`: a rule wants none (`exactly: []`).
    `enables_system`: its principal does not exist yet.
    """

    id: ResourceId
    type: IdentityType
    users: Mapping[ResourceId, str | None]
    is_without_users: bool
    enables_system: bool


class ManagedResources(Struct, frozen=True):
    """Everything that an engine can take over, sorted by ID."""

    identities: tuple[ManagedIdentity, ...] = ()
    credentials: tuple[CredentialResource, ...] = ()
    assignments: tuple[ManagedAssignment, ...] = ()
    machines: tuple[ManagedMachine, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to take over."""
        return not self.machines and self.has_only_machines

    @property
    def has_only_machines(self) -> bool:
        """Return whether there is nothing to take over beside VMs."""
        return not (self.identities or self.credentials or self.assignments)
