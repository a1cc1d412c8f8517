"""Rows of Resource Graph and items of ARM's lists, as declared types, and what `core.access` makes of them.

Source: Microsoft's table and resource type reference of Resource Graph, and the REST reference of
Microsoft.Authorization, versions 2022-04-01 (deny assignments) and 2020-10-01 (schedule instances).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from vmident.arm.wire.types import Body, ExtensionBody, GraphIdentityBody, Text
from vmident.arm.wire.virtual_machines import extensions_from
from vmident.core.access.inventory import (
    ALL_PRINCIPALS,
    Assignment,
    DenyAssignment,
    FederatedCredential,
    Machine,
    RoleDefinition,
    RolePermission,
    UserAssigned,
    lower,
)
from vmident.core.dependents import ENCRYPTION, always_on_system, dependents_in, may_use_system
from vmident.core.resource_id import SCALE_SET
from vmident.core.vm_kind import VmKind, kind_of

if TYPE_CHECKING:
    from vmident.core.dependents import Dependent, Extension
    from vmident.core.virtual_machine import VirtualMachine


class MachineRow(Body):
    """A VM or a scale set; the extensions of a VM are rows of their own."""

    id: str
    type: str
    identity: GraphIdentityBody | None = None
    encryption: Text = None
    extensions: list[ExtensionBody] | None = None


class IdentityRow(Body):
    """A user-assigned identity."""

    id: str
    principal_id: Text = None
    client_id: Text = None


class FullAssignmentPropertiesBody(Body):
    """`properties` of a role assignment, or of a schedule instance."""

    role_definition_id: str
    principal_id: str
    scope: str
    principal_type: Text = None
    condition: Text = None
    end_date_time: Text = None
    origin_role_assignment_id: Text = None


class AssignmentRow(Body):
    """A role assignment, or a schedule instance."""

    id: str
    properties: FullAssignmentPropertiesBody


class PermissionRow(Body):
    """One entry of a role definition or of a deny assignment."""

    actions: list[str] | None = None
    not_actions: list[str] | None = None
    data_actions: list[str] | None = None
    not_data_actions: list[str] | None = None


class DefinitionPropertiesBody(Body):
    """`properties` of a role definition."""

    role_name: Text = None
    permissions: list[PermissionRow] | None = None


class DefinitionRow(Body):
    """A role definition."""

    id: str
    properties: DefinitionPropertiesBody


class PrincipalBody(Body):
    """Someone that a deny assignment names."""

    id: str
    type: Text = None


class DenialPropertiesBody(Body):
    """`properties` of a deny assignment."""

    scope: str
    permissions: list[PermissionRow] | None = None
    principals: list[PrincipalBody] | None = None
    exclude_principals: list[PrincipalBody] | None = None
    do_not_apply_to_child_scopes: bool | None = None


class DenialRow(Body):
    """A deny assignment."""

    id: str
    properties: DenialPropertiesBody


class CredentialPropertiesBody(Body):
    """`properties` of a federated credential."""

    issuer: Text = None
    subject: Text = None
    audiences: list[str] | None = None


class CredentialRow(Body):
    """A federated credential."""

    id: str
    properties: CredentialPropertiesBody


class ManagementGroupBody(Body):
    """One management group in the chain above a subscription."""

    name: str


class SubscriptionRow(Body):
    """A subscription with the management groups above it, the nearest first."""

    id: str
    subscription_id: str
    tenant_id: Text = None
    chain: list[ManagementGroupBody] | None = None


def machine_of(row: MachineRow, extensions: Iterable[Extension]) -> Machine:
    """Return the machine; `extensions` are those that are rows of their own."""
    identity = row.identity or GraphIdentityBody()
    dependents = dependents_in((*extensions, *extensions_from(row.extensions or ())), None)
    users = tuple(
        UserAssigned(user, ids.principal_id if ids else None, ids.client_id if ids else None)
        for user, ids in (identity.user_assigned_identities or {}).items()
    )
    has_system = "systemassigned" in (identity.type or "").lower()
    kind = VmKind.SCALE_SET if row.type.lower() == SCALE_SET.lower() else VmKind.VM
    system = identity.principal_id if has_system else None
    return _with_extensions(Machine(row.id, kind, system, users, row.encryption or None), dependents)


def machine_read(vm: VirtualMachine) -> Machine:
    """Return the machine from its own GET, which shows its extensions and its disk encryption."""
    encryption = next((one.needs for one in vm.dependents if one.code == ENCRYPTION), None)
    machine = Machine(
        str(vm.id),
        kind_of(vm.id),
        vm.identity.system.principal_id if vm.identity.system else None,
        tuple(UserAssigned(str(user), ids.principal_id, ids.client_id) for user, ids in vm.identity.users.items()),
        str(encryption) if encryption else None,
    )
    return _with_extensions(machine, [one for one in vm.dependents if one.code != ENCRYPTION])


def _with_extensions(machine: Machine, dependents: Sequence[Dependent]) -> Machine:
    ids = {one.lower() for user in machine.users for one in (user.client_id, user.principal_id) if one}
    return machine._replace(
        system_extensions=always_on_system(dependents), system_users=may_use_system(dependents, ids)
    )


def assignment_of(row: AssignmentRow, ends: Mapping[str, str]) -> Assignment:
    """Return an active role assignment; `ends` has the end of those that have one, by ID in lower case."""
    return _assignment(row, eligible=False, expires=ends.get(lower(row.id)))


def eligible_assignment_of(row: AssignmentRow) -> Assignment:
    """Return an eligible role as the assignment that it becomes when it is activated."""
    return _assignment(row, eligible=True, expires=row.properties.end_date_time)


def definition_of(row: DefinitionRow) -> RoleDefinition:
    """Return the role definition."""
    guid = row.id.rpartition("/")[2].lower()
    return RoleDefinition(guid, row.properties.role_name or guid, _permissions(row.properties.permissions))


def denial_of(row: DenialRow) -> DenyAssignment:
    """Return the deny assignment."""
    one = row.properties
    named = (*(one.principals or ()), *(one.exclude_principals or ()))
    return DenyAssignment(
        row.id,
        one.scope,
        _permissions(one.permissions),
        frozenset(map(_principal, one.principals or ())),
        frozenset(map(_principal, one.exclude_principals or ())),
        bool(one.do_not_apply_to_child_scopes),
        frozenset(_principal(each) for each in named if (each.type or "").lower() == "group"),
    )


def federated_credential_of(row: CredentialRow, identity: str) -> FederatedCredential:
    """Return the federated credential of an identity."""
    return FederatedCredential(row.id, identity, row.properties.issuer or "", row.properties.subject or "")


def _assignment(row: AssignmentRow, *, eligible: bool, expires: str | None) -> Assignment:
    """A role is known by the GUID that its ID ends in: case and prefix differ between tables (wire facts)."""
    one = row.properties
    guid = one.role_definition_id.rpartition("/")[2].lower()
    kind = one.principal_type or "Unknown"
    return Assignment(row.id, one.principal_id, kind, guid, one.scope, one.condition or None, eligible, expires)


def _principal(one: PrincipalBody) -> str:
    return ALL_PRINCIPALS if (one.type or "").lower() == "systemdefined" else one.id.lower()


def _permissions(rows: list[PermissionRow] | None) -> tuple[RolePermission, ...]:
    return tuple(
        RolePermission(
            tuple(one.actions or ()),
            tuple(one.not_actions or ()),
            tuple(one.data_actions or ()),
            tuple(one.not_data_actions or ()),
        )
        for one in rows or ()
    )
