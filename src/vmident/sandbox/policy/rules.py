"""A policy rule: its condition, its effect, and what the effect does; read and checked: pure.

1. The effect is one of Azure's, or an expression, such as `[parameters('effect')]`, whose allowed values and default
   are.
2. `modify` has `roleDefinitionIds` and `operations`. Each operation adds, replaces or removes a tag, or adds or
   replaces `identity.type`; other fields that Azure can modify are not in the sandbox.
3. `deployIfNotExists` has a `type`, `roleDefinitionIds` and a `deployment`; its `existenceCondition` is read as
   conditions are. `auditIfNotExists` has a `type`.
4. `audit`, `deny` and `disabled` have no details.
5. Every parameter of the definition is used by the rule; that the location of a deployment does not count is from a
   public report.

Source: Microsoft's pages on each effect and 'Azure Policy definitions effect basics'.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors as sandbox_errors
from vmident.sandbox.deployments.expressions import Literal, applications, is_expression
from vmident.sandbox.policy.conditions import Condition, read_condition
from vmident.sandbox.policy.fields import check_field
from vmident.sandbox.policy.rule_errors import RuleInvalid
from vmident.sandbox.policy.rule_expressions import LONGEST, check_expressions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.policy.parameters import Parameter

MODIFY, DEPLOY, AUDIT_MISSING = "modify", "deployifnotexists", "auditifnotexists"
_BARE = {"audit", "deny", "disabled"}
_KNOWN = _BARE | {MODIFY, DEPLOY, AUDIT_MISSING}
_BEYOND = {"append", "denyaction", "manual", "mutate", "addtonetworkgroup"}
_ROLE_ID = re.compile(
    r"(/subscriptions/[^/]+)?/providers/microsoft\.authorization/roledefinitions/[0-9a-f-]{36}", re.IGNORECASE
)
_OPERATIONS = {"add", "addorreplace", "remove"}
_CONFLICT_EFFECTS = {"audit", "deny", "disabled"}
_DETAILS = "InvalidPolicyRuleEffectDetails"


@dataclass(frozen=True)
class Rule:
    """A rule; `effect` may be an expression, `details` have their members' names in lower case."""

    condition: Condition
    effect: str
    details: Mapping[str, Any]
    existence: Condition | None


def read_rule(raw: Any, parameters: Mapping[str, Parameter]) -> Rule:
    """Read a rule; raises `RuleInvalid`. `parameters` are the definition's, by name in lower case."""
    members = _lowered(raw)
    if members is None or members.keys() != {"if", "then"}:
        unknown = ", ".join(set(members or {}) - {"if", "then"})
        raise RuleInvalid(f"Could not find member '{unknown}' on object of type 'PolicyRuleDefinition'")
    condition = read_condition(members["if"], parameters)
    then = _lowered(members["then"])
    if then is None or "effect" not in then or not then.keys() <= {"effect", "details"}:
        raise RuleInvalid("The 'then' of the policy rule must have an 'effect', and may have 'details'")
    effect = then["effect"]
    effects = _effects(effect, parameters)
    details = _lowered(then.get("details")) or {}
    existence = _check_details(effects, details, parameters)
    return Rule(condition, effect, details, existence)


def needs_identity(rule: Rule, parameters: Mapping[str, Parameter]) -> bool:
    """Return whether assigning the rule takes an identity: whether it can modify or deploy, whatever its effect now."""
    return bool(_effects(rule.effect, parameters) & {MODIFY, DEPLOY})


def _lowered(raw: Any) -> dict[str, Any] | None:
    return {name.lower(): value for name, value in raw.items()} if isinstance(raw, dict) else None


def _effects(effect: Any, parameters: Mapping[str, Parameter]) -> set[str]:
    """Return what the effect can be, in lower case (rule 1)."""
    if not isinstance(effect, str):
        raise RuleInvalid("The 'effect' of the policy rule must be a string")
    check_expressions(effect, set(parameters))
    found = [effect]
    if is_expression(effect):
        named = [call.arguments[0] for call in applications(effect) if call.name.lower() == "parameters"]
        used = [parameters[str(one.value).lower()] for one in named if isinstance(one, Literal)]
        found = [str(value) for one in used for value in (*one.allowed, *([one.default] if one.has_default else []))]
    lowered = {one.lower() for one in found}
    if lowered & _BEYOND:
        raise sandbox_errors.not_in_the_sandbox(f"the policy effect '{', '.join(lowered & _BEYOND)}'")
    if not lowered or not lowered <= _KNOWN:
        raise RuleInvalid(f"The policy effect '{', '.join(sorted(lowered - _KNOWN)) or effect}' is not valid")
    return lowered


def _check_details(effects: set[str], details: dict[str, Any], parameters: Mapping[str, Parameter]) -> Condition | None:
    if effects <= _BARE:
        if details:
            raise RuleInvalid("The policy effect 'details' property could not be parsed", _DETAILS)
        return None
    if effects & {MODIFY, DEPLOY}:
        _check_roles(details.get("roledefinitionids"))
    if MODIFY in effects:
        _check_operations(details, parameters)
        return None
    if not isinstance(details.get("type"), str):
        raise RuleInvalid("The details of the policy effect must have a 'type'", _DETAILS)
    if DEPLOY in effects:
        _check_deployment(details.get("deployment"))
    for member in ("name", "resourcegroupname"):
        check_expressions(details.get(member), set(parameters))
    existence = details.get("existencecondition")
    return read_condition(existence, parameters) if existence is not None else None


def _check_roles(ids: Any) -> None:
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) and _ROLE_ID.fullmatch(one) for one in ids):
        message = "The details of the policy effect must have 'roleDefinitionIds', an array of ids of role definitions"
        raise RuleInvalid(message, _DETAILS)


def _check_operations(details: dict[str, Any], parameters: Mapping[str, Parameter]) -> None:
    conflict = details.get("conflicteffect", "deny")
    if not isinstance(conflict, str) or not (is_expression(conflict) or conflict.lower() in _CONFLICT_EFFECTS):
        raise RuleInvalid(f"The conflict effect '{conflict}' is not valid", _DETAILS)
    operations = details.get("operations")
    if not isinstance(operations, list) or not operations:
        raise RuleInvalid("The details of the effect 'modify' must have 'operations'", _DETAILS)
    for raw in operations:
        one = _lowered(raw) or {}
        kind, field = str(one.get("operation", "")).lower(), one.get("field")
        if kind not in _OPERATIONS or not isinstance(field, str) or ("value" in one) is (kind == "remove"):
            raise RuleInvalid("An operation of the effect 'modify' is not valid", _DETAILS)
        for member in one.values():
            check_expressions(member, set(parameters))
        if is_expression(field):
            continue
        check_field(field)
        if not field.lower().startswith("tags") and field.lower() != "identity.type":
            raise sandbox_errors.not_in_the_sandbox(f"the effect 'modify' of the field '{field}'")
        if kind == "remove" and not field.lower().startswith("tags"):
            raise RuleInvalid("The operation 'remove' is only supported for tags", _DETAILS)


def _check_deployment(deployment: Any) -> None:
    properties = (_lowered(deployment) or {}).get("properties")
    template = (_lowered(properties) or {}).get("template")
    if not isinstance(template, dict) or str((_lowered(properties) or {}).get("mode", "")).lower() != "incremental":
        message = "The 'deployment' of the policy effect must have a 'template', and the mode 'incremental'"
        raise RuleInvalid(message, _DETAILS)


def unused_parameters(raw: Any, parameters: Mapping[str, Parameter]) -> list[str]:
    """List the parameters that a rule, as JSON, does not use (rule 5)."""
    used = {
        str(call.arguments[0].value).lower()
        for call in applications(_without_templates(raw), LONGEST)
        if call.name.lower() == "parameters" and call.arguments and isinstance(call.arguments[0], Literal)
    }
    return [one.name for name, one in parameters.items() if name not in used]


def _without_templates(raw: Any) -> Any:
    if isinstance(raw, list):
        return [_without_templates(one) for one in raw]
    if not isinstance(raw, dict):
        return raw
    kept = {name: value for name, value in raw.items() if name.lower() != "template"}
    if "deployment" in {name.lower() for name in kept}:
        return {name: _deployment(value) if name.lower() == "deployment" else value for name, value in kept.items()}
    return {name: _without_templates(value) for name, value in kept.items()}


def _deployment(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    return _without_templates({name: value for name, value in raw.items() if name.lower() != "location"})
