"""The rules T1 to T6 of `vmident.core.transition`, in every corner of a small world and at random in a large one."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.core.worlds import (
    STATES,
    changes,
    held,
    id_sets,
    law,
    shouted_change,
    small_changes,
    state_name,
    states,
    wanted,
)
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.resource_id import ResourceId
from vmident.core.transition import (
    AddUsers,
    Change,
    DisableSystem,
    EnableSystem,
    RemoveAllUsers,
    RemoveUsers,
    SetExactly,
    Transition,
    transition,
)

every_state = pytest.mark.parametrize("now", STATES, ids=state_name)


@every_state
def test_t1_to_t3_every_change_of_every_small_state_leaves_what_it_asks_for(now: IdentityState) -> None:
    for change in small_changes():
        assert held(transition(now, change).after) == wanted(held(now), change), change


@every_state
def test_t4_no_change_of_any_small_state_has_anything_to_do_a_second_time(now: IdentityState) -> None:
    for change in small_changes():
        assert transition(transition(now, change).after, change).is_nothing, change


@every_state
def test_t5_whoever_stays_in_a_small_state_keeps_every_principal_and_whoever_is_new_has_none(
    now: IdentityState,
) -> None:
    for change in small_changes():
        _assert_only_those_who_stay_are_known(transition(now, change))


@every_state
def test_t6_a_change_in_upper_case_has_the_same_outcome_in_the_same_casing(now: IdentityState) -> None:
    for change in small_changes():
        quiet, loud = transition(now, change), transition(now, shouted_change(change))
        assert quiet == loud, change
        assert quiet.removed == loud.removed
        assert [str(user) for user in loud.after.users if user in now.users] == [
            str(user) for user in now.users if user in loud.after.users
        ]


@law
@given(states, changes)
def test_t1_to_t3_a_change_leaves_what_it_asks_for(now: IdentityState, change: Change) -> None:
    assert held(transition(now, change).after) == wanted(held(now), change)


@law
@given(states)
def test_t1_switching_the_system_identity_touches_no_user_assigned_one(now: IdentityState) -> None:
    for change in (EnableSystem(), DisableSystem()):
        assert dict(transition(now, change).after.users) == dict(now.users)


@law
@given(states, id_sets)
def test_t1_changing_user_assigned_identities_touches_no_system_one(
    now: IdentityState, ids: frozenset[ResourceId]
) -> None:
    for change in (AddUsers(ids), RemoveUsers(ids), RemoveAllUsers()):
        assert transition(now, change).after.system == now.system


@law
@given(states, id_sets)
def test_t2_removing_what_was_just_added_leaves_what_was_there_without_it(
    now: IdentityState, ids: frozenset[ResourceId]
) -> None:
    there = transition(now, AddUsers(ids)).after
    back = transition(there, RemoveUsers(ids)).after
    assert back.users.keys() == now.users.keys() - ids


@law
@given(states, id_sets, id_sets)
def test_t2_adding_two_sets_of_identities_in_either_order_or_at_once_is_the_same(
    now: IdentityState, some: frozenset[ResourceId], others: frozenset[ResourceId]
) -> None:
    one_way = transition(transition(now, AddUsers(some)).after, AddUsers(others)).after
    other_way = transition(transition(now, AddUsers(others)).after, AddUsers(some)).after
    at_once = transition(now, AddUsers(some | others)).after
    assert one_way == other_way == at_once


@law
@given(states)
def test_t2_adding_or_removing_no_identity_does_nothing(now: IdentityState) -> None:
    assert transition(now, AddUsers(frozenset())).is_nothing
    assert transition(now, RemoveUsers(frozenset())).is_nothing


@law
@given(states, states)
def test_t3_setting_what_was_there_undoes_any_change(now: IdentityState, then: IdentityState) -> None:
    back = SetExactly(system=now.system is not None, ids=frozenset(now.users))
    assert transition(then, back).after.has_same_identities_as(now)


@law
@given(states)
def test_t3_setting_nothing_leaves_nothing(now: IdentityState) -> None:
    assert transition(now, SetExactly(system=False)).after == IdentityState()


@law
@given(states, changes)
def test_t4_the_same_change_twice_equals_once(now: IdentityState, change: Change) -> None:
    once = transition(now, change)
    twice = transition(once.after, change)
    assert twice.is_nothing
    assert twice.after == once.after
    assert (twice.added, twice.removed) == ((), ())


@law
@given(states, changes)
def test_t5_who_stays_keeps_the_principal_and_who_is_new_has_none_yet(now: IdentityState, change: Change) -> None:
    _assert_only_those_who_stay_are_known(transition(now, change))


@law
@given(states, changes)
def test_t6_who_stays_and_who_goes_is_spelled_as_the_vm_spells_it(now: IdentityState, change: Change) -> None:
    step = transition(now, change)
    spelled = {user: str(user) for user in now.users}
    assert all(str(user) == spelled[user] for user in step.after.users if user in now.users)
    assert all(str(user) == spelled[user] for user in step.removed)


@law
@given(states, changes)
def test_what_is_added_and_removed_is_the_difference_of_the_two_states_in_order(
    now: IdentityState, change: Change
) -> None:
    step = transition(now, change)
    assert step.before is now
    assert set(step.added) == set(step.after.users) - set(now.users)
    assert set(step.removed) == set(now.users) - set(step.after.users)
    assert list(step.added) == sorted(step.added)
    assert list(step.removed) == sorted(step.removed)


@law
@given(states, changes)
def test_a_transition_takes_away_exactly_where_an_identity_of_before_is_missing_after(
    now: IdentityState, change: Change
) -> None:
    step = transition(now, change)
    before, after = held(now), held(step.after)
    assert step.disables_system == (before.system and not after.system)
    assert step.enables_system == (after.system and not before.system)
    assert step.takes_away == (step.disables_system or bool(before.ids - after.ids))
    assert step.is_nothing == (before == after)


def _assert_only_those_who_stay_are_known(step: Transition) -> None:
    for user, known in step.after.users.items():
        assert known == step.before.users.get(user, UserIdentity())
    if step.after.system:
        assert step.after.system == (step.before.system or SystemIdentity())
