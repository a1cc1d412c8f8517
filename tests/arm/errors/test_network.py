"""Messages about connections name no objects of the HTTP library."""

from __future__ import annotations

from ssl import SSLCertVerificationError, SSLEOFError

import pytest
import requests
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import (
    IncompleteRead,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from vmident.arm.errors.network import is_network_failure, network_reason

POOL = HTTPSConnectionPool("login.example")
REFUSED = NewConnectionError(HTTPSConnection("10.0.0.1", 8080), "Failed to establish a new connection: [Errno 111] no")


def _broken(why: Exception) -> ProtocolError:
    """Return what urllib3 raises for a body that ends early."""
    return ProtocolError(f"Connection broken: {why!r}", why)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (REFUSED, "Failed to establish a new connection: [Errno 111] no"),
        (
            ProxyError("Unable to connect to proxy", REFUSED),
            "Unable to connect to proxy 10.0.0.1:8080: Failed to establish a new connection: [Errno 111] no",
        ),
        (
            ProxyError("Cannot connect to proxy.", OSError("Tunnel connection failed: 407 Authentication Required")),
            "Cannot connect to proxy: Tunnel connection failed: 407 Authentication Required",
        ),
        (
            requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer"))),
            "Connection aborted: reset by peer",
        ),
        (
            ProxyError("Unable to connect to proxy", ReadTimeoutError(POOL, "/t", "Read timed out. (read timeout=10)")),
            "Unable to connect to proxy: Read timed out. (read timeout=10)",
        ),
        (
            ProxyError("Unable to connect to proxy", SSLError(SSLEOFError(8, "[SSL: X] EOF occurred"))),
            "Unable to connect to proxy: [SSL: X] EOF occurred",
        ),
        (_broken(IncompleteRead(7, 5)), "Connection broken: 7 bytes read, 5 more expected"),
        (_broken(ConnectionResetError(104, "reset by peer")), "Connection broken: reset by peer"),
        (MaxRetryError(POOL, "/t?code=1", REFUSED), "Failed to establish a new connection: [Errno 111] no"),
        (
            MaxRetryError(
                POOL, "/t", ProxyError("Unable to connect to proxy", OSError("Tunnel connection failed: 407"))
            ),
            "Unable to connect to proxy: Tunnel connection failed: 407",
        ),
        (
            MaxRetryError(POOL, "/t", SSLError(SSLCertVerificationError(1, "[SSL: X] certificate verify failed: why"))),
            "[SSL: X] certificate verify failed: why",
        ),
    ],
)
def test_a_reason_names_no_class_of_the_http_library(failure: Exception, reason: str) -> None:
    assert network_reason(str(failure)) == reason
    assert is_network_failure(reason)
