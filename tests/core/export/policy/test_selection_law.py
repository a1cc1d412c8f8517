"""The VMs that exported policies match are those that the rules select, or the export is refused."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from tests.core.export.policy.fleets import SUBSCRIPTIONS, Fleet, random_fleet, random_rule
from vmident.core.desired_state.rules import Rule
from vmident.core.export.policy.clauses import ExportScope
from vmident.core.export.policy.export import Policies, PolicyOptions, policies_for, policy_template
from vmident.core.export.policy.expressions import escaped
from vmident.core.export.unsupported import Unsupported
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId
from vmident.core.resources import location_key
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import kind_of
from vmident.render.export.policy import policy_files
from vmident.sandbox.deployments.expressions import resolved
from vmident.sandbox.policy.conditions import matches

GROUP = ExportScope(Scope.parse("/providers/Microsoft.Management/managementGroups/landing-zone"))
PLACES = (
    GROUP,
    ExportScope(GROUP.scope, SUBSCRIPTIONS[1]),
    ExportScope(Scope.parse(f"/subscriptions/{SUBSCRIPTIONS[0]}")),
)


@dataclass(frozen=True)
class Exported:
    """Policies and the template that deploys them."""

    policies: Policies
    options: PolicyOptions
    template: dict[str, Any]

    @property
    def files(self) -> dict[str, str]:
        return policy_files(self.policies, self.options, self.template, "state.yaml")


def exported(rules: list[Rule], place: ExportScope) -> Exported:
    policies, options = policies_for(rules, place), PolicyOptions(place, "westeurope", "vmident")
    return Exported(policies, options, policy_template(policies, options, lambda _policy: None))


def in_place(rule: Rule, place: ExportScope, vm: VirtualMachine) -> bool:
    """Return whether a rule selects a VM, given what a rule without subscriptions means at the scope."""
    subscription = vm.id.subscription.lower()
    if place.scope.subscription is not None and subscription != place.scope.subscription.lower():
        return False
    names_none = not rule.selector.subscriptions and not rule.selector.ids
    if names_none and place.only is not None and subscription != place.only.lower():
        return False
    return rule.selector.selects(vm)


def is_matched(made: Exported, fleet: Fleet, vm: VirtualMachine) -> bool:
    """Return whether a definition matches a VM, once the deployment of the template has read it."""
    resource, context = fleet.resource_of(vm), fleet.context_of(vm)
    place = made.options.place.scope
    if place.subscription is not None and vm.id.subscription.lower() != place.subscription.lower():
        return False
    conditions = [resolved(escaped(one.condition), {}) for one in made.policies.definitions]
    return any(matches(one, resource, context) for one in conditions)


def attached_to(made: Exported, vm: VirtualMachine) -> set[ResourceId]:
    return {
        ResourceId.parse(one.identity)
        for one in made.policies.attachments
        if one.kind is kind_of(vm.id)
        and (one.scope.startswith("/providers/") or Scope(one.scope).contains(Scope(str(vm.id))))
        and (not one.regions or location_key(vm.location) in one.regions)
    }


def is_about(one: Unsupported, vm: VirtualMachine) -> bool:
    """Return whether a part that is missing is missing for a VM: a rule can lack one of its two kinds."""
    kind = one.what.partition("'system: true' for ")[2]
    return kind in {"", f"{kind_of(vm.id).noun}s"}


def check(seed: int) -> bool:
    """Check one random file on one random fleet; return whether it was exported whole."""
    random = Random(seed)
    fleet = random_fleet(random)
    place = random.choice(PLACES)
    rules = [random_rule(random, fleet, 10 * at) for at in range(1, random.randint(2, 4))]
    if random.random() < 0.2:
        rules.append(random_rule(random, fleet, 500, disabling=True))
    made = exported(rules, place)
    disabling = [rule for rule in rules if rule.system and not rule.system.is_wanted]
    for vm in fleet.machines:
        lacking = {one.line // 10 * 10 for one in made.policies.unsupported if is_about(one, vm)}
        kept = [rule for rule in rules if rule.line not in lacking]
        wanted = any(in_place(rule, place, vm) for rule in kept if rule.system)
        refused = any(in_place(rule, place, vm) for rule in disabling)
        is_pending = vm.identity.system is None and not vm.is_flexible
        assert is_matched(made, fleet, vm) == (wanted and is_pending and not refused), (seed, vm, rules)
        expected = {named.beside(vm.id) for rule in kept if in_place(rule, place, vm) for named in rule.include}
        assert attached_to(made, vm) == expected, (seed, vm, rules)
    return not made.policies.unsupported


def test_policies_match_what_rules_select() -> None:
    whole = [check(seed) for seed in range(40)]
    assert 5 < sum(whole) < 40, "too few or too many files can be exported to be a test"


@pytest.mark.once
def test_policies_match_what_rules_select_on_five_hundred_fleets() -> None:
    assert sum(check(seed) for seed in range(1000, 1500)) > 100
