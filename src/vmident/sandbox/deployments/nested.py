"""Deployments within a template (`Microsoft.Resources/deployments`): where they go, and whose expressions are whose.

1. `scope`, `subscriptionId` and `resourceGroup` say where; without them it is where the outer template goes.
2. With `expressionEvaluationOptions` `{"scope": "inner"}` the expressions in the nested template are its own, and it
   sees of the outer one only the values of its parameters.
3. With `outer`, or without, they are the outer template's. What they evaluate to is a literal for the nested one.

Source: Microsoft's page 'Linked and nested templates', section 'Expression evaluation scope in nested templates'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.deployments.expressions import resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.deployments.places import Place

DEPLOYMENT = "microsoft.resources/deployments"
# Members of a nested deployment that say where it goes.
STEERING = ("subscriptionid", "resourcegroup")


def is_deployment(kind: str) -> bool:
    """Return whether a resource type is that of deployments."""
    return kind.lower() == DEPLOYMENT


def scope_of(place: Place, scope: str | None, subscription: str | None, group: str | None) -> str:
    """Return the id of what a nested deployment goes to (rule 1)."""
    if scope:
        return place.scope_of(scope) or "/"
    if group:
        return f"/subscriptions/{subscription or place.subscription_id}/resourceGroups/{group}"
    return f"/subscriptions/{subscription}" if subscription else place.scope_id


def outer_part(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a resource whose expressions are the outer template's (rules 2 and 3)."""
    properties = raw.get("properties")
    if not is_deployment(str(raw.get("type", ""))) or not isinstance(properties, dict) or not _is_inner(properties):
        return dict(raw)
    return {**raw, "properties": {name: value for name, value in properties.items() if name.lower() != "template"}}


def body_of(raw: Mapping[str, Any], kind: str, functions: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """Return what is sent to make a resource; raises `ExpressionInvalid`."""
    properties = raw.get("properties")
    if not is_deployment(kind) or not isinstance(properties, dict):
        return {member: resolved(value, functions) for member, value in raw.items()}
    is_inner = _is_inner(properties)
    sent = {
        name: _nested_template(value, functions, is_inner=is_inner)
        if name.lower() == "template"
        else resolved(value, functions)
        for name, value in properties.items()
        if name.lower() != "expressionevaluationoptions"
    }
    rest = {member: resolved(value, functions) for member, value in raw.items() if member != "properties"}
    return {**rest, "properties": sent}


def _nested_template(template: Any, functions: Mapping[str, Callable[..., Any]], *, is_inner: bool) -> Any:
    return template if is_inner else _literal(resolved(template, functions))


def _literal(value: Any) -> Any:
    """Escape what would be read as an expression once more."""
    if isinstance(value, str):
        return f"[{value}" if value.startswith("[") else value
    if isinstance(value, list):
        return [_literal(one) for one in value]
    return {name: _literal(one) for name, one in value.items()} if isinstance(value, dict) else value


def _is_inner(properties: Mapping[str, Any]) -> bool:
    lowered = {name.lower(): value for name, value in properties.items()}
    options = lowered.get("expressionevaluationoptions")
    return isinstance(options, dict) and str(options.get("scope", "")).lower() == "inner"
