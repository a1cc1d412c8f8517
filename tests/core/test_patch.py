"""The rules P1 to P4 of `vmident.core.patch`, against a merge written apart from the product."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given

from tests.core.arm_merge import ArmRefuses, Held, merged
from tests.core.worlds import (
    STATES,
    THREE,
    changes,
    held,
    law,
    shouted_change,
    small_changes,
    state_name,
    states,
    subsets,
    wanted,
)
from vmident.core.identity import IdentityState
from vmident.core.patch import patch_for
from vmident.core.transition import Change, transition

every_state = pytest.mark.parametrize("now", STATES, ids=state_name)


def _body(now: IdentityState, change: Change) -> Any:
    return patch_for(transition(now, change))


def _outcome(before: Held, body: Any) -> Held | None:
    """Return what ARM makes of a body, `None` where it refuses."""
    try:
        return merged(before, body)
    except ArmRefuses:
        return None


def _size(body: Any) -> int:
    identity = body["identity"]
    return ("type" in identity) + len(identity.get("userAssignedIdentities", {}))


def _all_bodies() -> Iterator[Any]:
    """Return every body that can be made of ARM's four types, or none, and the three identities."""
    types: list[dict[str, Any]] = [
        {},
        *({"type": name} for name in ("None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned")),
    ]
    choices: tuple[Any, ...] = ("absent", {}, None)
    for values in product(choices, repeat=len(THREE)):
        named = {str(user): value for user, value in zip(THREE, values, strict=True) if value != "absent"}
        for of_type in types:
            yield {"identity": {**of_type, **({"userAssignedIdentities": named} if named else {})}}


def _parts_dropped(body: Any) -> Iterator[Any]:
    """Return every body that has some of the parts of `body`, but not all."""
    identity = body["identity"]
    entries = identity.get("userAssignedIdentities", {})
    for kept in subsets(entries.items()):
        for has_type in (False, True):
            smaller = {"type": identity["type"]} if has_type else {}
            if kept:
                smaller["userAssignedIdentities"] = dict(kept)
            if smaller != identity:
                yield {"identity": smaller}


ALL_BODIES = list(_all_bodies())


@every_state
def test_p1_to_p4_the_patch_takes_every_small_state_to_its_target(now: IdentityState) -> None:
    for change in small_changes():
        body, target = _body(now, change), wanted(held(now), change)
        assert (held(now) if body is None else merged(held(now), body)) == target, (change, body)


@every_state
def test_nothing_is_sent_exactly_where_a_small_state_is_the_target_already(now: IdentityState) -> None:
    for change in small_changes():
        assert (_body(now, change) is None) == (wanted(held(now), change) == held(now)), change


@every_state
def test_p1_p2_p4_a_patch_with_any_part_dropped_misses_the_target_or_is_refused(now: IdentityState) -> None:
    for change in small_changes():
        body, target = _body(now, change), wanted(held(now), change)
        for smaller in _parts_dropped(body) if body else ():
            assert _outcome(held(now), smaller) != target, (change, smaller)


@every_state
def test_no_body_that_arm_takes_reaches_the_target_with_fewer_parts(now: IdentityState) -> None:
    smallest: dict[Held | None, int] = {}
    for body in ALL_BODIES:
        outcome = _outcome(held(now), body)
        smallest[outcome] = min(_size(body), smallest.get(outcome, _size(body)))
    for change in small_changes():
        body = _body(now, change)
        assert body is None or _size(body) == smallest[wanted(held(now), change)], (change, body)


@every_state
def test_the_patch_sent_twice_leaves_what_it_leaves_once(now: IdentityState) -> None:
    for change in small_changes():
        body = _body(now, change)
        if body is not None:
            once = merged(held(now), body)
            assert merged(once, body) == once, change


@every_state
def test_t6_a_change_in_upper_case_reaches_the_same_target(now: IdentityState) -> None:
    for change in small_changes():
        body = _body(now, shouted_change(change))
        assert (held(now) if body is None else merged(held(now), body)) == wanted(held(now), change), change


@law
@given(states, changes)
def test_p1_to_p4_the_patch_takes_any_state_to_its_target(now: IdentityState, change: Change) -> None:
    body = _body(now, change)
    assert (held(now) if body is None else merged(held(now), body)) == wanted(held(now), change)


@law
@given(states, changes)
def test_p1_a_patch_always_names_the_type_of_the_target_as_arm_spells_it(now: IdentityState, change: Change) -> None:
    step = transition(now, change)
    body = patch_for(step)
    assert body is None or body["identity"]["type"] == step.after.type.value


@law
@given(states, changes)
def test_p2_p4_a_patch_mentions_just_the_identities_that_come_or_go(now: IdentityState, change: Change) -> None:
    body = _body(now, change)
    if body is None:
        return
    before, target = held(now), wanted(held(now), change)
    named = body["identity"].get("userAssignedIdentities", {})
    changed = before.ids ^ target.ids if target.ids else frozenset()
    assert {text.lower() for text in named} == changed
    assert all(value == ({} if text.lower() in target.ids else None) for text, value in named.items())
    assert "userAssignedIdentities" not in body["identity"] or named


@law
@given(states, changes)
def test_p3_no_identity_is_named_beside_a_type_without_user_assigned_ones(now: IdentityState, change: Change) -> None:
    body = _body(now, change)
    if body is not None and "UserAssigned" not in body["identity"]["type"]:
        assert body["identity"].keys() == {"type"}


@law
@given(states, changes)
def test_p3_no_patch_leaves_user_assigned_with_no_identity_left(now: IdentityState, change: Change) -> None:
    body = _body(now, change)
    if body is not None and "UserAssigned" in body["identity"]["type"]:
        assert merged(held(now), body).ids


@law
@given(states, changes)
def test_an_identity_that_goes_is_named_as_the_vm_spells_it(now: IdentityState, change: Change) -> None:
    body = _body(now, change)
    named = body["identity"].get("userAssignedIdentities", {}) if body else {}
    spelled_by_vm = {str(user) for user in now.users}
    assert {text for text, value in named.items() if value is None} <= spelled_by_vm


@pytest.mark.parametrize(
    "body",
    [
        {"identity": {}},
        {"identity": {"userAssignedIdentities": {str(THREE[0]): {}}}},
        {"identity": {"type": "SystemAssigned", "userAssignedIdentities": {str(THREE[0]): {}}}},
        {"identity": {"type": "None", "userAssignedIdentities": {str(THREE[0]): None}}},
        {"identity": {"type": "UserAssigned", "userAssignedIdentities": {str(THREE[0]): None}}},
        {"identity": {"type": "Managed"}},
        {
            "identity": {
                "type": "UserAssigned",
                "userAssignedIdentities": {str(THREE[1]): {}, str(THREE[1]).upper(): {}},
            }
        },
    ],
)
def test_the_merge_that_judges_here_refuses_what_arm_refuses(body: Any) -> None:
    with pytest.raises(ArmRefuses):
        merged(Held(system=True, ids=frozenset({str(THREE[0]).lower()})), body)


def test_the_merge_that_judges_here_leaves_a_vm_alone_whose_identity_is_not_named() -> None:
    before = Held(system=True, ids=frozenset())
    assert merged(before, {"tags": {}}) == before
