"""Whether a rule applies to a resource at all: what compliance states are of, compliant or not.

1. Of `auditIfNotExists` and `deployIfNotExists`, the whole condition decides.
2. Of other effects, only what the condition says of `type`, `name` and `kind`. What it says of other fields counts as
   true, negated or not.
3. A rule that modifies `identity.type` applies to VMs and scale sets alone.

Source: Microsoft's page 'What is applicability in Azure Policy?'. Its special cases of conditions that consist of
`name` or `kind` alone are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.policy import rules
from vmident.sandbox.policy.assignments.assigned import includes
from vmident.sandbox.policy.conditions import AllOf, AnyOf, Not, holds
from vmident.sandbox.policy.effects.modification import can_modify
from vmident.sandbox.policy.evaluation import Inventory, effect_of
from vmident.sandbox.policy.rule_errors import EvaluationFailed

if TYPE_CHECKING:
    from vmident.sandbox.policy.assignments.assigned import AssignedRule
    from vmident.sandbox.policy.conditions import Condition
    from vmident.sandbox.policy.functions import EvaluationContext

_DECIDING = ("type", "name", "kind")


def applies(inventory: Inventory, rule: AssignedRule, resource: dict[str, Any]) -> bool:
    """Return whether a rule of an assignment applies to a resource."""
    effect = effect_of(rule)
    if effect == "disabled" or not includes(rule.assignment, resource):
        return False
    if effect == rules.MODIFY and not can_modify(rule, resource):
        return False
    context = inventory.context(rule, resource)
    try:
        if effect in (rules.DEPLOY, rules.AUDIT_MISSING):
            return holds(rule.rule.condition, resource, context)
        return _may_hold(rule.rule.condition, resource, context) is not False
    except EvaluationFailed:
        return True


def _may_hold(condition: Condition, resource: dict[str, Any], context: EvaluationContext) -> bool | None:
    """Return whether a condition holds, as far as type, name and kind say it; None where they do not (rule 2)."""
    if isinstance(condition, Not):
        inner = _may_hold(condition.condition, resource, context)
        return None if inner is None else not inner
    if isinstance(condition, (AllOf, AnyOf)):
        found = [_may_hold(one, resource, context) for one in condition.conditions]
        decisive = isinstance(condition, AnyOf)
        if decisive in found:
            return decisive
        return None if None in found else not decisive
    if condition.accessor == "field" and condition.subject.lower() in _DECIDING:
        return holds(condition, resource, context)
    return None
