"""Azure's limits: large files become several definitions, and what no template can hold is refused."""

from __future__ import annotations

import json

import pytest

from tests.core.export.policy.fleets import IDENTITY, SUBSCRIPTIONS
from tests.core.export.policy.test_selection_law import PLACES, exported
from vmident.core.desired_state.rules import ExactRule, Named, RoleRule, Rule, Selector, SystemRule
from vmident.core.export.policy.clauses import ExportScope
from vmident.core.export.policy.export import PolicyOptions, policies_for, policy_template
from vmident.core.export.policy.remediation_size import remediation_size
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import vm_id
from vmident.core.vm_kind import VmKind
from vmident.errors import UsageError

GROUP, _, SUBSCRIPTION = PLACES
# Microsoft's page 'Azure Policy definition structure policy rule', section 'Policy rule limits'.
MOST_CONDITIONS, MOST_FUNCTIONS, MOST_BYTES = 4096, 2048, 1_048_576


def system(line: int, selector: Selector, *, wanted: bool = True) -> Rule:
    return Rule(line, selector, SystemRule(wanted, line))


def test_many_rules_become_several_definitions_within_the_limits() -> None:
    rules = [system(line, Selector(tags={"team": f"v{line}.*", "b": f"v{line}.0"})) for line in range(1, 1001)]
    made = exported(rules, GROUP)
    definitions = made.policies.definitions
    assert len(definitions) > 1
    assert "The rules do not fit into one policy definition." in made.files["README.md"]
    assert [one.named("vmident") for one in definitions][:2] == ["vmident-system-vm", "vmident-system-vm-2"]
    assert sorted(line for one in definitions for line in one.lines) == list(range(1, 1001))
    for one in definitions:
        text = json.dumps(one.condition)
        assert text.count('"equals"') + text.count('"match"') <= MOST_CONDITIONS
        assert text.count("(") <= MOST_FUNCTIONS
        assert len(json.dumps(one.properties())) < MOST_BYTES
        assert len(one.properties()["description"]) <= 512


def test_ten_thousand_ids_fit() -> None:
    ids = frozenset(vm_id(SUBSCRIPTIONS[0], "prod", f"vm{number}") for number in range(10_000))
    definitions = exported([system(2, Selector(ids=ids))], GROUP).policies.definitions
    assert all(len(json.dumps(one.properties())) < MOST_BYTES for one in definitions)
    text = "".join(json.dumps(one.condition) for one in definitions)
    assert text.count("/virtualMachines/vm") == 10_000


def test_more_assignments_than_a_scope_can_have_are_refused() -> None:
    rules = [
        Rule(line, Selector(names=("*",)), include=(Named(IDENTITY.parse(f"{IDENTITY}{line}"), line),))
        for line in range(1, 202)
    ]
    with pytest.raises(UsageError, match="202 policy assignments at one scope, and Azure allows 200"):
        exported(rules, GROUP)


def test_more_resources_than_a_template_can_have_are_refused() -> None:
    groups = tuple(f"group{number}" for number in range(250))
    rule = Rule(2, Selector(groups=groups), include=(Named(IDENTITY, 3),))
    with pytest.raises(UsageError, match="1000 resources in one template, and Azure allows 800"):
        exported([rule], SUBSCRIPTION)


def test_a_template_that_is_too_large_is_refused() -> None:
    ids = frozenset(vm_id(SUBSCRIPTIONS[0], "g" * 90, f"{'v' * 50}{number}") for number in range(16_000))
    with pytest.raises(UsageError, match="bytes in one template, and Azure allows 4000000"):
        exported([system(2, Selector(ids=ids))], GROUP)


@pytest.mark.parametrize(
    ("pending", "resources", "parallel"),
    [
        (None, 500, 10),
        (0, 500, 10),
        (1, 1, 10),
        (1000, 1000, 10),
        (1500, 1500, 15),
        (9000, 9000, 30),
        (90000, 50000, 30),
    ],
)
def test_remediation_tasks_are_sized_by_the_plan(pending: int | None, resources: int, parallel: int) -> None:
    size = remediation_size(pending)
    assert (size["resourceCount"], size["parallelDeployments"]) == (resources, parallel)


@pytest.mark.parametrize(
    ("rule", "place", "expected"),
    [
        (
            system(2, Selector(subscriptions=(SUBSCRIPTIONS[1],))),
            SUBSCRIPTION,
            [(2, f"the subscription {SUBSCRIPTIONS[1]}")],
        ),
        (
            system(2, Selector(ids=frozenset({vm_id(SUBSCRIPTIONS[1], "a", "b")}))),
            SUBSCRIPTION,
            [(2, f"the subscription {SUBSCRIPTIONS[1]}")],
        ),
        (system(2, Selector(regions=("west-us",))), GROUP, [(2, "the region 'west-us'")]),
        (
            system(2, Selector(ids=frozenset({vm_id(SUBSCRIPTIONS[1], "straße", "b")}))),
            GROUP,
            [(2, f"the ID {vm_id(SUBSCRIPTIONS[1], 'straße', 'b')}")],
        ),
        (
            Rule(2, Selector(names=("a",), groups=("b*",), tags={"a": "b"}), include=(Named(IDENTITY, 3),)),
            GROUP,
            [(2, "'groups' with 'include'"), (2, "'names' with 'include'"), (2, "'tags' with 'include'")],
        ),
        (
            Rule(2, Selector(ids=frozenset({vm_id(SUBSCRIPTIONS[0], "a", "b")})), include=(Named(IDENTITY, 3),)),
            GROUP,
            [(2, "'ids' with 'include'")],
        ),
        (
            Rule(2, Selector(regions=tuple(f"r{at}" for at in range(51))), include=(Named(IDENTITY, 3),)),
            GROUP,
            [(2, "'regions' with 51 regions")],
        ),
        (Rule(2, Selector(regions=("a b-",)), include=(Named(IDENTITY, 3),)), GROUP, [(2, "the region 'ab-'")]),
        (
            Rule(2, Selector(names=("*",)), include=(Named("app", 3),)),
            GROUP,
            [(3, "the identity 'app' without a resource group")],
        ),
        (
            Rule(2, Selector(groups=("a",)), include=(Named(IDENTITY, 3),)),
            GROUP,
            [(3, "'groups' with 'include' without a subscription")],
        ),
        (
            Rule(2, Selector(names=("*",)), exactly=ExactRule((), 4), roles=(RoleRule("Reader", "group"),)),
            GROUP,
            [(2, "'roles'"), (4, "'exactly'")],
        ),
    ],
)
def test_what_cannot_be_exported_is_named_with_its_line(
    rule: Rule, place: ExportScope, expected: list[tuple[int, str]]
) -> None:
    assert [(one.line, one.what) for one in exported([rule], place).policies.unsupported] == expected


def included(line: int, identity: object) -> Rule:
    return Rule(line, Selector(groups=("a",)), include=(Named(identity, line + 1),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "is_left_out"),
    [
        (Rule(9, Selector(names=("x",)), exclude=(Named(IDENTITY, 10),)), True),
        (Rule(9, Selector(names=("x",)), exclude=(Named("APP", 10),)), True),
        (Rule(9, Selector(names=("x",)), exclude=(Named("other", 10),)), False),
        (Rule(9, Selector(names=("x",)), exactly=ExactRule((), 10)), True),
        (Rule(9, Selector(names=("x",)), exactly=ExactRule((Named(IDENTITY, 11),), 10)), False),
    ],
)
def test_an_identity_that_another_rule_does_not_allow_is_not_attached(other: Rule, *, is_left_out: bool) -> None:
    made = exported([included(2, IDENTITY), other], SUBSCRIPTION)
    assert (not made.policies.attachments) is is_left_out
    assert (
        (3, "'include' of identity 'app'") in [(one.line, one.what) for one in made.policies.unsupported]
    ) is is_left_out


def test_too_many_rules_that_disable_leave_nothing_enabled() -> None:
    against = [system(line, Selector(tags={"t": f"v.{line}"}), wanted=False) for line in range(10, 400)]
    made = exported([system(2, Selector(names=("a",))), *against], GROUP)
    assert not made.policies.definitions
    (found,) = [one for one in made.policies.unsupported if one.line == 2]
    assert found.what == "'system: true' for VMs"


def test_a_rule_that_disables_and_cannot_be_expressed_leaves_nothing_enabled() -> None:
    against = system(9, Selector(names=("a*b*c*d",), kinds=(VmKind.VM,)), wanted=False)
    made = exported([system(2, Selector(names=("x",), kinds=(VmKind.VM, VmKind.SCALE_SET))), against], GROUP)
    assert [one.kind for one in made.policies.definitions] == [VmKind.SCALE_SET]
    assert [(one.line, one.what) for one in made.policies.unsupported] == [
        (2, "'system: true' for VMs"),
        (9, "'system: false'"),
    ]


def test_nested_deployments_have_other_names_in_another_region() -> None:
    rule = Rule(2, Selector(groups=("a",)), include=(Named(IDENTITY, 3),))
    policies = policies_for([rule], SUBSCRIPTION)

    def nested(location: str) -> set[str]:
        made = policy_template(policies, PolicyOptions(SUBSCRIPTION, location, "vmident"), lambda _policy: None)
        return {one["name"] for one in made["resources"] if one["type"].endswith("/deployments")}

    assert nested("westus")
    assert not nested("westus") & nested("eastus")


def test_an_identity_outside_the_subscription_gets_a_role_of_its_own() -> None:
    scope = ExportScope(Scope.parse(f"/subscriptions/{SUBSCRIPTIONS[1]}"))
    made = exported([Rule(2, Selector(names=("*",)), include=(Named(IDENTITY, 3),))], scope)
    (nested,) = [one for one in made.template["resources"] if one["type"] == "Microsoft.Resources/deployments"]
    assert (nested["subscriptionId"], nested["resourceGroup"]) == (SUBSCRIPTIONS[0], "ids")
    (role,) = nested["properties"]["template"]["resources"]
    assert role["scope"] == "Microsoft.ManagedIdentity/userAssignedIdentities/app"
    assert "dependsOn" not in role
