"""Connections of urllib3 whose responses are bounded in time and size.

urllib3 has a time limit for each read of a socket, and none for a response: a server that sends a byte a minute, or one
`100 Continue` after another, keeps it forever. It decompresses a body however large it becomes. So, here:

* Each read of a socket waits until the deadline of the whole response and no longer. This holds for the status line,
  interim responses, headers, chunk sizes and trailers too, as `http.client` reads them all from the reader below.
* Each read counts: a response of more bytes than `limits.ANSWER_BYTES` ends there. Decompression ends there too.
"""

from __future__ import annotations

import io
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from http.client import HTTPResponse, RemoteDisconnected
from typing import TYPE_CHECKING, Any

from vmident.arm.limits import ANSWER_BYTES, HEADER_BYTES
from vmident.errors import InvalidResponse

if TYPE_CHECKING:
    import socket

    from urllib3 import BaseHTTPResponse, PoolManager

ACCEPTED_ENCODINGS = "gzip"
"""Not `deflate`: some servers send raw deflate under this name, and some zlib's format (RFC 9110, section 8.4.1.2)."""
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_CHUNK_BYTES = 64 * 1024
_EITHER_FORMAT = 47  # zlib's window bits for a gzip or a zlib header
_MEMBER = b"\x1f"


class Allowance(threading.local):
    """What is left for the answer that this thread is reading: the moment of its deadline, and bytes."""

    until = float("inf")
    bytes_left = 0
    silence_seconds: float | None = None

    def begin(self, seconds: float, silence_seconds: float | None) -> None:
        """Start with a new answer."""
        self.until = time.monotonic() + seconds
        self.silence_seconds = silence_seconds
        self.bytes_left = ANSWER_BYTES + HEADER_BYTES

    def seconds_for_a_read(self) -> float:
        """Return how long to wait for more of it; raises `TimeoutError` at the deadline."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the response was not complete in time")
        return left if self.silence_seconds is None else min(left, self.silence_seconds)

    def took(self, size: int) -> None:
        """Count what was read; raises `InvalidResponse` for too much."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise too_large("The response")


def too_large(what: str) -> InvalidResponse:
    """Return the error for an answer beyond `limits.ANSWER_BYTES`."""
    return InvalidResponse(
        f"{what} has more than {ANSWER_BYTES // 1024**2} MiB, the most that vmident reads.",
        hint="Check for a proxy between this machine and Azure. Use -g or --subscription to narrow a list.",
    )


def read_body(response: BaseHTTPResponse) -> bytes:
    """Read the whole body, decompressed.

    Raises urllib3's `HTTPError`, `OSError` and `zlib.error` for a body that ends early, and `InvalidResponse` for one
    that is too large or in an encoding that was not requested.
    """
    return b"".join(_pieces(response))


def _pieces(response: BaseHTTPResponse) -> Iterator[bytes]:
    pieces: Iterator[bytes] = response.stream(_CHUNK_BYTES, decode_content=False)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        yield from pieces
        return
    if encoding not in _PACKED:
        raise InvalidResponse(
            f"The response has the content encoding '{encoding[:40]}', which was not requested.",
            hint="Check for a proxy between this machine and Azure.",
        )
    yield from _inflated(pieces)


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflating, size = zlib.decompressobj(_EITHER_FORMAT), 0
    is_empty = True
    for arrived in pieces:
        is_empty, packed = False, arrived
        while packed:
            if inflating.eof:
                # gzip may have several members (RFC 1952, section 2.2). What else follows is ignored.
                if not packed.startswith(_MEMBER):
                    break
                inflating = zlib.decompressobj(_EITHER_FORMAT)
            piece = inflating.decompress(packed, _CHUNK_BYTES)
            packed = inflating.unused_data or inflating.unconsumed_tail
            size += len(piece)
            if size > ANSWER_BYTES:
                raise too_large("The decompressed response")
            yield piece
    if not inflating.eof and not is_empty:
        raise zlib.error("the compressed data is incomplete")


def bound(manager: PoolManager, allowance: Allowance) -> None:
    """Have every connection of a pool manager read within the allowance, those through a SOCKS proxy too."""
    kinds: Any = manager.pool_classes_by_scheme
    pools: Any = {scheme: partial(_pool, allowance, kind) for scheme, kind in kinds.items()}
    manager.pool_classes_by_scheme = pools


def _pool(allowance: Allowance, kind: Callable[..., Any], *args: Any, **options: Any) -> Any:
    pool = kind(*args, **options)
    pool.ConnectionCls = partial(_connection, allowance, pool.ConnectionCls)
    return pool


def _connection(allowance: Allowance, kind: Callable[..., Any], *args: Any, **options: Any) -> Any:
    connection = kind(*args, **options)
    connection.response_class = partial(_Response, allowance)
    return connection


class _Response(HTTPResponse):
    """The answer that `http.client` parses; a proxy's answer to CONNECT is one too."""

    def __init__(self, allowance: Allowance, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self._reader = _Reader(sock, allowance)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Read the status and the headers, after interim responses.

        `http.client` passes over `100 Continue` and takes every other interim response, which a proxy may send unasked
        (RFC 9110, section 15.2), for the response. The real one would then be read as that of the next request.
        `http.client` also takes the end of the connection for the end of the headers.
        """
        super().begin()
        while 100 < self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = None  # type: ignore[assignment]
            super().begin()
        if self._reader.has_ended:
            raise RemoteDisconnected("the connection ended in the middle of the headers")


class _Reader(io.RawIOBase):
    """A socket to read from until the deadline, and no longer."""

    def __init__(self, sock: socket.socket, allowance: Allowance) -> None:
        self._sock = sock
        self._allowance = allowance
        self.has_ended = False
        # Keeps the socket open until this is closed, as the file that `http.client` makes of it does.
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Return true: `io.BufferedReader` asks."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what there is, and wait for it no longer than allowed."""
        self._sock.settimeout(self._allowance.seconds_for_a_read())
        size = self._file.readinto(buffer)
        self._allowance.took(size or 0)
        self.has_ended = size == 0
        return size

    def close(self) -> None:
        """Close the socket."""
        self._file.close()
        super().close()
