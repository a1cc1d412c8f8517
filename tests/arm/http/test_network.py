"""The network by itself, over real sockets: connections that are kept, proxies, certificates."""

from __future__ import annotations

import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.arm.http.proxies import Proxy, SocksProxy
from tests.certificates import certificates
from tests.hostile import Hostile, whole
from vmident.arm.http.network import AT_ONCE, Network

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network(lambda: None)
    yield made
    made.close()


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    """A server whose certificates are trusted."""
    trusted = certificates(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.authority))
    with Hostile(lambda peer: peer.send(whole({"headers": peer.headers})), trusted.server) as server:
        yield server


@pytest.fixture
def proxy() -> Iterator[tuple[Proxy, Hostile]]:
    made = Proxy()
    with Hostile(made.serve) as server:
        yield made, server


def test_as_many_connections_are_kept_as_requests_are_under_way_at_once(network: Network) -> None:
    """urllib3 drops what does not fit, and warns of it on standard error."""
    connected: set[object] = set()
    together = threading.Barrier(AT_ONCE)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            connected.add(self.client_address)
            together.wait(20)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=[0.01])
    serving.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    for _burst in range(2):
        sending = [threading.Thread(target=network.send, args=["GET", url, {}, b""]) for _ in range(AT_ONCE)]
        for one in sending:
            one.start()
        for one in sending:
            one.join()
    network.close()
    server.shutdown()
    serving.join()
    server.server_close()

    assert len(connected) == AT_ONCE


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/a%20b?$skiptoken=a=b+c/d==", "/a%20b?$skiptoken=a=b+c/d=="),
        ("/a%2Fb?t=%2F%2B%3D&s=", "/a%2Fb?t=%2F%2B%3D&s="),
        ("/%41%7E~/%2E%2E/b?", "/%41%7E~/%2E%2E/b?"),
        ("//a//b?x=1#fragment", "//a//b?x=1"),
        ("/a b\t?x=y z\r\nHost: elsewhere", "/a%20b%09?x=y%20z%0D%0AHost:%20elsewhere"),
        ("/\u00fc?x=\u00fc|", "/%C3%BC?x=%C3%BC%7C"),
    ],
)
def test_a_url_is_requested_as_given_with_what_http_does_not_allow_encoded(
    network: Network, azure: Hostile, target: str, sent: str
) -> None:
    """The package requests decoded `%41`, `%7E` and `%2E` and dropped a `?` at the end; a signature may cover each."""
    network.send("GET", azure.endpoint + target, {}, b"")
    assert azure.asked == [f"GET {sent}"]


def test_neither_cookies_nor_redirects_are_followed(network: Network, azure: Hostile) -> None:
    set_cookie = {"set-cookie": "a=b; Path=/", "location": f"{azure.endpoint}/elsewhere"}
    azure.serve = lambda peer: peer.send(whole({"sent": peer.headers}, 302, set_cookie))

    responses = [network.send("GET", f"{azure.endpoint}/x", {}, b"") for _ in range(2)]

    assert [one.status for one in responses] == [302, 302]
    assert azure.asked == ["GET /x", "GET /x"]
    assert b"cookie" not in responses[1].body


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 9\r\n\r\n",
    ],
    ids=["102", "100 and 103"],
)
def test_interim_responses_are_passed_over(network: Network, azure: Hostile, interim: bytes) -> None:
    """Taken for the response, they leave the real one on the connection, to be read for that of the next request."""
    azure.serve = lambda peer: peer.send(interim + whole({"said": "at last"}))

    response = network.send("GET", f"{azure.endpoint}/x", {}, b"")

    assert (response.status, response.body) == (200, b'{"said": "at last"}')


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("", b""),
        ("me:p%40ss%20word@", b"me:p@ss word"),
        ("me:%C3%BC@", b"me:\xfc"),
        ("me:%E2%82%AC@", b"me:\xe2\x82\xac"),
    ],
    ids=["open", "signed", "latin", "unicode"],
)
def test_requests_go_through_the_proxy_that_gets_its_password_and_no_token(
    network: Network,
    azure: Hostile,
    proxy: tuple[Proxy, Hostile],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    user: str,
    password: bytes,
) -> None:
    asked, server = proxy
    monkeypatch.setenv(variable, server.endpoint.replace("://", f"://{user}"))

    response = network.send("GET", f"{azure.endpoint}/x", {"Authorization": "Bearer token"}, b"")

    basic = f"Basic {b64encode(password).decode()}" if user else None
    assert asked.asked == [(azure.endpoint.removeprefix("https://"), basic)]
    assert b"Bearer token" in response.body
    assert b"proxy-authorization" not in response.body


def test_no_proxy_is_used_for_what_no_proxy_names(
    network: Network, azure: Hostile, proxy: tuple[Proxy, Hostile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy[1].endpoint)
    monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")

    assert network.send("GET", f"{azure.endpoint}/x", {}, b"").status == 200
    assert proxy[0].asked == []


@pytest.mark.parametrize(
    ("proxied", "reason"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            "407 Proxy Authentication Required",
        ),
        (b"", "end"),
        (b"HTTP/1.1 200 Connection est", "EOF|reset"),
    ],
    ids=["407", "closed", "cut"],
)
def test_what_a_proxy_refuses_is_no_response_and_quotes_no_password(
    network: Network,
    azure: Hostile,
    proxy: tuple[Proxy, Hostile],
    monkeypatch: pytest.MonkeyPatch,
    proxied: bytes,
    reason: str,
) -> None:
    proxy[0].answer = proxied
    monkeypatch.setenv("HTTPS_PROXY", proxy[1].endpoint.replace("://", "://me:secret@"))

    with pytest.raises(ConnectionError, match=reason) as failure:
        network.send("GET", f"{azure.endpoint}/x", {}, b"")
    assert "secret" not in str(failure.value)


def test_a_server_that_no_known_authority_signed_for_gets_no_request(
    network: Network, azure: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a variable, the authorities are certifi's."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")

    with pytest.raises(ConnectionError, match="certificate verify failed"):
        network.send("GET", f"{azure.endpoint}/x", {}, b"")
    assert azure.asked == []


@pytest.mark.parametrize(("user", "signed"), [("", None), ("me:p%40ss@", ("me", "p@ss"))], ids=["open", "signed"])
def test_requests_go_through_a_socks_proxy(
    network: Network, azure: Hostile, monkeypatch: pytest.MonkeyPatch, user: str, signed: tuple[str, str] | None
) -> None:
    with SocksProxy() as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5://{user}{proxy.address}")
        assert network.send("GET", f"{azure.endpoint}/x", {}, b"").status == 200
        network.close()
    assert proxy.asked == [(azure.endpoint.removeprefix("https://"), signed)]


def test_requests_go_through_a_proxy_that_is_reached_over_tls(
    network: Network, azure: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its certificate is checked like that of Azure."""
    asked = Proxy()
    with Hostile(asked.serve, azure.tls) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.endpoint)
        assert network.send("GET", f"{azure.endpoint}/x", {}, b"").status == 200
        assert len(asked.asked) == 1

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates(tmp_path).authority))
        other = Network(lambda: None)
        with pytest.raises(ConnectionError, match="certificate verify failed"):
            other.send("GET", f"{azure.endpoint}/x", {}, b"")
        other.close()
    assert len(asked.asked) == 1


def test_certificates_are_read_once(
    network: Network, azure: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That takes tens of milliseconds, and the server ends each connection here."""
    for _ in range(2):
        assert network.send("GET", f"{azure.endpoint}/x", {}, b"").status == 200
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing"))
        (tmp_path / "authority.pem").unlink(missing_ok=True)


def test_a_socks_proxy_without_its_package_says_what_is_missing(
    network: Network, azure: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "urllib3.contrib.socks", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")

    with pytest.raises(ConnectionError, match="SOCKS proxies need the package PySocks"):
        network.send("GET", f"{azure.endpoint}/x", {}, b"")
