"""The sandbox on a loopback HTTPS port: a real ASGI server, and a certificate that lives as long as it does."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import socket
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from vmident.errors import SandboxUnusable
from vmident.private_files import make_private_folder, open_private, write_private
from vmident.sandbox.sandbox import Sandbox
from vmident.sandbox.tenant import SUBSCRIPTION, TENANT
from vmident.sandbox.transport.asgi import Application
from vmident.sandbox.transport.authority import CLIENT_ID, Authority
from vmident.sandbox.transport.server_folders import HOST, make_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    import trustme

    from vmident.sandbox.transport.faults import Faults


class Server:
    """Serves while `run` runs; the port is taken from when the server is made until `close`.

    `facts` are what a client connects with: where, the file of the CA's certificate, and the application's secret. The
    folder among them is for the Azure CLI's configuration: otherwise the Azure CLI would keep the tokens of a server
    that is gone, and change what the user has in `~/.azure`. Both are in a new folder of this server's own, as several
    may serve one sandbox, and `close` deletes that folder and nothing else.

    Each request is logged in the file `log`, where one is named. `make` returns the sandbox that takes the tokens of
    an authority, at the time that its second argument returns. Raises `SandboxUnusable` where the port is taken or the
    packages of the extra `serve` are not installed.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        make: Callable[[Authority, Callable[[], float]], Sandbox],
        now: Callable[[], float],
        *,
        log: Path | None = None,
        faults: Faults | None = None,
    ) -> None:
        ca = _new_ca()
        self._own_folder: Path | None = None
        self._log: TextIO | None = None
        self._sandbox: Sandbox | None = None
        self._socket = _listening(port)
        try:
            self._prepare(ca, folder, make, now, log=log, faults=faults)
        except BaseException:
            self.close()
            raise

    def _prepare(
        self,
        ca: trustme.CA,
        folder: Path,
        make: Callable[[Authority, Callable[[], float]], Sandbox],
        now: Callable[[], float],
        *,
        log: Path | None,
        faults: Faults | None,
    ) -> None:
        import uvicorn

        from vmident.sandbox.transport.joined_writes import JoinedWritesProtocol

        endpoint = f"https://{HOST}:{self._socket.getsockname()[1]}"
        graph = f"https://localhost:{self._socket.getsockname()[1]}"
        authority = Authority(endpoint, secrets.token_urlsafe(24), secrets.token_urlsafe(24), graph)
        make_private_folder(folder)
        own_folder = self._own_folder = make_folder(folder, self._socket.getsockname()[1])
        certificates = own_folder / "ca.pem"
        write_private(certificates, ca.cert_pem.bytes().decode("ascii"))
        self.facts = {
            "endpoint": endpoint,
            "graphEndpoint": graph,
            "certificates": str(certificates),
            "azureConfig": str(own_folder / "azure-cli"),
            "subscriptionId": SUBSCRIPTION,
            "tenantId": TENANT,
            "clientId": CLIENT_ID,
            "clientSecret": authority.secret,
        }
        self._sandbox = make(authority, now)
        self._log = open_private(log) if log else None
        application = Application(self._sandbox, authority, now, self._log.write if self._log else None, faults)
        config = uvicorn.Config(
            application, http=JoinedWritesProtocol, log_level="error", lifespan="off", access_log=False
        )
        config.load()
        logging.getLogger("uvicorn.error").addFilter(_is_no_cut)
        config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(HOST, "localhost").configure_cert(config.ssl)
        self._server = uvicorn.Server(config)

    def run(self, seconds: float | None = None) -> None:
        """Serve until a signal to stop, or for so many seconds; requests under way are answered first."""
        stopping = threading.Timer(seconds or 0, self._stop)
        stopping.daemon = True
        if seconds is not None:
            stopping.start()
        # uvicorn has such handlers of its own while it serves, but not while it starts: an exception then leaves
        # warnings of asyncio's on standard error. When it has ended, it sends what it caught once more.
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        handled = [one for one in numbers if signal.getsignal(one) is not signal.SIG_IGN]
        before = {one: signal.signal(one, lambda _number, _frame: self._stop()) for one in handled}
        try:
            self._server.run(sockets=[self._socket])
        finally:
            stopping.cancel()
            for one, handler in before.items():
                signal.signal(one, handler)

    def _stop(self) -> None:
        self._server.should_exit = True

    def close(self) -> None:
        """Close the port, and delete the certificate and the Azure CLI's sign-in."""
        if self._own_folder:
            shutil.rmtree(self._own_folder, ignore_errors=True)
        self._socket.close()
        if self._sandbox:
            self._sandbox.close()
        if self._log:
            self._log.close()


def _is_no_cut(record: logging.LogRecord) -> bool:
    """Leave out what uvicorn says of an answer that a fault has cut."""
    return not record.getMessage().startswith("ASGI callable returned without completing response")


def _new_ca() -> trustme.CA:
    import trustme

    return trustme.CA()


def _listening(port: int) -> socket.socket:
    # asyncio sends without delay on sockets that are TCP by name alone; each answer would else wait for 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name != "nt":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        # From now on who connects waits, and is not refused.
        listening.listen()
    except OSError as taken:
        listening.close()
        raise SandboxUnusable(
            f"Port {port} on {HOST} cannot be used: {taken.strerror}.",
            hint="Use another --port, or --port 0 for any free port.",
            is_mended_by_reset=False,
        ) from taken
    return listening
