"""What one route is, and how its handlers are named so that a service is imported when it first answers."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Literal

from vmident.sandbox.protocol.paging import SKIP_OPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.http_messages import Response
    from vmident.sandbox.protocol.call import Call

    Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    """One resource type at one kind of path: `{word}` segments vary, the others compare without regard to case.

    `{scope}` at the beginning is the path of anything. `elsewhere` are the methods that Azure has there and the sandbox
    has not. `action` is the permission that a request needs, where type and method do not say it; empty for none. With
    `any_role` it is enough to have any role anywhere in the subscription.
    """

    pattern: str
    methods: Mapping[str, Handler]
    versions: tuple[str, ...]
    kind: str = ""
    options: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    any_query: bool = False
    action: str | None = None
    any_role: bool = False
    cost: Literal["subscription", "tenant", "none"] = "subscription"


def handler(place: str, *arguments: str) -> Handler:
    """Return the handler `module:function` of the sandbox, imported when it is first called.

    `arguments` follow the call. Importing the services on demand keeps the first command on a fresh process quick.
    """
    return partial(_call, place, arguments)


def resolved(one: Handler) -> Callable[..., Response]:
    """Return the function that a handler stands for; raises `AttributeError` or `ImportError` for a wrong name."""
    return _function(one.args[0]) if isinstance(one, partial) else one


def _call(place: str, arguments: tuple[str, ...], call: Call) -> Response:
    return _function(place)(call, *arguments)


@cache
def _function(place: str) -> Callable[..., Response]:
    module, _, name = place.partition(":")
    found: Callable[..., Response] = getattr(importlib.import_module(f"vmident.sandbox.{module}"), name)
    return found


GROUP = "/subscriptions/{subscription}/resourcegroups/{group}"
SUBSCRIPTION = "/subscriptions/{subscription}"
PAGED = frozenset({SKIP_OPTION})
FILTERED = frozenset({SKIP_OPTION, "$filter"})
