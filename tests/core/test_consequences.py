"""The rules C1 to C3 of `vmident.core.consequences`."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.core.worlds import STATES, THREE, changes, law, shouted, small_changes, state_name, states
from vmident.core.consequences import (
    DEFAULT_IDENTITY_AMBIGUOUS,
    DEFAULT_IDENTITY_CHANGED,
    DEFAULT_IDENTITY_LOST,
    IDENTITY_NAMED_TWICE,
    LONG_IDENTITY_NAME,
    PRINCIPAL_LOST,
    DefaultIdentity,
    consequences,
    default_identity,
    name_warnings,
    named_twice,
)
from vmident.core.identity import IdentityState, SystemIdentity
from vmident.core.transition import (
    AddUsers,
    Change,
    DisableSystem,
    EnableSystem,
    RemoveAllUsers,
    RemoveUsers,
    SetExactly,
    transition,
)

A, B, C = THREE
NOTHING = IdentityState()
SYSTEM = IdentityState.of(system=True)
ONE = IdentityState.of(users=[A])
TWO = IdentityState.of(users=[A, B])


def _codes(now: IdentityState, change: Change) -> list[str]:
    return [warning.code for warning in consequences(transition(now, change))]


@pytest.mark.parametrize(
    ("state", "whom"),
    [
        (NOTHING, DefaultIdentity()),
        (SYSTEM, DefaultIdentity(is_system=True)),
        (IdentityState.of(system=True, users=[A, B]), DefaultIdentity(is_system=True)),
        (ONE, DefaultIdentity(user=A)),
        (TWO, DefaultIdentity(is_ambiguous=True)),
    ],
)
def test_c2_the_system_identity_answers_first_then_an_only_user_assigned_one_then_nobody(
    state: IdentityState, whom: DefaultIdentity
) -> None:
    assert default_identity(state) == whom


@pytest.mark.parametrize(
    ("now", "change", "codes"),
    [
        (NOTHING, EnableSystem(), []),
        (NOTHING, AddUsers(frozenset({A})), []),
        (NOTHING, AddUsers(frozenset({A, B})), [DEFAULT_IDENTITY_AMBIGUOUS]),
        (SYSTEM, AddUsers(frozenset({A, B})), []),
        (SYSTEM, DisableSystem(), [PRINCIPAL_LOST, DEFAULT_IDENTITY_LOST]),
        (SYSTEM, SetExactly(system=False, ids=frozenset({A})), [PRINCIPAL_LOST, DEFAULT_IDENTITY_CHANGED]),
        (SYSTEM, SetExactly(system=False, ids=frozenset({A, B})), [PRINCIPAL_LOST, DEFAULT_IDENTITY_AMBIGUOUS]),
        (ONE, EnableSystem(), [DEFAULT_IDENTITY_CHANGED]),
        (ONE, AddUsers(frozenset({B})), [DEFAULT_IDENTITY_AMBIGUOUS]),
        (ONE, AddUsers(shouted([A])), []),
        (ONE, RemoveAllUsers(), [DEFAULT_IDENTITY_LOST]),
        (ONE, SetExactly(system=False, ids=frozenset({C})), [DEFAULT_IDENTITY_CHANGED]),
        (TWO, RemoveUsers(frozenset({A})), []),
        (TWO, RemoveAllUsers(), []),
        (TWO, AddUsers(frozenset({C})), []),
        (TWO, EnableSystem(), []),
    ],
)
def test_c1_c2_a_change_warns_of_the_principal_lost_and_of_whom_programs_then_are(
    now: IdentityState, change: Change, codes: list[str]
) -> None:
    assert _codes(now, change) == codes


@pytest.mark.parametrize("now", STATES, ids=state_name)
def test_c1_c2_in_every_small_state_each_change_warns_exactly_where_somebody_loses(now: IdentityState) -> None:
    for change in small_changes():
        step, codes = transition(now, change), _codes(now, change)
        before, after = default_identity(now), default_identity(step.after)
        had_one, has_one = before.is_system or before.user is not None, after.is_system or after.user is not None
        assert (PRINCIPAL_LOST in codes) == step.disables_system, change
        assert (DEFAULT_IDENTITY_AMBIGUOUS in codes) == (after.is_ambiguous and not before.is_ambiguous), change
        assert (DEFAULT_IDENTITY_CHANGED in codes) == (had_one and has_one and before != after), change
        assert (DEFAULT_IDENTITY_LOST in codes) == (had_one and not has_one and not after.is_ambiguous), change
        assert len(codes) == len(set(codes))


@law
@given(states, changes)
def test_a_change_that_does_nothing_warns_of_nothing(now: IdentityState, change: Change) -> None:
    done = transition(now, change).after
    assert consequences(transition(done, change)) == ()


@law
@given(states, changes)
def test_c1_the_gravest_warning_comes_first(now: IdentityState, change: Change) -> None:
    codes = _codes(now, change)
    assert PRINCIPAL_LOST not in codes[1:]


def test_c1_the_principal_that_is_lost_is_named() -> None:
    now = IdentityState(SystemIdentity("the-principal", "the-tenant"))
    (lost, _) = consequences(transition(now, DisableSystem()))
    assert "deletes its principal the-principal and" in lost.message


def test_c1_a_principal_that_azure_has_not_named_is_lost_without_a_name() -> None:
    (lost, _) = consequences(transition(SYSTEM, DisableSystem()))
    assert lost.message.startswith(
        "Disabling the system-assigned identity permanently deletes its principal and orphans"
    )


def test_c2_c3_whom_programs_were_and_will_be_is_said_and_for_how_long_tokens_last() -> None:
    (changed,) = consequences(transition(ONE, EnableSystem()))
    assert (
        "get tokens for 'idA' until cached tokens expire (up to about 24 hours), and then for the system-"
        in changed.message
    )
    assert "24 hours" in changed.message
    (lost,) = consequences(transition(ONE, RemoveAllUsers()))
    assert "get tokens for 'idA' until cached tokens expire (up to about 24 hours), and then none" in lost.message
    assert "24 hours" in lost.message


def test_an_identity_named_twice_in_whatever_case_is_warned_of_once() -> None:
    (loud,) = shouted([A])
    warnings = named_twice((A, B, loud, A))
    assert [warning.code for warning in warnings] == [IDENTITY_NAMED_TWICE]
    assert "ida" in warnings[0].message.lower()


def test_identities_named_once_each_are_not_warned_of() -> None:
    assert named_twice((A, B, C)) == ()
    assert named_twice(()) == ()


@pytest.mark.parametrize(("length", "is_warned_of"), [(3, False), (24, False), (25, True), (128, True)])
def test_the_name_of_an_identity_is_warned_of_above_24_characters(length: int, is_warned_of: bool) -> None:
    assert [warning.code for warning in name_warnings("a" * length)] == [LONG_IDENTITY_NAME] * is_warned_of
