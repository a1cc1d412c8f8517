"""The door to the network, as an ASGI application: each HTTP request becomes a `Request`, each `Response` an answer.

Requests are answered one after the other where they arrive: each takes less than a millisecond.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from vmident.sandbox.http_messages import Request, Response, json_answer
from vmident.sandbox.transport.faults import Faults

if TYPE_CHECKING:
    from vmident.sandbox.sandbox import Sandbox
    from vmident.sandbox.transport.authority import Authority
    from vmident.sandbox.transport.faults import Fault

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LARGEST_BODY_BYTES = 4 * 1024 * 1024
"""ARM takes templates of up to 4 MB; source: Microsoft's 'Azure Resource Manager limits'."""


class Application:
    """Answers for one sandbox and for the authority that gives its tokens.

    `log` receives each request and its answer: a JSON object of method, path, status, and bytes received and sent;
    never of a header or a body.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        authority: Authority,
        now: Callable[[], float],
        log: Callable[[str], object] | None = None,
        faults: Faults | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._authority = authority
        self._now = now
        self._log = log or (lambda _line: None)
        self._faults = faults or Faults()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; ASGI 3, the `http` protocol alone."""
        if scope["type"] != "http":
            return
        body = await _body(receive)
        fault = self._faults.next(scope["method"], unquote(scope["raw_path"].decode("latin-1")))
        if fault is None:
            response = self._answer(scope, body)
        else:
            await asyncio.sleep(fault.delay)
            response = self._faulty(scope, body, fault)
        self._log(_line(scope, body, response))
        await _send(response, send, is_cut=fault is not None and fault.cut)

    def _faulty(self, scope: Scope, body: bytes | None, fault: Fault) -> Response:
        """Answer one request that a fault happens to."""
        error = fault.answer()
        if error is not None and not fault.afterwards:
            return error
        response = self._answer(scope, body)
        return error or fault.distorted(response)

    def _answer(self, scope: Scope, body: bytes | None) -> Response:
        if body is None:
            error = {"code": "RequestContentTooLarge", "message": "The request is larger than 4 MB."}
            return json_answer(413, {"error": error})
        path = scope["raw_path"].decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        # Microsoft Graph is at another name of this host, as it is at another host in Azure: tokens for one are never
        # sent to the other.
        graph = self._sandbox.graph_endpoint
        is_graph = headers.get("host", "") == urlsplit(graph).netloc and path.startswith(("/v1.0/", "/beta/"))
        url = f"{graph if is_graph else self._sandbox.endpoint}{path}{'?' if query else ''}{query}"
        request = Request(scope["method"], url, headers, body)
        return self._authority.answer(request, self._now()) or self._sandbox.answer(request)


def _line(scope: Scope, body: bytes | None, response: Response) -> str:
    facts = {
        "method": scope["method"],
        "path": scope["raw_path"].decode("latin-1"),
        "status": response.status,
        "received": len(body or b""),
        "sent": len(response.body),
    }
    return f"{json.dumps(facts)}\n"


async def _body(receive: Receive) -> bytes | None:
    """Read the whole body; `None` for one that is too large, of which the rest is read and dropped."""
    parts, size = [], 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if size <= LARGEST_BODY_BYTES:
            parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts) if size <= LARGEST_BODY_BYTES else None


async def _send(response: Response, send: Send, *, is_cut: bool) -> None:
    """Send an answer; one that is cut ends in the middle, and uvicorn closes the connection."""
    # An answer without a body is cut as well: it announces a byte that never comes.
    length = max(1, len(response.body)) if is_cut else len(response.body)
    headers = {**response.headers, "content-length": str(length)}
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": encoded})
    body = response.body[: length // 2] if is_cut else response.body
    await send({"type": "http.response.body", "body": body, "more_body": is_cut})
