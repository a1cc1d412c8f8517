from __future__ import annotations

import pytest
from hypothesis import given

from tests.core.worlds import STATES, THREE, law, shouted, state_name, states
from vmident.core.identity import IdentityState, IdentityType, SystemIdentity, UserIdentity
from vmident.core.resource_id import ResourceId, vm_id
from vmident.core.virtual_machine import VirtualMachine

A, B, _ = THREE
KNOWN = UserIdentity("client", "principal")


@pytest.mark.parametrize("state", STATES, ids=state_name)
def test_the_type_says_which_kinds_of_identity_are_there(state: IdentityState) -> None:
    assert state.type.has_system == (state.system is not None)
    assert state.type.has_users == bool(state.users)


@pytest.mark.parametrize(
    ("state", "spelled"),
    [
        (IdentityState(), "None"),
        (IdentityState.of(system=True), "SystemAssigned"),
        (IdentityState.of(users=[A]), "UserAssigned"),
        (IdentityState.of(system=True, users=[A]), "SystemAssigned, UserAssigned"),
    ],
)
def test_the_type_is_spelled_as_arm_spells_it(state: IdentityState, spelled: str) -> None:
    assert state.type is IdentityType(spelled)


@pytest.mark.parametrize(
    ("state", "is_known"),
    [
        (IdentityState(), True),
        (IdentityState(SystemIdentity("principal", "tenant"), {A: KNOWN}), True),
        (IdentityState(SystemIdentity(None, "tenant")), False),
        (IdentityState(users={A: KNOWN, B: UserIdentity()}), False),
        (IdentityState(users={A: UserIdentity("client", None)}), False),
        (IdentityState(users={A: UserIdentity(None, "principal")}), False),
    ],
)
def test_a_state_is_fully_known_once_every_principal_and_client_has_been_said(
    state: IdentityState, is_known: bool
) -> None:
    assert state.is_fully_known is is_known


def test_a_state_cannot_be_changed_from_outside() -> None:
    users = {A: KNOWN}
    state = IdentityState(users=users)
    users[B] = KNOWN
    assert list(state.users) == [A]
    with pytest.raises(TypeError):
        state.users[B] = KNOWN  # type: ignore[index]


@law
@given(states)
def test_the_same_identities_in_upper_case_are_the_same_state(state: IdentityState) -> None:
    loud = {next(iter(shouted([user]))): known for user, known in state.users.items()}
    assert IdentityState(state.system, loud) == state


@law
@given(states, states)
def test_two_states_have_the_same_identities_whatever_is_known_of_each(
    one: IdentityState, other: IdentityState
) -> None:
    unknown = IdentityState.of(system=one.system is not None, users=one.users)
    assert one.has_same_identities_as(unknown)
    same_system = (one.system is None) == (other.system is None)
    assert one.has_same_identities_as(other) == (same_system and set(one.users) == set(other.users))


@pytest.mark.parametrize(
    ("provisioning_state", "is_idle"),
    [
        ("Succeeded", True),
        ("succeeded", True),
        ("Failed", True),
        ("Canceled", True),
        ("Updating", False),
        ("Creating", False),
        ("Deleting", False),
        ("Migrating", False),
    ],
)
def test_a_vm_is_at_rest_once_its_last_operation_has_ended(provisioning_state: str, is_idle: bool) -> None:
    vm: ResourceId = vm_id("sub", "group", "myVM")
    machine = VirtualMachine(vm, "westus", IdentityState(), provisioning_state=provisioning_state)
    assert machine.is_idle is is_idle
