"""Every request's way in: which permission it takes, where, and whether its provider is registered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from vmident.sandbox import denials, permissions, providers

if TYPE_CHECKING:
    from vmident.sandbox.call import Call
    from vmident.sandbox.routes import Route

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_OUTSIDE_PROVIDERS = {"resourcegroups": "subscriptions/resourceGroups", "subscriptions": "subscriptions"}


def admitted(call: Call, route: Route) -> Call:
    """Hand the call on if the person may make it; raises 403 `AuthorizationFailed`, 409 of an unregistered provider.

    A list at a place where the person may not read shows those of its resources that they may read: as ARM does it
    for subscriptions and groups; assumed for whatever else is a list.
    """
    action = action_of(route, call.request.method).format_map(call.words)
    if not action:
        return call
    scope = scope_of(route, call)
    if is_list(route, call.request.method) and not call.grants.may(action, scope):
        return replace(call, reads=action)
    permissions.check(call, action, scope)
    namespace = action.partition("/")[0]
    if call.request.method in ("PUT", "PATCH") and not providers.is_registered(call.rows, namespace):
        raise denials.not_registered(namespace)
    return call


def action_of(route: Route, method: str) -> str:
    """Name the permission that a method takes there; empty where none is needed.

    `Route.action` says it where type and method do not.
    """
    if route.action is not None:
        return route.action
    segments = route.pattern.split("/")
    if "providers" in segments and route.kind:
        at = len(segments) - segments[::-1].index("providers")
        return f"{providers.spelled(segments[at])}/{route.kind}/{_VERBS[method]}"
    fixed = next(segment for segment in reversed(segments) if segment in _OUTSIDE_PROVIDERS)
    return f"Microsoft.Resources/{_OUTSIDE_PROVIDERS[fixed]}/{_VERBS[method]}"


def scope_of(route: Route, call: Call) -> str:
    """Give the id that the permission is needed on: the resource, or for a list what it lists the resources of."""
    if "scope" in call.words:
        return call.words["scope"]
    pattern, segments = route.pattern.split("/"), unquote(call.path).split("/")
    while not pattern[-1].startswith("{"):
        pattern.pop()
        segments.pop()
    return "/".join(segments)


def is_list(route: Route, method: str) -> bool:
    """Tell whether the answer lists resources."""
    return method == "GET" and "{scope}" not in route.pattern and not route.pattern.endswith("}")
