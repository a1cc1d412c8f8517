"""What decides access to a few machines, from ARM's own lists: for where Resource Graph cannot be used.

Other machines that carry the same identities are not found so: the inventory says that they were not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from vmident.arm.access.bodies import (
    AssignmentRow,
    DefinitionRow,
    assignment_of,
    definition_of,
    machine_read,
)
from vmident.arm.identities import ArmIdentities
from vmident.arm.paging import pages
from vmident.arm.roles import API_VERSION as ROLES
from vmident.arm.subscriptions import API_VERSION as SUBSCRIPTIONS
from vmident.arm.virtual_machines import ArmVirtualMachines
from vmident.arm.wire.types import SubscriptionBody
from vmident.core.access.inventory import Unread, UserAssigned, lower, subscription_of
from vmident.core.resource_id import ResourceId
from vmident.errors import NotFound

if TYPE_CHECKING:
    from vmident.arm.connection import Connection
    from vmident.core.access.inventory import Assignment, Machine, RoleDefinition

T = TypeVar("T")
OTHERS_UNREAD = Unread("other VMs with the same identities", "Resource Graph cannot be used")


def read_machines(connection: Connection, ids: Sequence[str]) -> tuple[Machine, ...]:
    """GET each machine, with its extensions."""
    machines = ArmVirtualMachines(connection)
    return tuple(machine_read(machines.read(ResourceId.parse(one))) for one in ids)


def read_identities(connection: Connection, machines: Sequence[Machine]) -> tuple[UserAssigned, ...]:
    """GET each identity of the machines; one that does not exist is left out."""
    attached = {lower(user.id): user.id for machine in machines for user in machine.users}
    return tuple(_existing(connection, attached.values()))


def read_assignments(
    connection: Connection, machines: Sequence[Machine], identities: Sequence[UserAssigned]
) -> tuple[Assignment, ...]:
    """List the role assignments at and above each machine and identity, and those of the identities anywhere.

    A list at a resource has what is above it too (Microsoft's REST reference, 'Role Assignments - List For Scope').
    """
    places = [*(one.id for one in machines), *(one.id for one in identities)]
    found = {row.id.lower(): row for place in places for row in _assignments(connection, place)}
    principals = {one.system_principal for one in machines} | {one.principal_id for one in identities}
    for subscription in sorted({subscription_of(one) or "" for one in places}):
        for principal in sorted(filter(None, principals)):
            condition = f"principalId eq '{principal}'"
            scope = f"/subscriptions/{subscription}"
            found |= {row.id.lower(): row for row in _assignments(connection, scope, condition)}
    return tuple(assignment_of(row, {}) for row in found.values())


def read_definitions(connection: Connection, assignments: Sequence[Assignment]) -> tuple[RoleDefinition, ...]:
    """GET the definition of each role that is assigned; one that does not exist is left out."""
    guids = sorted({one.role_guid for one in assignments})
    path = "/providers/Microsoft.Authorization/roleDefinitions"

    def read(guid: str) -> RoleDefinition:
        return definition_of(connection.read(f"{path}/{guid}", ROLES).read(DefinitionRow, "a role definition"))

    return tuple(_those_that_exist(read, guids))


def read_tenants(connection: Connection, subscriptions: Sequence[str]) -> dict[str, str]:
    """GET each subscription for its own tenant; both in lower case."""
    bodies = (
        connection.read(f"/subscriptions/{one}", SUBSCRIPTIONS).read(SubscriptionBody, "a subscription")
        for one in subscriptions
    )
    return {one.subscription_id.lower(): one.tenant_id.lower() for one in bodies if one.tenant_id}


def _existing(connection: Connection, ids: Iterable[str]) -> Iterator[UserAssigned]:
    identities = ArmIdentities(connection)

    def read(identity: str) -> UserAssigned:
        found = identities.read(ResourceId.parse(identity))
        return UserAssigned(str(found.id), found.principal_id, found.client_id)

    return _those_that_exist(read, ids)


def _assignments(connection: Connection, scope: str, condition: str = "") -> Iterator[AssignmentRow]:
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
    return pages(connection, path, ROLES, AssignmentRow, "a role assignment", condition=condition)


def _those_that_exist(read: Callable[[str], T], ids: Iterable[str]) -> Iterator[T]:
    for one in ids:
        with suppress(NotFound):
            yield read(one)
