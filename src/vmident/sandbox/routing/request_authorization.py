"""Every request's way in: which permission it takes, where, and whether its provider is registered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from vmident.sandbox.authorization import errors as authorization_errors
from vmident.sandbox.authorization import permissions
from vmident.sandbox.protocol.paging import SKIP_OPTION
from vmident.sandbox.resource_manager import locks, providers

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.routing.route import Route

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_OUTSIDE_PROVIDERS = {"resourcegroups": "subscriptions/resourceGroups", "subscriptions": "subscriptions"}


def admitted(call: Call, route: Route) -> Call:
    """Pass the call on if the person may make it; raises 403 `AuthorizationFailed`, 409 of an unregistered provider.

    A list that comes in pages, at a place where the person may not read, shows those resources that they may read:
    ARM does so for subscriptions and groups.
    """
    action = action_of(route, call.request.method).format_map(call.words)
    # A user with a role anywhere sees the subscription, its providers and the roles that there are; assumed, as
    # Terraform's users with a role at one group get on to registering providers, and are refused there.
    is_read = call.request.method in ("GET", "HEAD")
    if not action or (route.any_role and is_read and call.grants.all):
        return call
    scope = scope_of(route, call)
    if is_list(route) and not call.grants.is_allowed(action, scope):
        return replace(call, reads=action)
    permissions.check(call, action, scope)
    namespace = action.partition("/")[0]
    if call.request.method in ("PUT", "PATCH") and not providers.is_registered(call.rows, namespace):
        raise authorization_errors.not_registered(namespace)
    if not is_read and not action.startswith(locks.TYPE):
        locks.check_unlocked(call.rows, call.request.method, scope)
    return call


def action_of(route: Route, method: str) -> str:
    """Name the permission that a method takes there; empty where none is needed.

    `Route.action` says it where type and method do not; of a POST, the path's last segment is the action.
    """
    if route.action is not None:
        return route.action
    segments = route.pattern.split("/")
    verb = f"{segments[-1]}/action" if method == "POST" else _VERBS[method]
    if "providers" in segments:
        at = len(segments) - segments[::-1].index("providers")
        return f"{providers.spelled(segments[at])}/{route.kind}/{verb}"
    fixed = next(segment for segment in reversed(segments) if segment in _OUTSIDE_PROVIDERS)
    return f"Microsoft.Resources/{_OUTSIDE_PROVIDERS[fixed]}/{verb}"


def scope_of(route: Route, call: Call) -> str:
    """Return the id that the permission is needed on: the resource, or for a list what it lists the resources of."""
    if "scope" in call.words:
        return call.words["scope"]
    pattern, segments = route.pattern.split("/"), unquote(call.path).split("/")
    while not pattern[-1].startswith("{"):
        pattern.pop()
        segments.pop()
    return "/".join(segments)


def is_list(route: Route) -> bool:
    """Return whether the answer is pages of resources, which `paging` leaves out what may not be seen from."""
    return SKIP_OPTION in route.options
