"""A plan from rules and VMs: the current and desired state of each VM, and the request between them.

L1  Making every change of a plan and planning again gives a plan with nothing to do.
L2  Neither the order of the VMs nor that of the rules changes the plan: it is sorted by id.
L3  A VM that no rule selects is not in the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.consequences import Notice, consequences
from vmident.core.dependents import Dependent
from vmident.core.desired_state.rules import DesiredRole, Rule, goal_for, roles_for
from vmident.core.identity import IdentityState
from vmident.core.naming import did_you_mean
from vmident.core.patch import PatchBody, patch_for
from vmident.core.rbac.roles import Grant
from vmident.core.resource_id import ResourceId
from vmident.core.resources import location_key
from vmident.core.transition import Change, Transition, transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import either, kind_of

SYSTEM_IDENTITY_UNSUPPORTED = "system-identity-unsupported"
RULE_SELECTS_NOTHING = "rule-selects-nothing"
RULE_NAMES_NO_VM = "rule-names-no-vm"
RULE_NAMES_NO_GROUP = "rule-names-no-group"
RULE_NAMES_NO_REGION = "rule-names-no-region"
UNMATCHED = frozenset({RULE_SELECTS_NOTHING, RULE_NAMES_NO_VM, RULE_NAMES_NO_GROUP, RULE_NAMES_NO_REGION})
"""Codes of what a desired-state file names and no VM has; errors under `--strict`."""
SUGGESTIONS_AT_MOST = 20
"""Each suggestion compares a name with those of all VMs."""


class PlannedGrant(Struct, frozen=True):
    """A role to grant to an identity of a VM: `receiver` is `None` for the system-assigned identity.

    `principal_id` is `None` where it is not known yet; `is_there` tells that this principal has the role already.
    """

    grant: Grant
    receiver: ResourceId | None
    principal_id: str | None = None
    is_there: bool = False


class PlannedVm(Struct, frozen=True):
    """The current and desired state of one VM; `request` is the body of the change, `None` without changes.

    `roles_wanted` are in the words of the rules; `grants` are the same, looked up.
    """

    vm: ResourceId
    change: Change
    before: IdentityState
    after: IdentityState
    request: PatchBody | None
    warnings: tuple[Notice, ...] = ()
    roles_wanted: tuple[DesiredRole, ...] = ()
    grants: tuple[PlannedGrant, ...] = ()

    @property
    def is_pending(self) -> bool:
        """Return whether the VM is not yet as described."""
        return self.request is not None or any(not one.is_there for one in self.grants)

    @property
    def transition(self) -> Transition:
        """The change as a transition."""
        return Transition(self.before, self.after)


class Plan(Struct, frozen=True):
    """Every VM that a rule selects, sorted by id; `warnings` are about the rules themselves."""

    vms: tuple[PlannedVm, ...]
    warnings: tuple[Notice, ...] = ()

    @property
    def pending(self) -> tuple[PlannedVm, ...]:
        """The VMs that are not yet as described."""
        return tuple(one for one in self.vms if one.is_pending)

    @property
    def unmatched(self) -> tuple[Notice, ...]:
        """The warnings about what the file names and no VM has."""
        return tuple(one for one in self.warnings if one.code in UNMATCHED)


def plan_for(rules: Sequence[Rule], machines: Iterable[VirtualMachine]) -> Plan:
    """Work out what takes the VMs to what the rules say; raises `ConflictingRules` for the first VM by id."""
    # A VM that is made or deleted while pages are read can move another onto two of them.
    listed = sorted({machine.id: machine for machine in machines}.values(), key=lambda machine: machine.id)
    used: set[int] = set()
    planned = []
    for machine, said in rules_for_each(listed, rules):
        used.update(id(rule) for rule in said)
        goal = goal_for(machine, said)
        if goal is not None:
            one = planned_vm(machine.id, machine.identity, goal, machine.dependents)
            warnings = (*_unsupported(machine, one), *one.warnings)
            planned.append(replace(one, roles_wanted=roles_for(machine.id, said), warnings=warnings))
    unused = [rule for rule in rules if id(rule) not in used]
    return Plan(tuple(planned), _about_rules(rules, unused, listed))


def rules_for_each(
    machines: Iterable[VirtualMachine], rules: Sequence[Rule]
) -> Iterator[tuple[VirtualMachine, list[Rule]]]:
    """Return each VM with the rules that select it, in no order that means anything."""
    index = _RuleIndex.of(rules)
    for machine in machines:
        yield machine, [rule for rule in index.candidates(machine.id) if rule.selector.selects(machine)]


def planned_vm(vm: ResourceId, now: IdentityState, change: Change, dependents: tuple[Dependent, ...] = ()) -> PlannedVm:
    """Work out one VM's part of a plan."""
    made = transition(now, change)
    return PlannedVm(vm, change, made.before, made.after, patch_for(made), consequences(made, kind_of(vm), dependents))


def with_dependents(plan: Plan, dependents: Mapping[ResourceId, tuple[Dependent, ...]]) -> Plan:
    """Return the plan with the consequences for what uses the identities of these VMs; no scale sets."""
    vms = tuple(
        replace(one, warnings=consequences(one.transition, kind_of(one.vm), dependents[one.vm]))
        if one.vm in dependents
        else one
        for one in plan.vms
    )
    return replace(plan, vms=vms)


def _unsupported(machine: VirtualMachine, planned: PlannedVm) -> tuple[Notice, ...]:
    if not (machine.is_flexible and planned.transition.enables_system):
        return ()
    message = "Scale sets in Flexible orchestration mode do not support the system-assigned identity; apply will fail."
    return (Notice(SYSTEM_IDENTITY_UNSUPPORTED, message),)


class _RuleIndex(Struct, frozen=True):
    """Rules by the IDs and whole names that they name: of ten thousand that name one VM each, one is looked at a VM."""

    by_id: dict[ResourceId, list[Rule]]
    by_name: dict[str, list[Rule]]
    others: list[Rule]

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> _RuleIndex:
        index = cls({}, {}, [])
        for rule in rules:
            names = rule.selector.names
            if rule.selector.ids:
                for vm in rule.selector.ids:
                    index.by_id.setdefault(vm, []).append(rule)
            elif names and not any("*" in name for name in names):
                for name in {name.lower() for name in names}:
                    index.by_name.setdefault(name, []).append(rule)
            else:
                index.others.append(rule)
        return index

    def candidates(self, vm: ResourceId) -> Iterator[Rule]:
        """Return every rule that may select a VM, each once."""
        yield from self.by_id.get(vm, ())
        yield from self.by_name.get(vm.name.lower(), ())
        yield from self.others


def _about_rules(
    rules: Sequence[Rule], unused: Sequence[Rule], machines: Sequence[VirtualMachine]
) -> tuple[Notice, ...]:
    """Warn of each name in a rule that fits no VM, else of a rule that selects no VMs at all."""
    idle = {id(rule) for rule in unused}
    there = _Names.of(machines)
    warnings: list[Notice] = []
    for rule in sorted(rules, key=lambda rule: rule.line):
        missing = list(there.missing_from(rule, with_suggestions=len(warnings) < SUGGESTIONS_AT_MOST))
        warnings += missing
        if not missing and id(rule) in idle:
            warnings.append(Notice(RULE_SELECTS_NOTHING, f"The rule on line {rule.line} selects no VMs."))
    return tuple(warnings)


class _Names(Struct, frozen=True):
    """What the VMs are called and where they are; keys are lower case, values as Azure spells them."""

    ids: frozenset[ResourceId]
    vms: dict[str, str]
    groups: dict[str, str]
    regions: dict[str, str]

    @classmethod
    def of(cls, machines: Sequence[VirtualMachine]) -> _Names:
        return cls(
            frozenset(machine.id for machine in machines),
            {machine.id.name.lower(): machine.id.name for machine in machines},
            {machine.id.group.lower(): machine.id.group for machine in machines},
            {location_key(machine.location): machine.location for machine in machines},
        )

    def missing_from(self, rule: Rule, *, with_suggestions: bool) -> Iterator[Notice]:
        """Return a warning for each id, name, group and region of the rule that no VM has; patterns are none."""

        def notice(code: str, problem: str, word: str, names: dict[str, str]) -> Notice:
            alike = did_you_mean(word, names.values()) if with_suggestions else ""
            return Notice(code, f"The rule on line {rule.line} names {problem}.{alike}")

        selector = rule.selector
        for vm in sorted(selector.ids - self.ids):
            yield notice(RULE_NAMES_NO_VM, f"{kind_of(vm).noun} '{vm}', which does not exist", vm.name, self.vms)
        for name in _not_in(self.vms, selector.names, str.lower):
            yield notice(
                RULE_NAMES_NO_VM, f"{either(selector.kinds_meant)} '{name}', which does not exist", name, self.vms
            )
        for group in _not_in(self.groups, selector.groups, str.lower):
            yield notice(RULE_NAMES_NO_GROUP, f"resource group '{group}', which has no VMs", group, self.groups)
        for region in _not_in(self.regions, selector.regions, location_key):
            yield notice(RULE_NAMES_NO_REGION, f"region '{region}', which has no VMs", region, self.regions)


def _not_in(there: dict[str, str], words: Iterable[str], key: Callable[[str], str]) -> Iterator[str]:
    return (word for word in words if "*" not in word and key(word) not in there)
