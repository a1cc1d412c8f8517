"""One request from its URL to its handler: the path, the API version, the query, what it draws, who may send it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from vmident.sandbox import errors
from vmident.sandbox.authorization import scopes
from vmident.sandbox.http_messages import JSON_CONTENT, Request, Response
from vmident.sandbox.protocol import throttling
from vmident.sandbox.protocol.call import Call, InternalClient, SandboxSettings, is_guid
from vmident.sandbox.resource_graph import change_log
from vmident.sandbox.routing import request_authorization, router
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.rows import Rows

# The kind of row of policy assignments; a sandbox without any never loads what enforces them.
_ASSIGNMENTS = "policyassignment"
_COSTS = {"GET": "reads", "HEAD": "reads", "POST": "writes", "PUT": "writes", "PATCH": "writes", "DELETE": "deletes"}


def handled(request: Request, rows: Rows, meter: throttling.Meter, settings: SandboxSettings) -> Response:
    """Pass one request to its handler, at the meter's moment; raises `Refused`."""
    target = urlsplit(request.url)
    query = _query_of(target.query)
    api_version = query.get("api-version", "")
    if not api_version:
        raise errors.api_version_missing()
    path = scopes.tidied(target.path)
    route, words = router.route_of(path, api_version)
    if "subscription" in words:
        _check_subscription(words["subscription"])
    router.check_version(route, api_version)
    handler = router.handler_of(route, request.method)
    if route.cost != "none":
        in_subscription = route.cost == "subscription"
        meter.draw(
            throttling.arm(_COSTS[request.method], SUBSCRIPTION) if in_subscription else throttling.tenant_read()
        )
    if not route.any_query:
        _check_query(query, route.options)
    call = Call(
        request,
        path,
        target.query,
        words,
        query,
        api_version,
        meter.now_seconds,
        rows,
        meter,
        settings,
        internal_client(rows, settings, request.headers),
    )
    try:
        call = request_authorization.admitted(call, route)
        if request.method in ("PUT", "PATCH") and rows.count(_ASSIGNMENTS):
            from vmident.sandbox.policy.effects import enforcement

            return enforcement.answered(call, handler)
        return handler(call)
    finally:
        change_log.record_changes(rows, request.headers, meter.now_seconds)


def internal_client(rows: Rows, settings: SandboxSettings, headers: Mapping[str, str] | None = None) -> InternalClient:
    """Return the client that handlers and deployments send requests of their own with, within the same transaction."""

    def answer(method: str, url: str, body: Any, moment: float) -> Response:
        raw = b"" if body is None else json.dumps(body).encode()
        sent = {**change_log.traced(headers or {}), "content-type": JSON_CONTENT}
        request = Request(method, settings.endpoint + url, sent, raw)
        try:
            return handled(request, rows, throttling.FreeMeter(rows, moment, SUBSCRIPTION), settings)
        except errors.Refused as refused:
            return refused.answer()

    return InternalClient(answer, router.check_writable, partial(internal_client, rows, settings))


def _query_of(text: str) -> dict[str, str]:
    """Read a query; names in lower case, a name given twice joined with a comma as ARM's server does."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        key = name.lower()
        query[key] = f"{query[key]},{value}" if key in query else value
    return query


def _check_subscription(text: str) -> None:
    if not is_guid(text):
        raise errors.subscription_id_invalid(text)
    if text.lower() != SUBSCRIPTION:
        raise errors.subscription_not_found(text)


def _check_query(query: Mapping[str, str], options: frozenset[str]) -> None:
    for name in query:
        if name != "api-version" and name not in options:
            raise errors.not_in_the_sandbox(f"the query parameter '{name}' there")
