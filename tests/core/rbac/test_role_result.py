"""When two role results are about one assignment."""

from __future__ import annotations

from msgspec.structs import replace

from vmident.core.rbac.role_result import RoleResult, RoleStatus
from vmident.core.rbac.roles import Role
from vmident.core.rbac.scope import group_scope, subscription_scope
from vmident.core.resource_id import user_identity_id

SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
READER = Role(f"/providers/Microsoft.Authorization/roleDefinitions/{'a' * 8}-0000-4000-8000-000000000000", "Reader")
OTHER_ROLE = Role(f"/providers/Microsoft.Authorization/roleDefinitions/{'b' * 8}-0000-4000-8000-000000000000", "Owner")
PLANNED = RoleResult(READER, subscription_scope(SUBSCRIPTION), "p1", RoleStatus.PLANNED)
IDENTITY = user_identity_id(SUBSCRIPTION, "g", "app")


def test_role_scope_and_principal_make_an_assignment() -> None:
    assert PLANNED.is_same_assignment(replace(PLANNED, status=RoleStatus.GRANTED, id="made"))
    assert not PLANNED.is_same_assignment(replace(PLANNED, principal_id="p2"))
    assert not PLANNED.is_same_assignment(replace(PLANNED, role=OTHER_ROLE))
    assert not PLANNED.is_same_assignment(replace(PLANNED, scope=group_scope(SUBSCRIPTION, "g")))


def test_the_receiver_decides_where_a_principal_is_not_known_yet() -> None:
    future = replace(PLANNED, principal_id=None, receiver=IDENTITY)
    assert future.is_same_assignment(replace(PLANNED, receiver=IDENTITY))
    assert not future.is_same_assignment(PLANNED)
