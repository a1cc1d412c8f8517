"""What is checked of the expressions in a rule before there is a resource: functions, parameters and limits.

Limits: Microsoft's page 'Azure Policy definition structure policy rule', section 'Policy rule limits'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.deployments.expressions import (
    Applied,
    ExpressionInvalid,
    Literal,
    Node,
    Picked,
    is_expression,
    parsed,
)
from vmident.sandbox.policy.functions import NAMES
from vmident.sandbox.policy.rule_errors import RuleInvalid

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

LONGEST = 81_920
_MOST_ARGUMENTS = 128
_DEEPEST = 64


def check_expressions(value: Any, parameters: AbstractSet[str]) -> None:
    """Raise `RuleInvalid` for an expression in a JSON value that no rule can have; parameters in lower case."""
    if isinstance(value, str) and is_expression(value):
        try:
            _check_node(parsed(value, LONGEST), parameters, 0)
        except ExpressionInvalid as invalid:
            raise RuleInvalid(str(invalid)) from invalid
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            check_expressions(one, parameters)


def _check_node(node: Node, parameters: AbstractSet[str], depth: int) -> None:
    if isinstance(node, Picked):
        _check_node(node.whole, parameters, depth)
        _check_node(node.key, parameters, depth)
    elif isinstance(node, Applied):
        _check_call(node, parameters, depth + 1)


def _check_call(call: Applied, parameters: AbstractSet[str], depth: int) -> None:
    name = call.name.lower()
    if name not in NAMES:
        raise RuleInvalid(f"The policy function '{call.name}' is not supported in a policy rule")
    if depth > _DEEPEST or len(call.arguments) > _MOST_ARGUMENTS:
        limits = f"'{_MOST_ARGUMENTS}' parameters of a function or a depth of '{_DEEPEST}' functions"
        raise RuleInvalid(f"The policy rule exceeds the limit of {limits}")
    if name == "parameters" and len(call.arguments) == 1 and isinstance(call.arguments[0], Literal):
        wanted = str(call.arguments[0].value)
        if wanted.lower() not in parameters:
            message = (
                f"The policy rule references the parameter '{wanted}', which the policy definition does not define"
            )
            raise RuleInvalid(message, "InvalidPolicyParameters")
    for argument in call.arguments:
        _check_node(argument, parameters, depth)
