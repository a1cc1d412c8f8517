"""The template functions that a rule may use, at one resource.

All of the template language but those that need a deployment, and some of their own: `field()`, `current()`,
`requestContext()`, `policy()`, `utcNow()` and `addDays()`. `field()` of a missing property is the empty text, as the
table of Microsoft's page 'Author policies for array properties' has it. Source of the list: Microsoft's page 'Azure
Policy definition structure policy rule', section 'Policy functions'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from vmident.sandbox.deployments.expressions import ExpressionInvalid
from vmident.sandbox.deployments.functions import PURE_FUNCTIONS
from vmident.sandbox.deployments.value_functions import folded
from vmident.sandbox.policy.fields import select
from vmident.sandbox.policy.rule_errors import RuleInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OWN_NAMES = frozenset(
    {
        "field",
        "current",
        "parameters",
        "subscription",
        "resourcegroup",
        "requestcontext",
        "policy",
        "utcnow",
        "adddays",
        "if",
    }
)
NAMES = frozenset(PURE_FUNCTIONS) | OWN_NAMES
_TIME = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class EvaluationContext:
    """Where a rule is evaluated, beside the resource itself.

    `parameters` are the values by name. `subscription` is `{"id", "subscriptionId", "tenantId", "displayName"}`, and
    `resource_group` `{"id", "name", "location", "tags"}`, both as ARM shows them. `api_version` is the request's that
    the rule is evaluated for, `policy` what `policy()` answers, `now` epoch seconds.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    subscription: Mapping[str, Any] = field(default_factory=dict)
    resource_group: Mapping[str, Any] = field(default_factory=dict)
    api_version: str = "2024-11-01"
    policy: Mapping[str, Any] = field(default_factory=dict)
    now: float = 0.0


@dataclass(frozen=True)
class Scope:
    """A resource in its context, and the members that are being counted, by alias or name in lower case."""

    resource: Mapping[str, Any]
    context: EvaluationContext
    counted_fields: Mapping[str, Any] = field(default_factory=dict)
    counted_values: Mapping[str, Any] = field(default_factory=dict)


def functions_in(scope: Scope) -> dict[str, Callable[..., Any]]:
    """Return the functions by name in lower case."""
    context = scope.context
    return {
        **PURE_FUNCTIONS,
        "field": lambda name: _field(scope, name),
        "current": lambda name=None: _current(scope, name),
        "parameters": lambda name: _parameter(context, name),
        "subscription": lambda: dict(context.subscription),
        "resourcegroup": lambda: dict(context.resource_group),
        "requestcontext": lambda: {"apiVersion": context.api_version, "identity": {}},
        "policy": lambda: dict(context.policy),
        "utcnow": lambda: _printed(datetime.fromtimestamp(context.now, timezone.utc)),
        "adddays": lambda text, days: _printed(_moment(text) + timedelta(days=days)),
    }


def _field(scope: Scope, name: str) -> Any:
    try:
        selected = select(scope.resource, name, scope.counted_fields)
    except RuleInvalid as invalid:
        raise ExpressionInvalid(invalid.message) from invalid
    if selected.is_collection:
        return list(selected.values)
    return "" if selected.values[0] is None else selected.values[0]


def _current(scope: Scope, name: str | None) -> Any:
    every = {**scope.counted_fields, **scope.counted_values}
    if name is None:
        if len(every) != 1:
            raise ExpressionInvalid("The function 'current' needs a name where there is not exactly one 'count'")
        return next(iter(every.values()))
    if name.lower() in every:
        return every[name.lower()]
    if any(name.lower().startswith(f"{alias}.") for alias in scope.counted_fields):
        return select(scope.resource, name, scope.counted_fields).values[0]
    raise ExpressionInvalid(f"The function 'current' refers to '{name}', which no 'count' has")


def _parameter(context: EvaluationContext, name: str) -> Any:
    for known, value in context.parameters.items():
        if folded(known) == folded(name):
            return value
    raise ExpressionInvalid(f"The policy parameter '{name}' is not found")


def _moment(text: str) -> datetime:
    return datetime.strptime(text.partition(".")[0].removesuffix("Z"), _TIME).replace(tzinfo=timezone.utc)


def _printed(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"
