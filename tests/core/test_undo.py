"""Laws of taking a recorded change back; the rule numbers are those of `vmident.core.undo`."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.core.worlds import STATES, small_changes
from vmident.core.identity import IdentityState, SystemIdentity
from vmident.core.rbac.role_result import RoleResult, RoleStatus
from vmident.core.rbac.roles import Role
from vmident.core.rbac.scope import Scope
from vmident.core.transition import Transition, transition
from vmident.core.undo import change_back, inverse, roles_back, succeeded, successors

TRANSITIONS = [transition(state, change) for state in STATES for change in small_changes()]
GROUP = Scope.parse("/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/myGroup")
READER = RoleResult(Role("/…/acdd72a7", "Reader"), GROUP, "principal-of-system", RoleStatus.GRANTED, "/…/assignment")
SYSTEM, NOTHING = IdentityState(SystemIdentity("principal-of-system", "tenant")), IdentityState()


def test_the_inverse_leads_back_to_the_identities_that_were_there_u1() -> None:
    for done in TRANSITIONS:
        back = inverse(done)
        assert back.before == done.after
        assert back.after.has_same_identities_as(done.before)
        assert transition(done.after, change_back(done)).after.has_same_identities_as(done.before)


def test_the_inverse_of_the_inverse_is_the_change_again_u2() -> None:
    for done in TRANSITIONS:
        again = inverse(inverse(done))
        assert again.before.has_same_identities_as(done.before)
        assert again.after.has_same_identities_as(done.after)


def test_taking_back_nothing_is_nothing() -> None:
    for done in TRANSITIONS:
        assert inverse(done).is_nothing == done.is_nothing


def test_a_principal_that_vanished_is_not_promised_again_and_one_that_stayed_is_u3() -> None:
    for done in TRANSITIONS:
        system = inverse(done).after.system
        if done.disables_system:
            assert system == SystemIdentity()
        else:
            assert system == done.before.system


def test_a_granted_role_is_removed_by_its_id_u4() -> None:
    (back,) = roles_back(Transition(NOTHING, SYSTEM), [READER])

    assert back == replace(READER, status=RoleStatus.PLANNED_REMOVAL)


@pytest.mark.parametrize("status", [RoleStatus.REMOVED, RoleStatus.ORPHANED])
def test_a_role_that_a_principal_lost_goes_to_whoever_comes_in_its_place_u4(status: RoleStatus) -> None:
    (back,) = roles_back(Transition(SYSTEM, NOTHING), [replace(READER, status=status)])

    assert (back.status, back.principal_id, back.id) == (RoleStatus.PLANNED, None, None)


def test_a_role_that_was_removed_from_a_principal_that_is_still_there_goes_back_to_it_u4() -> None:
    (back,) = roles_back(Transition(NOTHING, NOTHING), [replace(READER, status=RoleStatus.REMOVED)])

    assert (back.status, back.principal_id) == (RoleStatus.PLANNED, "principal-of-system")


@pytest.mark.parametrize("status", [RoleStatus.EXISTING, RoleStatus.FAILED, RoleStatus.PLANNED])
def test_a_role_that_the_run_did_not_change_is_left_alone_u4(status: RoleStatus) -> None:
    assert roles_back(Transition(NOTHING, SYSTEM), [replace(READER, status=status)]) == ()


def test_a_principal_that_taking_back_has_brought_stands_for_all_that_were_there_before_it_u6() -> None:
    def system(principal: str) -> IdentityState:
        return IdentityState(SystemIdentity(principal))

    undo_history = [
        (Transition(system("first"), NOTHING), Transition(NOTHING, system("second"))),
        (Transition(NOTHING, system("other")), Transition(system("other"), NOTHING)),
        (Transition(system("second"), NOTHING), Transition(NOTHING, system("third"))),
        (Transition(SYSTEM, SYSTEM), Transition(SYSTEM, SYSTEM)),
    ]

    by = successors(undo_history)

    assert by == {"first": "third", "second": "third"}
    assert succeeded(system("first"), by) == system("third")
    assert [succeeded(state, by) for state in STATES] == STATES


def test_a_vm_stands_where_it_was_left_and_not_with_another_principal_u5() -> None:
    for state in STATES:
        assert state.is_same_as(state)
        assert [other for other in STATES if state.is_same_as(other)] == [state]
    assert SYSTEM.is_same_as(IdentityState.of(system=True))
    assert not SYSTEM.is_same_as(IdentityState(SystemIdentity("another")))
