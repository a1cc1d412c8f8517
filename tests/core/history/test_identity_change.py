"""D1 to D4: what a row did is what differs between the two states that it compares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.history.rows import APP, LOGS, STATES, state, values
from vmident.core.history.identity_change import (
    IdentityAction,
    IdentityChange,
    identity_changes,
    touches_identity,
    type_change,
)
from vmident.core.identity import IdentityState
from vmident.core.transition import Transition

FORMS = (".{}", "['{}']", '["{}"]')
PATH = f"identity.userAssignedIdentities.{APP}"


@given(st.sampled_from(STATES), st.sampled_from(STATES), st.sampled_from(FORMS), st.booleans())
def test_it_is_what_the_states_differ_in(before: IdentityState, after: IdentityState, form: str, lower: bool) -> None:
    change, changed = Transition(before, after), values(before, after, form)
    if lower:
        changed = {path.lower(): pair for path, pair in changed.items()}

    found = identity_changes(changed)

    actions = {(one.action, one.identity) for one in found}
    is_another = before.system and after.system and before.system.principal_id != after.system.principal_id
    assert actions == {
        *((IdentityAction.ATTACHED, user) for user in change.added),
        *((IdentityAction.DETACHED, user) for user in change.removed),
        *([(IdentityAction.ENABLED, None)] if change.enables_system else []),
        *([(IdentityAction.DISABLED, None)] if change.disables_system else []),
        *([(IdentityAction.RECREATED, None)] if is_another else []),
    }
    for one in found:
        assert (one.before, one.after) == (before.principal_of(one.identity), after.principal_of(one.identity))
    assert touches_identity(changed) == bool(changed)


def test_an_identity_that_was_created_again_under_its_name_is_another_one() -> None:
    found = identity_changes(values(state(APP), state(APP, ids="q")))
    assert found == (IdentityChange(IdentityAction.RECREATED, APP, "p-app", "q-app"),)


def test_a_row_without_a_type_tells_the_system_assigned_identity_by_its_principal() -> None:
    assert identity_changes({"identity.principalId": (None, "s1")}) == (
        IdentityChange(IdentityAction.ENABLED, None, None, "s1"),
    )


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"properties.hardwareProfile.vmSize": ("A", "B")},
        {"identity.tenantId": ("a", "b")},
        {"identity.principalId": ("S1", "s1")},
        {PATH: ("{}", None), f"{PATH}.clientId": (None, "c")},
        {f"{PATH}.clientId": (None, None)},
        {"identity.userAssignedIdentities./subscriptions/1/resourceGroups/a b\t/providers/"
         "Microsoft.ManagedIdentity/userAssignedIdentities/x.clientId": (None, "c")},
    ],
)  # fmt: skip
def test_what_leaves_the_same_identities_is_no_change_of_them(changed: dict[str, tuple[str, str]]) -> None:
    assert identity_changes(changed) == ()


def test_an_empty_object_is_an_attached_identity_whose_ids_come_later() -> None:
    assert identity_changes({PATH: (None, "{}")}) == (IdentityChange(IdentityAction.ATTACHED, APP),)
    assert identity_changes({PATH: ("{}", None)}) == (IdentityChange(IdentityAction.DETACHED, APP),)


def test_the_type_is_as_azure_spells_it() -> None:
    assert type_change(values(state(), state(LOGS, system="s1"))) == (None, "SystemAssigned, UserAssigned")
    assert type_change({"identity.tenantId": ("a", "b")}) == (None, None)
