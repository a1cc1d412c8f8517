"""Random desired-state rules and fleets, and each VM as ARM shows it to Azure Policy."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from msgspec.structs import replace

from vmident.core.desired_state.rules import Named, Rule, Selector, SystemRule
from vmident.core.identity import IdentityState, IdentityType
from vmident.core.resource_id import ResourceId, user_identity_id
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import ALL_KINDS, VmKind
from vmident.sandbox.policy.functions import EvaluationContext

SUBSCRIPTIONS = ("5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1", "6B5EC1D6-1f6b-4e6c-9a3c-2c8b6d1aaff2")
GROUPS = ("prod", "Prod-West", "a(b)", "aa", "a")
NAMES = ("web01", "Web", "WEB-a", "a", "aa", "ABA", "db.01", "abcABC")
REGIONS = ("westus", "West Europe", "eastus2")
TAG_NAMES = ("team", "it's", "Cost Center", "a.b")
TAG_VALUES = (
    "",
    "shop",
    "Shop",
    "a",
    "aa",
    "aba",
    "v1.2",
    "v1x2",
    "[a]",
    "']",
    "it's",
    "tab\there",
    "Größe",
    "\U0001f600x",
    "#?",
)
NAME_PATTERNS = (*NAMES, "web*", "*A", "*b*", "a*a", "a*b*a", "ab*abc", "*", "W*b**1", "a*b*c*d", "é*")
GROUP_PATTERNS = (*GROUPS, "PROD*", "*b)", "*-*", "a*a", "*")
VALUE_PATTERNS = (
    *TAG_VALUES[1:],
    "*",
    "s*",
    "*op",
    "a*a",
    "a*b*a",
    "*b*",
    "Sh*",
    "v1.*",
    "[*]",
    "\U0001f600*",
    "*x",
    "*'*",
    "*#*",
    "*a*b*c*",
)
IDENTITY = user_identity_id(SUBSCRIPTIONS[0], "ids", "app")


@dataclass(frozen=True)
class Fleet:
    """VMs as vmident has them, beside what Azure Policy sees of each."""

    machines: tuple[VirtualMachine, ...]

    def resource_of(self, machine: VirtualMachine) -> dict[str, Any]:
        identity = machine.identity
        shown: dict[str, Any] = {
            "id": str(machine.id),
            "name": machine.id.name,
            "type": machine.id.kind,
            "location": machine.location,
            "tags": dict(machine.tags),
            "properties": {"orchestrationMode": "Flexible" if machine.is_flexible else "Uniform"},
        }
        if identity.type is not IdentityType.NONE or machine.id.name == "a":
            users: dict[str, Any] = {str(one): {} for one in identity.users}
            shown["identity"] = {"type": identity.type.value, **({"userAssignedIdentities": users} if users else {})}
        return shown

    def context_of(self, machine: VirtualMachine) -> EvaluationContext:
        subscription = machine.id.subscription
        return EvaluationContext(
            parameters={"effect": "Modify"},
            subscription={"subscriptionId": subscription, "id": f"/subscriptions/{subscription}"},
            resource_group={"name": machine.id.group, "location": "westus", "tags": {}},
        )


def some(random: Random, values: Any, most: int = 3) -> tuple[Any, ...]:
    return tuple(random.sample(values, random.randint(1, most)))


def random_fleet(random: Random, size: int = 30) -> Fleet:
    machines = {}
    for _ in range(size):
        kind = random.choice([VmKind.VM, VmKind.VM, VmKind.SCALE_SET])
        where = (random.choice(SUBSCRIPTIONS), random.choice(GROUPS), random.choice(NAMES))
        vm = ResourceId(where[0], where[1], kind.resource_type, where[2])
        identity = IdentityState.of(system=random.random() < 0.3, users=[IDENTITY] if random.random() < 0.4 else [])
        tags = {
            name.upper() if random.random() < 0.3 else name: random.choice(TAG_VALUES)
            for name in TAG_NAMES
            if random.random() < 0.6
        }
        machines[vm] = VirtualMachine(
            vm,
            random.choice(REGIONS),
            identity,
            tags=tags,
            is_flexible=kind is VmKind.SCALE_SET and random.random() < 0.2,
        )
    return Fleet(tuple(machines.values()))


def random_selector(random: Random, fleet: Fleet) -> Selector:
    def perhaps(values: Any, chance: float, most: int = 3) -> tuple[Any, ...]:
        return some(random, values, most) if random.random() < chance else ()

    ids = frozenset(one.id for one in some(random, fleet.machines, 4)) if random.random() < 0.15 else frozenset()
    kinds = () if random.random() < 0.6 else some(random, ALL_KINDS, 2)
    return Selector(
        names=perhaps(NAME_PATTERNS, 0.5),
        ids=ids,
        groups=perhaps(GROUP_PATTERNS, 0.4),
        tags={name: random.choice(VALUE_PATTERNS) for name in perhaps(TAG_NAMES, 0.4, 2)},
        subscriptions=perhaps(SUBSCRIPTIONS, 0.4, 2),
        regions=perhaps(("westus", "WestEurope", "East US 2"), 0.3),
        kinds=kinds,
    )


def random_rule(random: Random, fleet: Fleet, line: int, *, disabling: bool = False) -> Rule:
    wants_identity = not disabling and random.random() < 0.4
    selector = random_selector(random, fleet)
    if wants_identity and random.random() < 0.7:
        literal = tuple(one for one in selector.groups if "*" not in one)
        selector = replace(selector, names=(), tags={}, ids=frozenset(), groups=literal)
    identity: ResourceId | str = IDENTITY if random.random() < 0.5 else "app"
    return Rule(
        line,
        selector,
        system=None if wants_identity else SystemRule(not disabling, line),
        include=(Named(identity, line + 1),) if wants_identity else (),
    )
