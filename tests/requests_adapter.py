"""A sandbox behind requests, for clients that send by it: azure-core's own transport, and requests itself."""

from __future__ import annotations

from http.client import responses as reasons
from io import BytesIO
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

if TYPE_CHECKING:
    from vmident.ports.http import HttpSender, RawResponse


class SenderAdapter(BaseAdapter):
    """Mount it for `https://` and `http://`, and a session's requests are sent by `sender`."""

    def __init__(self, sender: HttpSender) -> None:
        super().__init__()
        self._sender = sender

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:  # type: ignore[override, unused-ignore]
        """Send one request; time limits, certificates and proxies mean nothing here."""
        headers = {name: _text(value) for name, value in request.headers.items()}
        try:
            answer = self._sender.send(request.method or "GET", request.url or "", headers, body_of(request))
        except ConnectionError as failure:
            raise requests.ConnectionError(failure, request=request) from failure
        return built(request, answer, self)

    def close(self) -> None:
        """Leave the sender as it is."""


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def body_of(request: requests.PreparedRequest) -> bytes:
    body: Any = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    parts = [body.read()] if hasattr(body, "read") else list(body)
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts)


def built(
    request: requests.PreparedRequest, answer: RawResponse, adapter: BaseAdapter | None = None
) -> requests.Response:
    """Build the response as `requests.adapters.HTTPAdapter.build_response` does, over a body in memory."""
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
