"""An HTTP proxy on loopback: it answers CONNECT, and passes bytes on to where it was asked for."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field

from tests.hostile import Peer


@dataclass
class Proxy:
    """Serve it with `tests.hostile.Hostile`; `asked` are the targets and the credentials of each CONNECT."""

    asked: list[tuple[str, str | None]] = field(default_factory=list)
    answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n"

    def serve(self, peer: Peer) -> None:
        assert peer.method == b"CONNECT"
        host, _, port = peer.target.decode().partition(":")
        self.asked.append((peer.target.decode(), peer.headers.get("proxy-authorization")))
        peer.send(self.answer)
        if b" 200 " not in self.answer:
            return
        with socket.create_connection((host, int(port)), timeout=20) as onward:
            back = threading.Thread(target=_pump, args=[onward, peer.connection])
            back.start()
            _pump(peer.connection, onward)
            back.join()


def _pump(one: socket.socket, other: socket.socket) -> None:
    try:
        while piece := one.recv(65536):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one side has closed
