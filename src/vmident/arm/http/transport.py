"""azure-core's transport over an `HttpSender`: for vmident's own requests and for those of the SDK's clients."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse
from urllib3 import HTTPHeaderDict

from vmident.ports.http import HttpSender, RawResponse


class SenderTransport(HttpTransport[HttpRequest, HttpResponse]):
    """Sends each request once, and returns its response when it has been read.

    azure-core tells a request that did not reach the server from one whose response was lost. What a server did with a
    request cannot be known in either case, so there is one error for both.
    """

    def __init__(self, sender: HttpSender) -> None:
        self._sender = sender

    def send(self, request: HttpRequest, **_options: Any) -> BufferedResponse:
        """Send a request; raises `ServiceResponseError` where no whole response arrives."""
        # azure-core counts the characters of a body, not its bytes. The sender counts them anew.
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        try:
            raw = self._sender.send(request.method, request.url, headers, _encoded(request.content))
        except ConnectionError as failure:
            raise ServiceResponseError(failure, error=failure) from failure
        return BufferedResponse(request, raw)

    def open(self) -> None:
        """Do nothing: connections are opened by requests."""

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def __exit__(self, *_raised: object) -> None:
        self.close()


class BufferedResponse(HttpResponse):
    """A response that has been read, as azure-core and the SDK's clients expect it."""

    def __init__(self, request: HttpRequest, raw: RawResponse) -> None:
        self._request = request
        self._raw = raw
        self._headers = HTTPHeaderDict(raw.headers)
        self._encoding: str | None = None

    @property
    def request(self) -> HttpRequest:
        """The request."""
        return self._request

    @property
    def url(self) -> str:
        """The URL of the request."""
        return self._request.url

    @property
    def status_code(self) -> int:
        """The status code."""
        return self._raw.status

    @property
    def reason(self) -> str:
        """The reason phrase of the status code."""
        from http.client import responses

        return responses.get(self._raw.status, "")

    @property
    def headers(self) -> MutableMapping[str, str]:
        """The headers, by names of any case."""
        return self._headers

    @property
    def content_type(self) -> str | None:
        """The content type."""
        return self._headers.get("Content-Type")

    @property
    def content(self) -> bytes:
        """The body."""
        return self._raw.body

    @property
    def encoding(self) -> str | None:
        """The encoding that was set; JSON of Azure is UTF-8."""
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value

    @property
    def is_closed(self) -> bool:
        """Whether its connection has been returned: always."""
        return True

    @property
    def is_stream_consumed(self) -> bool:
        """Whether the body has been read: always."""
        return True

    def read(self) -> bytes:
        """Return the body."""
        return self._raw.body

    def body(self) -> bytes:
        """Return the body; the SDK's older clients, such as azure-mgmt-msi's, recognize a response by this method."""
        return self._raw.body

    def text(self, encoding: str | None = None) -> str:
        """Return the body as text; a byte that is none of the encoding becomes U+FFFD."""
        return self._raw.body.decode(encoding or self._encoding or "utf-8-sig", "replace")

    def json(self) -> Any:
        """Decode the body; raises `json.JSONDecodeError`."""
        return json.loads(self.text())

    def raise_for_status(self) -> None:
        """Raise `HttpResponseError` for a status of 400 and above."""
        if self.status_code >= 400:
            raise HttpResponseError(response=self)

    def iter_raw(self, **_options: Any) -> Iterator[bytes]:
        """Return the body, decompressed already, in one piece."""
        return iter([self._raw.body])

    def iter_bytes(self, **_options: Any) -> Iterator[bytes]:
        """Return the body in one piece."""
        return iter([self._raw.body])

    def close(self) -> None:
        """Do nothing: the connection has been returned."""

    def __enter__(self) -> BufferedResponse:  # noqa: PYI034 - Self is newer than Python 3.10
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()


def _encoded(content: str | bytes | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""
