"""The rules D1 to D5 of `vmident.core.desired_state.rules`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import permutations

import pytest

from tests.core.worlds import THREE
from vmident.core.desired_state.rules import ExactRule, Named, RoleRule, Rule, Selector, SystemRule, goal_for, roles_for
from vmident.core.identity import IdentityState
from vmident.core.rbac.scope import group_scope, subscription_scope
from vmident.core.resource_id import ResourceId, user_identity_id, vm_id
from vmident.core.transition import SetIdentities
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import ALL_KINDS, VmKind
from vmident.errors import ConflictingRules

SUBSCRIPTION = THREE[0].subscription
ID_A, ID_B, ID_C = THREE


def machine(name: str = "web1", group: str = "myGroup", tags: Mapping[str, str] | None = None) -> VirtualMachine:
    return VirtualMachine(vm_id(SUBSCRIPTION, group, name), "westus", IdentityState(), tags=tags or {})


def named(*identities: ResourceId | str, line: int = 5) -> tuple[Named, ...]:
    return tuple(Named(identity, line) for identity in identities)


EVERY = Selector(names=("*",))
SCALE_SET = VmKind.SCALE_SET.id_of(SUBSCRIPTION, "myGroup", "web")


@pytest.mark.parametrize(
    "selector",
    [
        Selector(names=("web*",)),
        Selector(names=("db*", "WEB1")),
        Selector(ids=frozenset({vm_id(SUBSCRIPTION.upper(), "MYGROUP", "WEB1")})),
        Selector(groups=("my*",)),
        Selector(groups=("*group",)),
        Selector(tags={"ENV": "prod*"}),
        Selector(tags={"env": "production", "team": "*"}),
        Selector(subscriptions=(SUBSCRIPTION.upper(),)),
        Selector(regions=("eastus", "West US")),
        Selector(names=("web*",), groups=("myGroup",), regions=("westus",)),
    ],
)
def test_d1_a_vm_that_meets_every_condition_is_selected(selector: Selector) -> None:
    assert selector.selects(machine(tags={"Env": "production", "team": "shop"}))


@pytest.mark.parametrize(
    ("selector", "is_selected", "kinds"),
    [
        (EVERY, False, (VmKind.VM,)),
        (Selector(names=("*",), kinds=(VmKind.SCALE_SET,)), True, (VmKind.SCALE_SET,)),
        (Selector(kinds=ALL_KINDS), True, ALL_KINDS),
        (Selector(ids=frozenset({SCALE_SET})), True, (VmKind.SCALE_SET,)),
        (Selector(ids=frozenset({SCALE_SET}), kinds=(VmKind.VM,)), False, ALL_KINDS),
    ],
)
def test_d1_a_scale_set_is_selected_by_kind_or_by_id(
    selector: Selector, kinds: tuple[VmKind, ...], *, is_selected: bool
) -> None:
    assert selector.selects(VirtualMachine(SCALE_SET, "westus", IdentityState())) is is_selected
    assert selector.kinds_meant == kinds


@pytest.mark.parametrize(
    "selector",
    [
        Selector(names=("we",)),
        Selector(names=("web.",)),
        Selector(ids=frozenset({vm_id(SUBSCRIPTION, "myGroup", "web2")})),
        Selector(groups=("other*",)),
        Selector(tags={"env": "prod*", "owner": "*"}),
        Selector(tags={"env": "prod"}),
        Selector(tags={"env": "Production"}),
        Selector(subscriptions=("12345678-0000-4000-8000-000000000000",)),
        Selector(regions=("westus2",)),
        Selector(names=("web*",), groups=("otherGroup",)),
    ],
)
def test_d1_a_vm_that_misses_one_condition_is_not_selected(selector: Selector) -> None:
    assert not selector.selects(machine(tags={"env": "production"}))


def test_d2_what_rules_say_together_is_what_a_vm_is_to_have() -> None:
    rules = [
        Rule(2, EVERY, SystemRule(is_wanted=True, line=3), include=named(ID_A)),
        Rule(6, EVERY, include=named(ID_B), exclude=named(ID_C)),
        Rule(9, Selector(names=("db*",)), SystemRule(is_wanted=False, line=9)),
    ]
    expected = SetIdentities(system=True, include=frozenset({ID_A, ID_B}), exclude=frozenset({ID_C}))
    for ordered in permutations(rules):
        assert goal_for(machine(), ordered) == expected


def test_d2_an_exact_list_and_an_identity_of_it_that_is_included_agree() -> None:
    rules = [
        Rule(1, EVERY, exactly=ExactRule(named(ID_A, ID_B), 2)),
        Rule(4, EVERY, include=named(ID_A), exclude=named(ID_C)),
        Rule(7, EVERY, exactly=ExactRule(named(ID_B, ID_A), 8)),
    ]
    for ordered in permutations(rules):
        goal = goal_for(machine(), ordered)
        assert goal is not None
        assert goal.exactly == frozenset({ID_A, ID_B})


CONFLICTS = {
    "system": (
        Rule(2, EVERY, SystemRule(is_wanted=True, line=3)),
        Rule(5, EVERY, SystemRule(is_wanted=False, line=6)),
        "line 3 enables the system-assigned identity, and line 6 disables it",
    ),
    "included and excluded": (
        Rule(2, EVERY, include=named(ID_A, line=3)),
        Rule(5, EVERY, exclude=named(ID_A, line=6)),
        "line 3 includes identity 'idA', and line 6 excludes it",
    ),
    "two exact lists": (
        Rule(2, EVERY, exactly=ExactRule(named(ID_A), 3)),
        Rule(5, EVERY, exactly=ExactRule(named(ID_B), 6)),
        "line 3 sets an exact list of identities, and line 6 sets another exact list",
    ),
    "exactly and included": (
        Rule(2, EVERY, exactly=ExactRule(named(ID_A), 3)),
        Rule(5, EVERY, include=named(ID_B, line=6)),
        "line 3 sets an exact list of identities without 'idB', and line 6 includes it",
    ),
    "exactly and excluded": (
        Rule(2, EVERY, exactly=ExactRule(named(ID_A), 3)),
        Rule(5, EVERY, exclude=named(ID_A, line=6)),
        "line 3 sets an exact list of identities with 'idA', and line 6 excludes it",
    ),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_d3_rules_that_cannot_hold_at_once_are_refused_with_both_lines_in_any_order(case: str) -> None:
    first, second, said = CONFLICTS[case]
    for ordered in ([first, second], [second, first]):
        with pytest.raises(ConflictingRules, match=re.escape(said)):
            goal_for(machine(), ordered)


def test_d4_a_vm_that_no_rule_selects_has_no_goal_and_one_that_rules_say_nothing_of_keeps_all() -> None:
    assert goal_for(machine(), [Rule(1, Selector(names=("db*",)))]) is None
    assert goal_for(machine(), [Rule(1, EVERY)]) == SetIdentities()


def test_d6_roles_are_for_whom_their_rule_names_each_once() -> None:
    rules = [
        Rule(2, EVERY, SystemRule(is_wanted=True, line=3), roles=(RoleRule("Reader", "group"),)),
        Rule(5, EVERY, SystemRule(is_wanted=True, line=6), named(ID_A), roles=(RoleRule("reader", "group"),)),
        Rule(
            8, EVERY, exactly=ExactRule(named(ID_A), 9), roles=(RoleRule("Reader", f"/subscriptions/{SUBSCRIPTION}"),)
        ),
    ]
    group, everywhere = group_scope(SUBSCRIPTION, "myGroup"), subscription_scope(SUBSCRIPTION)
    for ordered in permutations(rules):
        wanted = [(one.role.lower(), one.scope, one.receiver) for one in roles_for(machine().id, ordered)]
        assert wanted == [("reader", everywhere, ID_A), ("reader", group, None), ("reader", group, ID_A)]


def test_d5_an_identity_named_alone_is_in_the_group_of_each_vm() -> None:
    rule = Rule(1, EVERY, include=named("deploy"))
    for group in ("myGroup", "otherGroup"):
        goal = goal_for(machine(group=group), [rule])
        assert goal is not None
        assert goal.include == {user_identity_id(SUBSCRIPTION, group, "deploy")}
