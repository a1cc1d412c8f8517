"""Role definitions and role assignments through the Resource Manager, and what the caller may do.

Source: Microsoft's REST reference for authorization, version 2022-04-01; 'Roles' in the wire facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from vmident.arm.answers import check_same_name, read
from vmident.arm.connection import Connection
from vmident.arm.paging import pages, unread_items
from vmident.arm.wire.types import AssignmentBody, PermissionBody, RoleBody
from vmident.arm.wire.virtual_machines import checking_ids
from vmident.core.rbac.permissions import Permission
from vmident.core.rbac.roles import AssignmentDetails, AssignmentKey, Grant, Role, RoleAssignment, assignment_name
from vmident.core.rbac.scope import Scope
from vmident.errors import NotFound, VmidentError

if TYPE_CHECKING:
    from vmident.arm.answers import ArmResponse

API_VERSION = "2022-04-01"
_EXISTS = "RoleAssignmentExists"
_ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
_A_ROLE = "a role definition"
_AN_ASSIGNMENT = "a role assignment"
_NO_CONTENT = 204


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
        return self._definitions(scope, "")

    def by_id(self, definition_id: str) -> Role:
        """Read one definition by its full id; raises `NotFound`."""
        return self._role(definition_id)

    def assignments_of(self, principal_id: str, scope: Scope) -> Sequence[RoleAssignment]:
        """List a principal's own assignments at, above and below the scope, those of its groups left out.

        Asked at the scope itself: who may read there may not read the whole subscription.
        """
        found = self._assignments_at(scope, f"principalId eq '{principal_id}'")
        # One of another principal, which was not asked for, might be deleted with the identity.
        return tuple(self._held(one) for one in found if one.properties.principal_id.lower() == principal_id.lower())

    def listed_assignments_of(self, principal_id: str, scope: Scope) -> Sequence[RoleAssignment]:
        """Pick a principal's assignments from the list of all at, above and below the scope."""
        return tuple(map(self._held, self._everybodys(scope).get(principal_id.lower(), ())))

    def assignments_at(self, scope: Scope) -> frozenset[AssignmentKey]:
        """List all assignments at, above and below the scope, page by page."""
        return frozenset(map(_assigned, self._assignments_at(scope)))

    def details_at(self, scope: Scope) -> Sequence[AssignmentDetails]:
        """List all assignments at, above and below the scope, page by page."""
        return tuple(map(_details, self._assignments_at(scope)))

    def find(self, grant: Grant, principal_id: str) -> str | None:
        """Return the id of the assignment that `grant` makes, by its name; `None` where it is not there."""
        path = f"{grant.scope}/{_ASSIGNMENTS}/{assignment_name(grant, principal_id)}"
        try:
            return _id_in(self._connection.read(path, API_VERSION), path)
        except NotFound:
            return None

    def assign(self, grant: Grant, principal_id: str) -> tuple[str | None, bool]:
        """PUT the assignment once; return its id, and whether it is new. Of one under another name the id is not known.

        `principalType` spares the check whether the directory knows the principal yet (wire facts). Raises
        `InvalidResponse` for an answer that is not this very assignment.
        """
        path = f"{grant.scope}/{_ASSIGNMENTS}/{assignment_name(grant, principal_id)}"
        properties = {
            "roleDefinitionId": grant.role.id,
            "principalId": principal_id,
            "principalType": "ServicePrincipal",
        }
        try:
            answer = self._connection.put(path, API_VERSION, {"properties": properties})
        except VmidentError as failure:
            if failure.code != _EXISTS:
                raise
            return self.find(grant, principal_id), False
        return _id_in(answer, path), True

    def exists(self, assignment_id: str) -> bool:
        """GET the assignment; 404 means that there is none."""
        try:
            _id_in(self._connection.read(assignment_id, API_VERSION), assignment_id)
        except NotFound:
            return False
        return True

    def remove(self, assignment_id: str) -> None:
        """DELETE the assignment once. Azure answers 200 with what it deleted, or 204 where there was nothing.

        Raises `InvalidResponse` for every other answer.
        """
        try:
            answer = self._connection.delete(assignment_id, API_VERSION)
        except NotFound:
            # The scope itself is gone (recorded: `ResourceGroupNotFound`).
            return
        if answer.status != _NO_CONTENT:
            _id_in(answer, assignment_id)

    def _list_everybodys(self, scope: Scope) -> Mapping[str, Sequence[AssignmentBody]]:
        """Return the assignments by the principal's id in small letters."""
        by_principal = defaultdict[str, list[AssignmentBody]](list)
        for one in self._assignments_at(scope):
            by_principal[one.properties.principal_id.lower()].append(one)
        return by_principal

    def _assignments_at(self, scope: Scope, condition: str = "") -> Iterator[AssignmentBody]:
        items = unread_items(self._connection, f"{scope}/{_ASSIGNMENTS}", API_VERSION, condition)
        return (read(one, AssignmentBody, _AN_ASSIGNMENT) for one in items)

    def _read_permissions(self, scope: Scope) -> Sequence[Permission]:
        """List what the caller may do at a scope."""
        path = f"{scope}/providers/Microsoft.Authorization/permissions"
        found = pages(self._connection, path, API_VERSION, PermissionBody, "a permission")
        return tuple(Permission(tuple(one.actions or ()), tuple(one.not_actions or ())) for one in found)

    def _definitions(self, scope: Scope, condition: str) -> Sequence[Role]:
        path = f"{scope}/providers/Microsoft.Authorization/roleDefinitions"
        found = unread_items(self._connection, path, API_VERSION, condition)
        return tuple(_role(read(one, RoleBody, _A_ROLE)) for one in found)

    def _read_role(self, definition_id: str) -> Role:
        found = _role(self._connection.read(definition_id, API_VERSION).read(RoleBody, _A_ROLE))
        check_same_name(definition_id, found.id)
        return found

    def _held(self, body: AssignmentBody) -> RoleAssignment:
        assignment_id, definition_id = body.id, body.properties.role_definition_id
        with checking_ids(_AN_ASSIGNMENT):
            scope = Scope.parse(body.properties.scope)
        try:
            role = self._role(definition_id)
        except NotFound:
            # A custom role whose definition is gone; the assignment is there all the same.
            role = Role(definition_id, definition_id.rsplit("/", 1)[-1])
        return RoleAssignment(assignment_id, role, scope)


def _id_in(answer: ArmResponse, path: str) -> str:
    """Return the id of the assignment in an answer, which has to be the one that was asked for."""
    found = answer.read(AssignmentBody, _AN_ASSIGNMENT)
    check_same_name(path, found.id)
    return found.id


def _role(body: RoleBody) -> Role:
    return Role(body.id, body.properties.role_name)


def _details(body: AssignmentBody) -> AssignmentDetails:
    held = body.properties
    with checking_ids(_AN_ASSIGNMENT):
        Scope.parse(held.scope)
    return AssignmentDetails(
        body.id,
        held.principal_id,
        held.role_definition_id,
        held.scope,
        held.condition or None,
        held.condition_version or None,
        held.description or None,
    )


def _assigned(body: AssignmentBody) -> AssignmentKey:
    held = body.properties
    with checking_ids(_AN_ASSIGNMENT):
        scope = Scope.parse(held.scope)
    return AssignmentKey(held.principal_id.lower(), held.role_definition_id.rsplit("/", 1)[-1].lower(), scope)
