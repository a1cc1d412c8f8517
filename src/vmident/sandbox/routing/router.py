"""From a path and a method to the handler that answers; refuses what ARM has not."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from vmident.sandbox import api_versions, errors
from vmident.sandbox.authorization.scopes import tidied
from vmident.sandbox.routing import request_authorization
from vmident.sandbox.routing.routes import ROUTES, Route

if TYPE_CHECKING:
    from vmident.sandbox.routing.routes import Handler

_NAMESPACES = {
    "microsoft.authorization",
    "microsoft.compute",
    "microsoft.managedidentity",
    "microsoft.network",
    "microsoft.resources",
    "microsoft.resourcegraph",
}


def route_of(path: str, api_version: str) -> tuple[Route, dict[str, str]]:
    """Find the route of a path, and its variable segments as sent; raises 404 for what is not there."""
    segments = [unquote(segment) for segment in path.split("/")]
    for route in ROUTES:
        words = _matched(route.pattern.split("/"), segments)
        if words is not None:
            return route, words
    raise _unknown(path, segments, api_version)


def _matched(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    words = {}
    if pattern[0] == "{scope}":
        at = max(0, len(segments) - len(pattern) + 1)
        words["scope"] = tidied("/".join(segments[:at]))
        pattern, segments = pattern[1:], segments[at:]
        parts = words["scope"].split("/")
        if parts[1] == "subscriptions" and len(parts) > 2:
            words["subscription"] = parts[2]
    if len(pattern) != len(segments):
        return None
    for want, have in zip(pattern, segments, strict=True):
        if want.startswith("{") and have:
            words[want[1:-1]] = have
        elif want != have.lower():
            return None
    return words


def _unknown(path: str, segments: list[str], api_version: str) -> errors.Refused:
    lower = [segment.lower() for segment in segments]
    at = lower.index("providers") + 1 if "providers" in lower else len(lower)
    if at >= len(segments) or not segments[at]:
        return errors.path_unknown(path)
    namespace = segments[at]
    if namespace.lower() not in _NAMESPACES:
        return errors.namespace_invalid(namespace)
    # Types and names take turns after the namespace.
    kind = "/".join(segments[at + 1 :: 2])
    return errors.type_invalid(kind, namespace, api_version)


def handler_of(route: Route, method: str) -> Handler:
    """Find the handler of a method; raises 405."""
    if method in route.methods:
        return route.methods[method]
    if method in route.elsewhere:
        raise errors.not_in_the_sandbox(f"{method} there yet", 405)
    raise errors.method_not_allowed(method)


def check_writable(path: str, api_version: str) -> tuple[str, str]:
    """Raise what is wrong with a path that would be PUT to: no such type, or not in that version.

    Gives the action that the PUT takes, and the scope that it is needed on.
    """
    route, words = route_of(path, api_version)
    check_version(route, api_version)
    handler_of(route, "PUT")
    return request_authorization.action_of(route, "PUT").format_map(words), words.get("scope", path)


def check_version(route: Route, api_version: str) -> None:
    """Raise what ARM says of an API version that the type does not have."""
    if api_version in route.versions:
        return
    if not route.kind:
        raise errors.api_version_invalid(api_version, route.versions)
    raise errors.provider_not_registered(
        api_versions.DEFAULT_LOCATION, api_version, route.kind, route.versions, api_versions.LOCATIONS
    )
