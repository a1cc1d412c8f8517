"""A server on this machine's own loopback address: what goes through real sockets, and what came."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any

from vmident.sandbox.http_messages import Request, Response, json_answer

if TYPE_CHECKING:
    from typing_extensions import Self

Answering = Callable[[Request], Response]


class Loopback:
    """Hands each request to `answer`, one at a time, and keeps them all in `received`, their tokens included.

    It serves from `with` on, and where that ends every connection and every thread has ended too. With `tls` it
    serves https.
    """

    def __init__(
        self, answer: Answering = lambda _request: json_answer(200, {}), tls: ssl.SSLContext | None = None
    ) -> None:
        self.answer = answer
        self.received: list[Request] = []
        self._one_at_a_time = threading.Lock()
        self._scheme = "https" if tls else "http"
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def endpoint(self) -> str:
        """Where it is reached."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, without their queries."""
        return [one.url.removeprefix(self.endpoint).split("?")[0] for one in self.received]

    def take(self, request: Request) -> Response:
        """Keep one request, and answer it."""
        with self._one_at_a_time:
            self.received.append(request)
            return self.answer(request)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    # Closing then waits for the threads, which end with their one request: HTTP/1.0 keeps no connection alive.
    daemon_threads = False

    def server_bind(self) -> None:
        """Bind without asking any name server what this machine is called."""
        socketserver.TCPServer.server_bind(self)
        self.server_name = "127.0.0.1"
        self.server_port = int(self.server_address[1])


def _handler_for(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            # What a proxy is asked for is a whole URL already.
            url = self.path if "://" in self.path else f"{loopback.endpoint}{self.path}"
            answer = loopback.take(Request(self.command, url, headers, body))
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = handle_any  # noqa: N815

        def log_message(self, *_words: Any) -> None:
            """Log nothing; `received` has the requests."""

    return Handler
