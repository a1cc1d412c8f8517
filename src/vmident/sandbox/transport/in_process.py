"""The door inside the process: a `requests` transport that hands each request to a sandbox instead of a socket."""

from __future__ import annotations

from http.client import responses as reasons
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

from vmident.sandbox.http_messages import Request, Response

if TYPE_CHECKING:
    from vmident.sandbox.sandbox import Sandbox


class SandboxAdapter(BaseAdapter):
    """Mount it for `https://` and `http://`, and a session reaches the sandbox and nothing else.

    Another host gets `requests.ConnectionError`, as if there were no network.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:  # type: ignore[override, unused-ignore]
        """Carry one request to the sandbox; time limits, certificates and proxies mean nothing here."""
        url = request.url or ""
        homes = [urlsplit(one)[:2] for one in (self._sandbox.endpoint, self._sandbox.graph_endpoint)]
        there = urlsplit(url)
        if there[:2] not in homes:
            message = f"The sandbox answers for {self._sandbox.endpoint} and not for {there.scheme}://{there.netloc}."
            raise requests.ConnectionError(message, request=request)
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        answer = self._sandbox.answer(Request(request.method or "GET", url, headers, _body_of(request)))
        return _built(request, answer, self)

    def close(self) -> None:
        """Leave the sandbox as it is: its opener closes it."""


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body_of(request: requests.PreparedRequest) -> bytes:
    body: Any = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    parts = [body.read()] if hasattr(body, "read") else list(body)
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts)


def _built(request: requests.PreparedRequest, answer: Response, adapter: BaseAdapter) -> requests.Response:
    """Build the answer as `requests.adapters.HTTPAdapter.build_response` does, over a body in memory."""
    raw = HTTPResponse(
        body=BytesIO(answer.body),
        headers=dict(answer.headers),
        status=answer.status,
        reason=reasons.get(answer.status, ""),
        version=11,
        preload_content=False,
        request_method=request.method,
    )
    response: Any = requests.Response()
    response.status_code = answer.status
    response.headers = CaseInsensitiveDict(answer.headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response.raw = raw
    response.reason = raw.reason
    response.url = request.url
    response.request = request
    response.connection = adapter
    built: requests.Response = response
    return built
