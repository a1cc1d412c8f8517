"""azure-core's contract of a transport and its response, as the SDK's clients rely on it."""

from __future__ import annotations

import json

import pytest
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.rest import HttpRequest

from vmident.arm.http.network import NetworkResponse
from vmident.arm.http.transport import BufferedResponse, SenderTransport


class Fixed:
    """A sender that gives one response, or raises."""

    def __init__(self, response: NetworkResponse | Exception) -> None:
        self.response = response
        self.sent: list[object] = []
        self.is_closed = False

    def send(self, *request: object) -> NetworkResponse:
        self.sent.append(request)
        if isinstance(self.response, Exception):
            raise self.response
        return self.response

    def close(self) -> None:
        self.is_closed = True


def response_of(body: bytes, status: int = 200, content_type: str = "") -> BufferedResponse:
    with SenderTransport(Fixed(NetworkResponse(status, {"Content-Type": content_type}, body))) as transport:
        transport.open()
        response: BufferedResponse = transport.send(HttpRequest("GET", "https://host/x"), stream=True)
        return response


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        (HttpRequest("GET", "https://host/x"), b""),
        (HttpRequest("PUT", "https://host/x", json={"a": "ü"}), b'{"a": "\\u00fc"}'),
        (HttpRequest("PUT", "https://host/x", content="ü"), "ü".encode()),
        (HttpRequest("PUT", "https://host/x", content=b"\0"), b"\0"),
    ],
)
def test_a_body_is_sent_as_bytes_whose_number_is_left_to_the_sender(request_: HttpRequest, body: bytes) -> None:
    """azure-core counts characters."""
    sender = Fixed(NetworkResponse(200, {}, b""))
    with SenderTransport(sender) as transport:
        transport.send(request_)
    headers = {name: value for name, value in request_.headers.items() if name != "Content-Length"}
    assert sender.sent == [(request_.method, "https://host/x", headers, body)]
    assert sender.is_closed


def test_no_response_is_azure_cores_own_error() -> None:
    with pytest.raises(ServiceResponseError, match="reset by peer"):
        SenderTransport(Fixed(ConnectionError("reset by peer"))).send(HttpRequest("GET", "https://host/x"))


def test_a_response_reads_as_azure_core_expects() -> None:
    response = response_of(b"\xef\xbb\xbf" + json.dumps({"a": 1}).encode(), content_type="application/json")
    assert (response.status_code, response.reason, response.url) == (200, "OK", "https://host/x")
    assert (response.headers["content-type"], response.content_type) == ("application/json", "application/json")
    assert response.request.method == "GET"
    assert response.is_closed
    assert response.is_stream_consumed
    assert response.json() == {"a": 1}
    assert (
        response.read()
        == response.body()
        == response.content
        == b"".join(response.iter_bytes())
        == b"".join(response.iter_raw())
    )
    response.raise_for_status()
    with response as same:
        assert same is response


def test_text_is_decoded_in_the_encoding_that_is_asked_for_or_set() -> None:
    response = response_of("ü".encode("latin-1"))
    assert (response.text("latin-1"), response.text(), response.encoding) == ("ü", "\N{REPLACEMENT CHARACTER}", None)
    response.encoding = "latin-1"
    assert (response.text(), response.encoding) == ("ü", "latin-1")


def test_a_refusal_is_raised_where_that_is_asked_for() -> None:
    with pytest.raises(HttpResponseError, match="Not Found"):
        response_of(b"", 404).raise_for_status()
