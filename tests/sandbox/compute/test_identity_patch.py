from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vmident.core.resource_id import ResourceId, user_identity_id
from vmident.sandbox.compute.identity_patch import BOTH, USER, held_after, read_change
from vmident.sandbox.errors import Refused

IDS = [user_identity_id("5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1", "Group", f"Name{number}") for number in range(6)]
held_ids = st.lists(st.sampled_from(IDS), unique=True)
cases = st.sampled_from([str, lambda one: str(one).lower(), lambda one: str(one).upper()])
named: st.SearchStrategy[dict[ResourceId, Any]] = st.dictionaries(st.sampled_from(IDS), st.sampled_from([None, {}]))


def wire(identity_type: str, ids: dict[ResourceId, Any], spell: Any) -> dict[str, Any]:
    return {"type": identity_type, "userAssignedIdentities": {spell(one): value for one, value in ids.items()}}


@given(held_ids, named, cases)
def test_what_is_not_named_stays_and_what_is_named_is_as_named(
    held: list[ResourceId], ids: dict[ResourceId, Any], spell: Any
) -> None:
    expected = (set(held) | {one for one, value in ids.items() if value == {}}) - {
        one for one, value in ids.items() if value is None
    }
    change = read_change(wire(BOTH, ids, spell))
    try:
        after = held_after(held, change)
    except Refused:
        assert not expected
        return
    assert set(after) == expected
    assert len(after) == len(expected)
    assert [str(one) for one in after if one in held] == [str(one) for one in held if one in expected]


@given(held_ids, named, cases)
def test_the_same_patch_again_changes_nothing(held: list[ResourceId], ids: dict[ResourceId, Any], spell: Any) -> None:
    change = read_change(wire(USER, ids, spell))
    try:
        once = held_after(held, change)
    except Refused:
        return
    assert [str(one) for one in held_after(once, change)] == [str(one) for one in once]


@given(held_ids, st.sampled_from(["None", "SystemAssigned"]))
def test_a_type_without_user_assigned_identities_leaves_none(held: list[ResourceId], identity_type: str) -> None:
    assert held_after(held, read_change({"type": identity_type})) == ()


def test_null_for_all_names_none() -> None:
    assert held_after(IDS, read_change({"type": USER, "userAssignedIdentities": None})) == tuple(IDS)
