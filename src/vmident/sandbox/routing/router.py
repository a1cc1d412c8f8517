"""From a path and a method to the handler that answers; refuses what ARM has not."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from vmident.sandbox import api_versions, errors
from vmident.sandbox.authorization.scopes import tidied
from vmident.sandbox.routing import request_authorization
from vmident.sandbox.routing.routes import candidates

if TYPE_CHECKING:
    from vmident.sandbox.routing.route import Handler, Route


def route_of(path: str, api_version: str) -> tuple[Route, dict[str, str]]:
    """Find the route of a tidied path, and its variable segments as sent; raises what is wrong with another path."""
    segments = [unquote(segment) for segment in path.split("/")]
    for pattern, route in candidates(segments):
        words = _matched(pattern, segments)
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
    for want, have in zip(pattern, segments, strict=True):
        if want.startswith("{"):
            words[want[1:-1]] = have
        elif want != have.lower():
            return None
    return words


def _unknown(path: str, segments: list[str], api_version: str) -> errors.Refused:
    """Return what Azure says of a path that it does not have, or that the sandbox lacks what Azure has there.

    A script takes Azure's 404 for 'not there', so it is kept for what Azure does not have either.
    """
    from vmident.sandbox.resource_manager import azure_types

    lower = [segment.lower() for segment in segments]
    if "providers" not in lower or lower[-1] == "providers":
        known = azure_types.outside_providers(lower)
        return errors.not_in_the_sandbox(f"'{known}'") if known else errors.path_unknown(path)
    at = len(lower) - lower[::-1].index("providers")
    namespace = azure_types.spelled(segments[at])
    if namespace is None:
        return errors.namespace_invalid(segments[at])
    # Types and names take turns after the namespace; the last of an odd number is a list, or an action.
    kind = "/".join(segments[at + 1 :: 2])
    known = azure_types.known(namespace, kind)
    if known:
        return errors.not_in_the_sandbox(f"'{namespace}/{known}'")
    return errors.type_invalid(kind, segments[at], api_version)


def handler_of(route: Route, method: str) -> Handler:
    """Find the handler of a method; raises 405."""
    if method in route.methods:
        return route.methods[method]
    if method in route.elsewhere:
        raise errors.not_in_the_sandbox(f"{method} of '{route.kind or route.pattern}'")
    raise errors.method_not_allowed(method)


def check_writable(path: str, api_version: str) -> tuple[str, str]:
    """Raise what is wrong with a path that would be PUT to: no such type, or not in that version.

    Returns the action that the PUT takes, and the scope that it is needed on.
    """
    route, words = route_of(tidied(path), api_version)
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
