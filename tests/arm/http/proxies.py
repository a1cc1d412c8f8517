"""Proxies on loopback: they connect to where they are asked to, and pass bytes on."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from tests.hostile import Peer

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass
class Proxy:
    """Serve it with `tests.hostile.Hostile`; `asked` are the targets and the credentials of each CONNECT."""

    asked: list[tuple[str, str | None]] = field(default_factory=list)
    answer: bytes = ESTABLISHED

    def serve(self, peer: Peer) -> None:
        assert peer.method == b"CONNECT"
        host, _, port = peer.target.decode().partition(":")
        self.asked.append((peer.target.decode(), peer.headers.get("proxy-authorization")))
        peer.send(self.answer)
        if self.answer != ESTABLISHED:
            return
        _relay(peer.connection, (host, int(port)))


class SocksProxy:
    """A SOCKS 5 proxy (RFC 1928, RFC 1929), from `with` on; `asked` are the targets and the credentials of each."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, str] | None]] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._serving = threading.Thread(target=self._serve)
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> SocksProxy:  # noqa: PYI034 - Self is newer than Python 3.10
        self._serving.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        # Wakes the thread where it still waits for a connection.
        socket.create_connection(self._listening.getsockname()).close()
        self._serving.join()
        self._listening.close()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection, connection.makefile("rb") as read:
            begin = read.read(2)
            if not begin:
                return
            user = 2 in read.read(begin[1])
            connection.sendall(bytes([5, 2 if user else 0]))
            signed = None
            if user:
                read.read(1)
                name, password = (read.read(read.read(1)[0]).decode() for _part in range(2))
                signed = name, password
                connection.sendall(b"\1\0")
            address = read.read(10)
            host, port = socket.inet_ntoa(address[4:8]), int.from_bytes(address[8:], "big")
            self.asked.append((f"{host}:{port}", signed))
            connection.sendall(b"\5\0\0\1" + bytes(6))
            _relay(connection, (host, port))


def _relay(connection: socket.socket, to: tuple[str, int]) -> None:
    """Pass bytes on in both directions until the server ends its side, and then read what the client still sends.

    In one thread: a TLS connection must not be read and written at the same moment.
    """
    with socket.create_connection(to, timeout=20) as onward, suppress(OSError):  # raised where one side has closed
        while True:
            for one in _readable(connection, onward):
                piece = one.recv(65536)
                if not piece:
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
                    return
                (onward if one is connection else connection).sendall(piece)


def _readable(connection: socket.socket, onward: socket.socket) -> list[socket.socket]:
    # What TLS has decrypted already is no longer in the socket.
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return [connection]
    return select.select([connection, onward], [], [], 20)[0]
