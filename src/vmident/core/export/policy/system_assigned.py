"""Policy definitions with the effect `modify` that enable the system-assigned identity.

1. A VM gets it if any rule with `system: true` selects it, so that all rules of one kind make one condition. What
   exceeds the size of a policy definition is another definition beside it. Where two of them match a VM, Azure Policy
   changes it by remediation, and not when it is created: `conflictEffect` is `audit`, because the default, `deny`,
   would reject the VM, also beside other policies that set `identity.type`.
2. `modify` changes `identity.type` and no other part of identity, so attached identities stay.
3. A rule with `system: false` cannot be exported. Under `--partial`, the VMs that it selects are left alone: with the
   whole file, the two rules would be a conflict.
4. Scale sets in Flexible orchestration mode have no system-assigned identity. Azure would reject the change.

Source: the built-in definitions 3cf2ab00-13f1-4d0c-8971-2ac904541a7e and 497dff13-db2a-4c0f-8603-28fa3b331ab6 of the
repository Azure/azure-policy; Microsoft's pages 'Azure Policy definitions modify effect' and 'Azure Policy definition
structure policy rule', section 'Policy rule limits'.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from vmident.core.desired_state.rules import Rule
from vmident.core.export.policy.clauses import EVERYTHING, ExportScope, check_in_scope, clauses, kinds_of
from vmident.core.export.policy.patterns import Condition, Inexpressible
from vmident.core.export.unsupported import Unsupported, listed_lines
from vmident.core.rbac.builtin_roles import CONTRIBUTOR
from vmident.core.vm_kind import ALL_KINDS, VmKind

SYSTEM_ROLES = (CONTRIBUTOR,)
"""What the identity of the assignment needs: `modify` requires all operations of Contributor."""
EFFECT = "effect"
_DISABLE = "'system: false'"
_CANNOT_DISABLE = "Azure Policy cannot disable the system-assigned identity and keep attached identities."
_MOST_CONDITIONS = 4000
_MOST_FUNCTIONS = 2000
_MOST_BYTES = 500_000
_ORCHESTRATION = "Microsoft.Compute/virtualMachineScaleSets/orchestrationMode"
_TYPE_WANTED = (
    "[if(contains(coalesce(field('identity.type'), ''), 'UserAssigned'), 'SystemAssigned, UserAssigned', "
    "'SystemAssigned')]"
)


class SystemDefinition(Struct, frozen=True):
    """One policy definition: the `if` of its rule, and the lines of the rules that it stands for."""

    kind: VmKind
    number: int
    condition: Condition
    lines: tuple[int, ...]

    def named(self, prefix: str) -> str:
        """Return the name of the definition: `vmident-system-vm`, and `vmident-system-vm-2` for the second."""
        return f"{prefix}-system-{self.kind.value}" + (f"-{self.number}" if self.number > 1 else "")

    def properties(self) -> dict[str, Any]:
        """Return the properties of the definition, as Azure Policy takes them."""
        return {
            "displayName": f"Enable the system-assigned identity on {self.kind.noun}s",
            "description": "Exported by vmident from a desired-state file. Rules on line"
            f"{'' if len(self.lines) == 1 else 's'} {listed_lines(self.lines)}.",
            "policyType": "Custom",
            "mode": "Indexed",
            "metadata": {"category": "Managed Identity", "version": "1.0.0"},
            "parameters": {
                EFFECT: {"type": "String", "allowedValues": ["Modify", "Disabled"], "defaultValue": "Modify"}
            },
            "policyRule": {
                "if": self.condition,
                "then": {
                    "effect": f"[parameters('{EFFECT}')]",
                    "details": {
                        "roleDefinitionIds": [one.id for one in SYSTEM_ROLES],
                        "conflictEffect": "audit",
                        "operations": [
                            {"operation": "addOrReplace", "field": "identity.type", "value": _TYPE_WANTED},
                        ],
                    },
                },
            },
        }


def system_definitions(
    rules: Sequence[Rule], place: ExportScope
) -> tuple[tuple[SystemDefinition, ...], tuple[Unsupported, ...]]:
    """Return the definitions of all rules that enable the system-assigned identity, and what they cannot express."""
    wanted = [rule for rule in rules if rule.system and rule.system.is_wanted]
    unsupported = {
        Unsupported(rule.system.line, _DISABLE, _CANNOT_DISABLE)
        for rule in rules
        if rule.system and not rule.system.is_wanted
    }
    definitions: list[SystemDefinition] = []
    for kind in ALL_KINDS:
        concerned = [rule for rule in wanted if kind in kinds_of(rule.selector)]
        try:
            common = _common(rules, kind, place)
        except Inexpressible as bad:
            unsupported |= {Unsupported(rule.line, bad.what, bad.reason) for rule in concerned}
            continue
        matched: list[tuple[int, Condition]] = []
        for rule in concerned:
            try:
                check_in_scope(rule, place)
                matched += [(rule.line, one) for one in clauses(rule.selector, kind, place)]
            except Inexpressible as bad:
                unsupported.add(Unsupported(rule.line, bad.what, bad.reason))
        definitions += _definitions(kind, matched, common)
    return tuple(definitions), tuple(sorted(unsupported))


def _common(rules: Sequence[Rule], kind: VmKind, place: ExportScope) -> list[Condition]:
    """Return the conditions of every definition of a kind; raises `Inexpressible` where rule 3 cannot be met."""
    common: list[Condition] = [
        {"field": "type", "equals": kind.resource_type},
        {"value": "[requestContext().apiVersion]", "greaterOrEquals": "2018-10-01"},
        {
            "anyOf": [
                {"field": "identity.type", "exists": "false"},
                {"field": "identity.type", "notContains": "SystemAssigned"},
            ]
        },
    ]
    if kind is VmKind.SCALE_SET:
        common.append({"field": _ORCHESTRATION, "notEquals": "Flexible"})
    against = [rule for rule in rules if rule.system and not rule.system.is_wanted]
    refused: list[Condition] = []
    for rule in against:
        try:
            refused += clauses(rule.selector, kind, place)
        except Inexpressible as bad:
            raise _conflicting(rule, kind, f"selects them by {bad.what}") from bad
    if EVERYTHING in refused:
        raise _conflicting(against[0], kind, "selects all of them")
    if refused:
        common.append({"not": _any_of(refused)})
    if not _Size.of(common).fits:
        raise _conflicting(against[0], kind, "and similar rules do not fit into a policy definition")
    return common


def _conflicting(rule: Rule, kind: VmKind, why: str) -> Inexpressible:
    nouns = f"{kind.noun}s"
    reason = f"The policy must not change {nouns} with 'system: false', but the rule on line {rule.line} {why}."
    return Inexpressible(f"'system: true' for {nouns}", reason)


def _definitions(
    kind: VmKind, matched: Sequence[tuple[int, Condition]], common: Sequence[Condition]
) -> Iterator[SystemDefinition]:
    for number, chunk in enumerate(_chunks(matched, common), start=1):
        either = _any_of([condition for _, condition in chunk])
        lines = tuple(sorted({line for line, _ in chunk}))
        yield SystemDefinition(kind, number, {"allOf": [*common, *_flat(either)]}, lines)


def _chunks(
    matched: Sequence[tuple[int, Condition]], common: Sequence[Condition]
) -> Iterator[list[tuple[int, Condition]]]:
    """Split clauses into parts of which each fits in one definition."""
    least = _Size.of(common)
    chunk: list[tuple[int, Condition]] = []
    size = least
    for line, condition in matched:
        added = _Size.of(condition)
        if chunk and not size.plus(added).fits:
            yield chunk
            chunk, size = [], least
        chunk.append((line, condition))
        size = size.plus(added)
    if chunk:
        yield chunk


class _Size(Struct, frozen=True):
    """How much of the limits of a policy definition a condition takes; counted from its text, and never too little."""

    conditions: int
    functions: int
    characters: int

    @classmethod
    def of(cls, condition: Any) -> _Size:
        text = json.dumps(condition)
        return cls(text.count("{"), text.count("("), len(text))

    def plus(self, other: _Size) -> _Size:
        return _Size(
            self.conditions + other.conditions, self.functions + other.functions, self.characters + other.characters
        )

    @property
    def fits(self) -> bool:
        is_short = self.conditions <= _MOST_CONDITIONS and self.functions <= _MOST_FUNCTIONS
        return is_short and self.characters <= _MOST_BYTES


def _any_of(conditions: Sequence[Condition]) -> Condition:
    """Return the condition that one of several holds, each of them an `allOf`; repeated ones count once."""
    once = list({json.dumps(one): one for one in conditions}.values())
    if EVERYTHING in once:
        return EVERYTHING
    simple = [one["allOf"][0] if len(one["allOf"]) == 1 else one for one in once]
    return simple[0] if len(simple) == 1 else {"anyOf": simple}


def _flat(condition: Condition) -> Iterable[Condition]:
    flat: list[Condition] = condition.get("allOf", [condition])
    return flat
