"""Role definitions and role assignments through the SDK's authorization client, and what the caller may do.

Source: Microsoft's REST reference for authorization, version 2022-04-01; 'Roles' in the wire facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from vmident.arm.connection import Connection
from vmident.arm.paging import pages
from vmident.arm.wire import unreadable
from vmident.core.rbac.permissions import Permission
from vmident.core.rbac.roles import AssignmentKey, Grant, Role, RoleAssignment, assignment_name
from vmident.core.rbac.scope import Scope
from vmident.errors import BadResourceId, NotFound, VmidentError

if TYPE_CHECKING:
    from azure.mgmt.authorization import AuthorizationManagementClient

API_VERSION = "2022-04-01"
_EXISTS = "RoleAssignmentExists"
_NO_CONTENT = 204
# The client wants a subscription, and puts it only into requests that are not made here.
_ANY_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


class ArmRoles:
    """`vmident.ports.azure.Roles`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._role = cache(self._read_role)
        self.named = cache(self._find_named)
        self.all_at = cache(self._list_all_at)
        self._everybodys = cache(self._list_everybodys)
        self.permissions = cache(self._read_permissions)

    def _find_named(self, name: str, scope: Scope) -> Sequence[Role]:
        """List the definitions called `name` at a scope; ARM compares names without regard to case."""
        quoted = name.replace("'", "''")
        return self._definitions(scope, f"roleName eq '{quoted}'")

    def _list_all_at(self, scope: Scope) -> Sequence[Role]:
        """List every definition that can be assigned at a scope, for names that come near a mistyped one."""
        return self._definitions(scope, None)

    def by_id(self, definition_id: str) -> Role:
        """Read one definition by its full id; raises `NotFound`."""
        return self._role(definition_id)

    def assignments_of(self, principal_id: str, scope: Scope) -> Sequence[RoleAssignment]:
        """List a principal's own assignments at, above and below the scope, those of its groups left out.

        Asked at the scope itself: who may read there may not read the whole subscription.
        """
        client = self._client()
        condition = f"principalId eq '{principal_id}'"
        found = self._connection.patiently(
            lambda: list(client.role_assignments.list_for_scope(str(scope), filter=condition))
        )
        return tuple(self._held(str(one.id), str(one.role_definition_id), str(one.scope)) for one in found)

    def listed_assignments_of(self, principal_id: str, scope: Scope) -> Sequence[RoleAssignment]:
        """Pick a principal's assignments from the list of all at, above and below the scope."""
        return tuple(self._held(*one) for one in self._everybodys(scope).get(principal_id.lower(), ()))

    def assignments_at(self, scope: Scope) -> frozenset[AssignmentKey]:
        """List all assignments at, above and below the scope, page by page."""
        try:
            return frozenset(_assigned(one["properties"]) for one in self._assignments_at(scope))
        except (KeyError, TypeError, AttributeError, BadResourceId) as strange:
            raise unreadable("a list of role assignments") from strange

    def find(self, grant: Grant, principal_id: str) -> str | None:
        """Return the id of the assignment that `grant` makes, by its name; `None` where it is not there."""
        client, name = self._client(), assignment_name(grant, principal_id)
        try:
            return str(self._connection.patiently(lambda: client.role_assignments.get(str(grant.scope), name)).id)
        except NotFound:
            return None

    def assign(self, grant: Grant, principal_id: str) -> tuple[str | None, bool]:
        """PUT the assignment once; return its id, and whether it is new. Of one under another name the id is not known.

        `principalType` spares the check whether the directory knows the principal yet (wire facts). Raises
        `UnreadableAnswer` for an answer that is not this very assignment.
        """
        properties = {
            "roleDefinitionId": grant.role.id,
            "principalId": principal_id,
            "principalType": "ServicePrincipal",
        }
        name = assignment_name(grant, principal_id)
        path = f"{grant.scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        try:
            answer = self._connection.put(path, API_VERSION, {"properties": properties})
        except VmidentError as failure:
            if failure.code != _EXISTS:
                raise
            return self.find(grant, principal_id), False
        return _id_of(answer.body, name), True

    def exists(self, assignment_id: str) -> bool:
        """GET the assignment; 404 means that there is none."""
        try:
            self._connection.read(assignment_id, API_VERSION)
        except NotFound:
            return False
        return True

    def remove(self, assignment_id: str) -> None:
        """DELETE the assignment once. Azure answers 200 with what it deleted, or 204 where there was nothing.

        Raises `UnreadableAnswer` for every other answer.
        """
        try:
            answer = self._connection.delete(assignment_id, API_VERSION)
        except NotFound:
            # The scope itself is gone (recorded: `ResourceGroupNotFound`).
            return
        if answer.status != _NO_CONTENT:
            _id_of(answer.body, assignment_id.rsplit("/", 1)[-1])

    def _list_everybodys(self, scope: Scope) -> Mapping[str, Sequence[tuple[str, str, str]]]:
        """Return the id, the definition's id and the scope of each assignment, by the principal in small letters."""
        by_principal = defaultdict[str, list[tuple[str, str, str]]](list)
        try:
            for one in self._assignments_at(scope):
                held = one["properties"]
                by_principal[held["principalId"].lower()].append((one["id"], held["roleDefinitionId"], held["scope"]))
        except (KeyError, TypeError, AttributeError) as strange:
            raise unreadable("a list of role assignments") from strange
        return by_principal

    def _assignments_at(self, scope: Scope) -> Iterator[dict[str, Any]]:
        return pages(self._connection, f"{scope}/providers/Microsoft.Authorization/roleAssignments", API_VERSION)

    def _read_permissions(self, scope: Scope) -> Sequence[Permission]:
        """List what the caller may do at a scope."""
        path = f"{scope}/providers/Microsoft.Authorization/permissions"
        try:
            return tuple(
                Permission(tuple(one["actions"]), tuple(one.get("notActions") or ()))
                for one in pages(self._connection, path, API_VERSION)
            )
        except (KeyError, TypeError) as strange:
            raise unreadable("a list of permissions") from strange

    def _client(self) -> AuthorizationManagementClient:
        from azure.mgmt.authorization import AuthorizationManagementClient

        return self._connection.sdk(AuthorizationManagementClient, _ANY_SUBSCRIPTION)

    def _definitions(self, scope: Scope, condition: str | None) -> Sequence[Role]:
        client = self._client()
        found = self._connection.patiently(lambda: list(client.role_definitions.list(str(scope), filter=condition)))
        return tuple(Role(str(one.id), str(one.role_name)) for one in found)

    def _read_role(self, definition_id: str) -> Role:
        client = self._client()
        found = self._connection.patiently(lambda: client.role_definitions.get_by_id(definition_id))
        return Role(str(found.id), str(found.role_name))

    def _held(self, assignment_id: str, definition_id: str, scope_id: str) -> RoleAssignment:
        try:
            scope = Scope.parse(scope_id)
        except BadResourceId as strange:
            raise unreadable("a role assignment") from strange
        try:
            role = self._role(definition_id)
        except NotFound:
            # A custom role whose definition is gone; the assignment is there all the same.
            role = Role(definition_id, definition_id.rsplit("/", 1)[-1])
        return RoleAssignment(assignment_id, role, scope)


def _assigned(properties: Any) -> AssignmentKey:
    guid = properties["roleDefinitionId"].rsplit("/", 1)[-1].lower()
    return AssignmentKey(properties["principalId"].lower(), guid, Scope.parse(properties["scope"]))


def _id_of(body: Any, name: str) -> str:
    """Return the id of the assignment in an answer, which has to be the one that was asked for."""
    found = body.get("id") if isinstance(body, dict) else None
    if not isinstance(found, str) or found.rsplit("/", 1)[-1].lower() != name.lower():
        raise unreadable(f"the role assignment '{name}'")
    return found
