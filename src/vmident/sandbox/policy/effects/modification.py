"""What the effect `modify` sends to change a resource: the PATCH of its operations.

`addOrReplace` sets a value, `add` sets one that is missing, `remove` takes a tag away. An operation whose `condition`
is false is skipped, and so is one that changes nothing. `identity.type` can be set on VMs and scale sets alone. Source:
Microsoft's page 'Azure Policy definitions modify effect'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.policy.aliases import SCALE_SET, VM
from vmident.sandbox.policy.evaluation import values_at
from vmident.sandbox.policy.fields import select, tag_of
from vmident.sandbox.policy.rule_errors import EvaluationFailed, RuleInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.policy.assignments.assigned import AssignedRule
    from vmident.sandbox.policy.functions import EvaluationContext

_WITH_IDENTITY = {VM.lower(), SCALE_SET.lower()}


def can_modify(rule: AssignedRule, resource: Mapping[str, Any]) -> bool:
    """Return whether the operations fit a resource: those on `identity.type` fit VMs and scale sets alone."""
    fields = [str(one.get("field", "")).lower() for one in rule.rule.details["operations"]]
    return "identity.type" not in fields or str(resource["type"]).lower() in _WITH_IDENTITY


def patch_of(rule: AssignedRule, resource: Mapping[str, Any], context: EvaluationContext) -> dict[str, Any]:
    """Return the body of the PATCH; empty where nothing changes. Raises `EvaluationFailed`."""
    body: dict[str, Any] = {}
    for raw in rule.rule.details["operations"]:
        one = values_at({name.lower(): value for name, value in raw.items()}, resource, context)
        if str(one.get("condition", True)).lower() != "true":
            continue
        field, kind = one["field"], one["operation"].lower()
        try:
            held = select(resource, field).values[0]
        except RuleInvalid as invalid:
            raise EvaluationFailed(invalid.message) from invalid
        value = one.get("value")
        if (kind == "add" and held is not None) or held == value:
            continue
        tag = tag_of(field)
        if tag is not None:
            body.setdefault("tags", {})[tag] = value
        else:
            body["identity"] = {"type": value}
    return body
