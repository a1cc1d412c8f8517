"""The laws L1 to L3 of `vmident.core.desired_state.plan`, on random fleets and random rules that agree."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.core.arm_merge import merged
from tests.core.worlds import THREE, held, law, states
from vmident.core.desired_state.plan import (
    RULE_NAMES_NO_GROUP,
    RULE_NAMES_NO_REGION,
    RULE_NAMES_NO_VM,
    RULE_SELECTS_NOTHING,
    plan_for,
)
from vmident.core.desired_state.rules import ExactRule, Named, Rule, Selector, SystemRule
from vmident.core.identity import IdentityState
from vmident.core.resource_id import vm_id
from vmident.core.virtual_machine import VirtualMachine

SUBSCRIPTION = THREE[0].subscription
NAMES = ("web1", "web2", "db1", "app")
ID_A, ID_B, ID_C = THREE


def _rule(line: int, pattern: str, system: bool | None, include: bool, exclude: bool) -> Rule:
    # Of ids that no two rules can disagree about.
    said = None if system is None or pattern != "web*" else SystemRule(system, line)
    return Rule(
        line,
        Selector(names=(pattern,)),
        said,
        include=(Named(ID_A, line),) if include else (),
        exclude=(Named(ID_B, line),) if exclude else (),
    )


some_rules = st.lists(
    st.tuples(st.sampled_from(["*", "db*", "app", "a*"]), st.booleans(), st.booleans()), max_size=4
).map(
    lambda draw_table: [_rule(line, pattern, None, *said) for line, (pattern, *said) in enumerate(draw_table, start=2)]
)
rules = st.builds(
    lambda others, system: [*others, _rule(100, "web*", system, True, False)],
    some_rules,
    st.sampled_from([None, True, False]),
)
fleets = st.lists(
    st.builds(
        lambda name, group, state: VirtualMachine(vm_id(SUBSCRIPTION, group, name), "westus", state),
        st.sampled_from(NAMES),
        st.sampled_from(["groupA", "groupB"]),
        states,
    ),
    max_size=6,
    unique_by=lambda machine: machine.id,
)


@law
@given(rules, fleets)
def test_l1_making_every_change_and_planning_again_leaves_nothing_to_do(
    said: list[Rule], fleet: list[VirtualMachine]
) -> None:
    plan = plan_for(said, fleet)
    after = {one.vm: one.after for one in plan.vms}
    changed = [replace(machine, identity=after.get(machine.id, machine.identity)) for machine in fleet]
    assert plan_for(said, changed).pending == ()


@law
@given(rules, fleets)
def test_l1_every_request_takes_azure_from_before_to_after(said: list[Rule], fleet: list[VirtualMachine]) -> None:
    for one in plan_for(said, fleet).pending:
        assert one.request is not None
        assert merged(held(one.before), one.request) == held(one.after)


@law
@given(rules, fleets, st.randoms(use_true_random=False))
def test_l2_neither_the_order_of_vms_nor_that_of_rules_matters(
    said: list[Rule], fleet: list[VirtualMachine], random: Random
) -> None:
    plan = plan_for(said, fleet)
    random.shuffle(said)
    random.shuffle(fleet)
    assert plan_for(said, fleet) == plan
    assert [one.vm for one in plan.vms] == sorted(one.vm for one in plan.vms)


@law
@given(rules, fleets)
def test_l2_a_vm_that_is_listed_twice_is_planned_once(said: list[Rule], fleet: list[VirtualMachine]) -> None:
    assert plan_for(said, [*fleet, *fleet]) == plan_for(said, fleet)


@law
@given(fleets)
def test_l3_a_vm_that_no_rule_selects_is_not_in_the_plan(fleet: list[VirtualMachine]) -> None:
    plan = plan_for([Rule(2, Selector(names=("web*",)), exactly=ExactRule((), 3))], fleet)
    assert {one.vm for one in plan.vms} == {machine.id for machine in fleet if machine.id.name.startswith("web")}


def test_a_rule_that_names_what_is_not_there_or_selects_nothing_is_warned_of_in_the_order_of_lines() -> None:
    lost = vm_id(SUBSCRIPTION, "groupA", "lost")
    said = [
        Rule(9, Selector(names=("mail*",))),
        Rule(2, Selector(names=("typo", "app"))),
        Rule(3, Selector(groups=("groupB", "GROUPA", "group*"), regions=("West US", "westeurope"))),
        Rule(5, Selector(ids=frozenset({lost}))),
    ]
    fleet = [VirtualMachine(vm_id(SUBSCRIPTION, "groupA", "app"), "westus", IdentityState())]
    assert [(one.code, one.message) for one in plan_for(said, fleet).warnings] == [
        (RULE_NAMES_NO_VM, "The rule on line 2 names VM 'typo', which does not exist."),
        (
            RULE_NAMES_NO_GROUP,
            "The rule on line 3 names resource group 'groupB', which has no VMs. Did you mean 'groupA'?",
        ),
        (
            RULE_NAMES_NO_REGION,
            "The rule on line 3 names region 'westeurope', which has no VMs. Did you mean 'westus'?",
        ),
        (RULE_NAMES_NO_VM, f"The rule on line 5 names VM '{lost}', which does not exist."),
        (RULE_SELECTS_NOTHING, "The rule on line 9 selects no VMs."),
    ]


def test_only_so_many_names_that_match_nothing_get_a_suggestion() -> None:
    said = [Rule(number, Selector(names=("apps",))) for number in range(1, 40)]
    fleet = [VirtualMachine(vm_id(SUBSCRIPTION, "groupA", "app"), "westus", IdentityState())]
    unmatched = plan_for(said, fleet).unmatched
    assert len(unmatched) == 39
    assert sum("Did you mean 'app'?" in one.message for one in unmatched) == 20
