"""A server on loopback that answers in whole, in part, slowly, endlessly or not at all; raw bytes over real sockets."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self


class Peer:
    """One request that came in, and the connection to answer it on; `ended` is set when the server stops."""

    def __init__(self, connection: socket.socket, request: bytes, ended: threading.Event) -> None:
        head, _, self.body = request.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        self.method, self.target = first.split(b" ")[:2]
        pairs = (line.decode("latin-1").split(": ", 1) for line in lines)
        self.headers = {name.lower(): value for name, value in pairs}
        self.connection = connection
        self._ended = ended

    @property
    def path(self) -> str:
        return self.target.decode().split("?")[0]

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def drip(self, data: bytes, every_seconds: float = 0.05) -> None:
        """Send byte after byte until the other side has had enough."""
        for byte in data:
            if self._ended.wait(every_seconds):
                return
            self.send(bytes([byte]))

    def flood(self, data: bytes) -> None:
        """Send the same again and again until the other side has had enough."""
        while not self._ended.is_set():
            self.send(data)


Serving = Callable[[Peer], None]


def whole(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, length: int | None = None
) -> bytes:
    """Build an answer; `length` is what it says of itself, where that is not true."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    said = {
        "content-type": "application/json",
        "content-length": str(len(body) if length is None else length),
        "connection": "close",
        **(headers or {}),
    }
    return head(status, said) + body


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode()


def chunked(*pieces: bytes, headers: Mapping[str, str] | None = None, ends: bool = True) -> bytes:
    said = {"content-type": "application/json", "transfer-encoding": "chunked", **(headers or {})}
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return head(200, said) + chunks + (b"0\r\n\r\n" if ends else b"")


class Hostile:
    """Serves from `with` on; one request a connection. `serve` may be changed while it runs."""

    def __init__(self, serve: Serving, tls: ssl.SSLContext | None = None) -> None:
        self.serve = serve
        self.asked: list[str] = []
        self.tls = tls
        self._ended = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)

    @property
    def endpoint(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        # Wakes the thread that waits for the next connection.
        socket.create_connection(self._listening.getsockname()).close()
        self._accepting.join()
        self._listening.close()
        for one in self._threads:
            one.join()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            if self._ended.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._answer, args=[connection])
            self._threads.append(thread)
            thread.start()

    def _answer(self, plain: socket.socket) -> None:
        plain.settimeout(20)
        connection = plain
        try:
            if self.tls:
                connection = self.tls.wrap_socket(plain, server_side=True)
            request = _request_on(connection)
            if request:
                peer = Peer(connection, request, self._ended)
                self.asked.append(f"{peer.method.decode()} {peer.target.decode()}")
                self.serve(peer)
        except OSError:
            pass  # the other side has had enough, as it should
        finally:
            connection.close()


def _request_on(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        more = connection.recv(65536)
        if not more:
            return b""
        request += more
    length = next(
        (int(line.split(b":")[1]) for line in request.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(request.partition(b"\r\n\r\n")[2]) < length:
        request += connection.recv(65536)
    return request


def seconds_of(act: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    done = act()
    return time.monotonic() - began, done
