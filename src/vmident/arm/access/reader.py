"""Read what decides access: flat queries of Resource Graph, and ARM's lists of what the graph does not have.

The graph lags by seconds to minutes, and its queries are not joined: `core.access` does that. Federated credentials are
listed by identity, eligible roles and deny assignments by subscription.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from vmident.arm.access.bodies import (
    AssignmentRow,
    CredentialRow,
    DefinitionRow,
    DenialRow,
    IdentityRow,
    MachineRow,
    SubscriptionRow,
    assignment_of,
    definition_of,
    denial_of,
    eligible_assignment_of,
    federated_credential_of,
    machine_of,
)
from vmident.arm.access.list_rows import (
    OTHERS_UNREAD,
    read_assignments,
    read_definitions,
    read_identities,
    read_machines,
    read_tenants,
)
from vmident.arm.answers import read
from vmident.arm.identities import FEDERATED_CREDENTIALS
from vmident.arm.limits import FEDERATED_IDENTITIES
from vmident.arm.paging import graph_answers, pages
from vmident.arm.roles import ArmRoles
from vmident.arm.wire.types import GraphExtensionBody
from vmident.core.access.access_map import management_groups_in
from vmident.core.access.inventory import FederatedCredential, Inventory, Unread, UserAssigned, lower, subscription_of
from vmident.core.dependents import PUBLISHERS, Extension
from vmident.core.rbac.permissions import READ_ROLE_ASSIGNMENT, allows
from vmident.core.rbac.scope import Scope
from vmident.errors import NotFound, VmidentError

if TYPE_CHECKING:
    from vmident.arm.connection import Connection
    from vmident.arm.wire.types import Body
    from vmident.core.access.inventory import Assignment, DenyAssignment, Machine

DENY_ASSIGNMENTS = "2022-04-01"
SCHEDULE_INSTANCES = "2020-10-01"
_MANAGEMENT_GROUPS = "/providers/microsoft.management/managementgroups/"
_AUTHORIZATION = "providers/Microsoft.Authorization"

_MACHINES = (
    "resources | where type in~ ('microsoft.compute/virtualmachines', 'microsoft.compute/virtualmachinescalesets') "
    "| project id, type, identity, encryption = coalesce("
    "tostring(properties.securityProfile.encryptionIdentity.userAssignedIdentityResourceId), "
    "tostring(properties.virtualMachineProfile.securityProfile.encryptionIdentity.userAssignedIdentityResourceId)), "
    "extensions = properties.virtualMachineProfile.extensionProfile.extensions "
    "| order by id asc"
)
_PUBLISHERS = ", ".join(f"'{one}'" for one in PUBLISHERS)
_EXTENSIONS = (
    "resources | where type =~ 'microsoft.compute/virtualmachines/extensions' and properties.publisher in~ "
    f"({_PUBLISHERS}) | project id, publisher = tostring(properties.publisher), kind = "
    "tostring(properties.type), settings = properties.settings | order by id asc"
)
_IDENTITIES = (
    "resources | where type =~ 'microsoft.managedidentity/userassignedidentities' "
    "| project id, principalId = tostring(properties.principalId), clientId = tostring(properties.clientId) "
    "| order by id asc"
)
_SUBSCRIPTIONS = (
    "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' "
    "| project id, subscriptionId, tenantId, chain = properties.managementGroupAncestorsChain | order by id asc"
)
_ASSIGNMENTS = (
    "authorizationresources | where type =~ 'microsoft.authorization/roleassignments' "
    "| project id, properties | order by id asc"
)
_DEFINITIONS = (
    "authorizationresources | where type =~ 'microsoft.authorization/roledefinitions' "
    "| project id, properties | order by id asc"
)
_AT_ALL_SCOPES = {"authorizationScopeFilter": "AtScopeAboveAndBelow"}
"""Without it Resource Graph leaves out assignments at management groups (its REST reference, `QueryRequestOptions`)."""

B = TypeVar("B", bound="Body")
T = TypeVar("T")
R = TypeVar("R")


class ReadEach(Protocol):
    """Many small reads: `arm.access.paced_reads.read_each` with a clock."""

    def __call__(self, items: Sequence[T], read: Callable[[T], R]) -> list[R | VmidentError]:
        """Return for each item what `read` returns, or the error that it raises."""
        ...


class ArmAccessRows:
    """`vmident.ports.access.AccessRows`, as Resource Graph and ARM have them."""

    def __init__(self, connection: Connection, read_each: ReadEach) -> None:
        self._connection = connection
        self._read_each = read_each

    def inventory(self, subscriptions: Sequence[str]) -> Inventory:
        """Read the rows; what the graph lacks and ARM refuses is `unread`."""
        unread: list[Unread] = []
        identities = tuple(
            UserAssigned(one.id, one.principal_id or None, one.client_id)
            for one in self._rows(_IDENTITIES, IdentityRow, subscriptions)
        )
        missing = self._assignments_unread(subscriptions, unread)
        eligible, ends = self._schedules(subscriptions, unread)
        active = (assignment_of(one, ends) for one in self._rows(_ASSIGNMENTS, AssignmentRow, subscriptions))
        containers = tuple(self._rows(_SUBSCRIPTIONS, SubscriptionRow, subscriptions))
        chains = {
            one.subscription_id: [group.name for group in reversed(one.chain)]
            for one in containers
            if one.chain is not None
        }
        machines = self._machines(subscriptions)
        federated, missed = self._federated(identities, machines, unread)
        return Inventory(
            frozenset(map(str.lower, subscriptions)),
            machines,
            identities,
            (*active, *eligible),
            tuple(map(definition_of, self._rows(_DEFINITIONS, DefinitionRow, subscriptions))),
            federated,
            tuple(self._denials(subscriptions, unread)),
            management_groups_in(chains),
            {one.subscription_id.lower(): one.tenant_id.lower() for one in containers if one.tenant_id},
            federated_unread=missed,
            assignments_unread=missing,
            unread=tuple(unread),
        )

    def inventory_of(self, machines: Sequence[str]) -> Inventory:
        """Read the machines one by one, and what leads to them and their identities, from ARM's own lists."""
        connection, unread = self._connection, [OTHERS_UNREAD]
        subscriptions = sorted({subscription_of(one) or "" for one in machines})
        found = read_machines(connection, machines)
        identities = read_identities(connection, found)
        eligible, _ = self._schedules(subscriptions, unread)
        assignments = (*read_assignments(connection, found, identities), *eligible)
        federated, missed = self._federated(identities, found, unread)
        above = {one.scope for one in assignments if one.scope.lower().startswith(_MANAGEMENT_GROUPS)}
        return Inventory(
            frozenset(subscriptions),
            found,
            identities,
            assignments,
            read_definitions(connection, assignments),
            federated,
            tuple(self._denials(subscriptions, unread)),
            # ARM lists what holds at the machine, so each of these is above its subscription.
            {one: tuple(sorted(map(lower, above))) for one in subscriptions},
            read_tenants(connection, subscriptions),
            federated_unread=missed,
            unread=tuple(unread),
        )

    def _rows(self, query: str, kind: type[B], subscriptions: Sequence[str]) -> Iterator[B]:
        options = _AT_ALL_SCOPES if query.startswith("authorizationresources") else {}
        for page in graph_answers(self._connection, query, subscriptions, options=options):
            yield from (read(row, kind, "a row of Resource Graph") for row in page.rows)

    def _machines(self, subscriptions: Sequence[str]) -> tuple[Machine, ...]:
        extensions: dict[str, list[Extension]] = defaultdict(list)
        for one in self._rows(_EXTENSIONS, GraphExtensionBody, subscriptions):
            vm, _, name = one.id.rpartition("/extensions/")
            extensions[lower(vm)].append(Extension(name, one.publisher or "", one.kind or "", one.settings))
        rows = self._rows(_MACHINES, MachineRow, subscriptions)
        return tuple(machine_of(one, extensions[lower(one.id)]) for one in rows)

    def _assignments_unread(self, subscriptions: Sequence[str], unread: list[Unread]) -> frozenset[str]:
        """Return the subscriptions, in lower case, of which the caller may not read all role assignments.

        Resource Graph returns only the rows that the caller may read, without a word about the others. So the caller's
        permissions at the subscription decide. Where they cannot be read, not all are known to have been read.
        """
        roles, found = ArmRoles(self._connection), set()
        for one in subscriptions:
            what = f"role assignments of subscription {one}"
            with _noting(unread, what):
                if allows(roles.permissions(Scope.parse(f"/subscriptions/{one}")), READ_ROLE_ASSIGNMENT):
                    continue
                why = f"your account can read only some of them; ask for the role 'Reader' on subscription {one}"
                unread.append(Unread(what, why))
            found.add(one.lower())
        return frozenset(found)

    def _schedules(
        self, subscriptions: Sequence[str], unread: list[Unread]
    ) -> tuple[tuple[Assignment, ...], Mapping[str, str]]:
        """Return the eligible roles, and when the active assignments end that have an end."""
        eligible: list[Assignment] = []
        ends: dict[str, str] = {}
        for one in subscriptions:
            path = f"/subscriptions/{one}/{_AUTHORIZATION}"
            with _noting(unread, f"eligible roles in subscription {one}"):
                instances = self._list(f"{path}/roleEligibilityScheduleInstances", SCHEDULE_INSTANCES, AssignmentRow)
                eligible += map(eligible_assignment_of, instances)
                for row in self._list(f"{path}/roleAssignmentScheduleInstances", SCHEDULE_INSTANCES, AssignmentRow):
                    origin, end = row.properties.origin_role_assignment_id, row.properties.end_date_time
                    if origin and end:
                        ends[lower(origin)] = end
        return tuple(eligible), ends

    def _denials(self, subscriptions: Sequence[str], unread: list[Unread]) -> Iterator[DenyAssignment]:
        for one in subscriptions:
            with _noting(unread, f"deny assignments in subscription {one}"):
                path = f"/subscriptions/{one}/{_AUTHORIZATION}/denyAssignments"
                yield from map(denial_of, self._list(path, DENY_ASSIGNMENTS, DenialRow))

    def _federated(
        self, identities: Sequence[UserAssigned], machines: Sequence[Machine], unread: list[Unread]
    ) -> tuple[tuple[FederatedCredential, ...], frozenset[str]]:
        """List the federated credentials of each identity, a request each, those that machines carry first.

        Returns them, and the IDs in lower case of the identities whose credentials were not read. Resource Graph has
        no federated credentials.
        """
        chosen, rest = those_to_list(identities, machines)
        if rest:
            why = f"at most {FEDERATED_IDENTITIES:,} identities are read, those of VMs and scale sets first"
            unread.append(Unread(f"federated credentials of {len(rest):,} identities", why))
        missed = {lower(one.id) for one in rest}
        found: list[FederatedCredential] = []
        for one, outcome in zip(chosen, self._read_each(chosen, self._credentials_of), strict=True):
            if isinstance(outcome, NotFound):
                continue  # The identity was deleted, and Resource Graph lags: no credentials are left.
            if isinstance(outcome, VmidentError):
                what = f"federated credentials of '{one.id}'"
                unread.append(Unread(what, f"{outcome.message} [{outcome.code}]", one.id))
                missed.add(lower(one.id))
            else:
                found += outcome
        return tuple(found), frozenset(missed)

    def _credentials_of(self, one: UserAssigned) -> list[FederatedCredential]:
        rows = self._list(f"{one.id}/federatedIdentityCredentials", FEDERATED_CREDENTIALS, CredentialRow)
        return [federated_credential_of(row, one.id) for row in rows]

    def _list(self, path: str, api_version: str, kind: type[B]) -> list[B]:
        return list(pages(self._connection, path, api_version, kind, "an item of a list"))


def those_to_list(
    identities: Sequence[UserAssigned], machines: Sequence[Machine]
) -> tuple[Sequence[UserAssigned], Sequence[UserAssigned]]:
    """Return the identities whose federated credentials are listed, those of machines first, and the others."""
    carried = {lower(user.id) for machine in machines for user in machine.users}
    ordered = sorted(identities, key=lambda one: (lower(one.id) not in carried, lower(one.id)))
    return ordered[:FEDERATED_IDENTITIES], ordered[FEDERATED_IDENTITIES:]


@contextmanager
def _noting(unread: list[Unread], what: str) -> Iterator[None]:
    """Turn a failure into something that was not read, unless it ends the command."""
    try:
        yield
    except VmidentError as failure:
        if failure.ends_run:
            raise
        unread.append(Unread(what, f"{failure.message} [{failure.code}]"))
