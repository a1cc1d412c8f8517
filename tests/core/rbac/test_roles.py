from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import THREE
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.rbac.roles import (
    Grant,
    Role,
    RoleAssignment,
    assignment_name,
    receiving_principals,
    vanishing_principal,
)
from vmident.core.rbac.scope import Scope
from vmident.core.transition import AddUsers, DisableSystem, EnableSystem, RemoveUsers, SetExactly, transition

GUIDS = ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "b24988ac-6180-42a0-ab88-20f7382dd24c")
SCOPES = tuple(Scope(f"/subscriptions/s/resourceGroups/g{number}") for number in range(3))
PRINCIPAL = "1b7a5c0f-5a4d-4d5b-8f2b-0e5a5a4db0c5"

roles = st.builds(
    lambda guid, place: Role(f"{place}/providers/Microsoft.Authorization/roleDefinitions/{guid}", "Reader"),
    st.sampled_from(GUIDS),
    st.sampled_from(["", "/subscriptions/s"]),
)
grants = st.builds(Grant, roles, st.sampled_from(SCOPES))
principals = st.uuids().map(str)


@given(grants, grants, principals, principals)
def test_an_assignment_has_one_name_for_what_it_is_and_another_for_everything_else(
    one: Grant, other: Grant, principal: str, another: str
) -> None:
    def is_same(a: Grant, b: Grant) -> bool:
        return (a.role.guid, a.scope) == (b.role.guid, b.scope)

    same = is_same(one, other) and principal == another
    assert (assignment_name(one, principal) == assignment_name(other, another)) is same


@given(grants, principals)
def test_an_assignments_name_is_a_guid_and_does_not_depend_on_case(grant: Grant, principal: str) -> None:
    name = assignment_name(grant, principal)
    shouted = Grant(Role(grant.role.id.upper(), "READER"), Scope(str(grant.scope).upper()))
    assert uuid.UUID(name).version == 5
    assert assignment_name(shouted, principal.upper()) == name


def test_an_assignments_name_does_not_change_from_version_to_version() -> None:
    grant = Grant(Role(f"/providers/Microsoft.Authorization/roleDefinitions/{GUIDS[0]}", "Reader"), SCOPES[0])
    assert assignment_name(grant, PRINCIPAL) == "0a644cac-119b-5010-81d6-73a08e864423"


def test_whoever_a_change_brings_gets_the_roles_and_nobody_else() -> None:
    one, two = THREE[:2]
    state = IdentityState(SystemIdentity(PRINCIPAL), {one: UserIdentity("c", "p1"), two: UserIdentity("c", "p2")})
    assert receiving_principals(EnableSystem(), state) == (PRINCIPAL,)
    assert receiving_principals(AddUsers(frozenset({two})), state) == ("p2",)
    for change in (DisableSystem(), RemoveUsers(frozenset({one})), SetExactly(system=True)):
        assert receiving_principals(change, state) == ()


def test_only_a_system_assigned_identitys_principal_vanishes() -> None:
    user = THREE[0]
    state = IdentityState(SystemIdentity(PRINCIPAL), {user: UserIdentity("c", "p")})
    assert vanishing_principal(transition(state, DisableSystem())) == PRINCIPAL
    assert vanishing_principal(transition(state, SetExactly(system=False))) == PRINCIPAL
    assert vanishing_principal(transition(state, RemoveUsers(frozenset({user})))) is None
    assert vanishing_principal(transition(IdentityState(), DisableSystem())) is None


def test_an_assignment_at_a_wider_scope_is_another_one() -> None:
    role = Role(f"/providers/Microsoft.Authorization/roleDefinitions/{GUIDS[0]}", "Reader")
    elsewhere = Role(f"/subscriptions/s{role.id}", "Reader")
    held = RoleAssignment("/an/id", role, Scope("/subscriptions/s"))
    assert held.is_what(Grant(elsewhere, Scope("/subscriptions/S")))
    assert not held.is_what(Grant(role, SCOPES[0]))
    assert held.role_name == "Reader"
