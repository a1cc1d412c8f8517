"""The sandbox on a loopback HTTPS port: a real ASGI server, and a certificate that lives as long as it does."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import ssl
from typing import TYPE_CHECKING

from vmident.errors import SandboxUnusable
from vmident.sandbox.sandbox import Sandbox
from vmident.sandbox.tenant import SUBSCRIPTION, TENANT
from vmident.sandbox.transport.asgi import Application
from vmident.sandbox.transport.authority import CLIENT_ID, Authority

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import trustme

HOST = "127.0.0.1"


class Server:
    """Serves while `run` runs; the port is taken from when the server is made until `close`.

    `facts` are what a client connects with: where, the file of the CA's certificate, and the application's secret. The
    folder among them is for the Azure CLI's configuration: it would else keep the tokens of a server that is gone, and
    change what the user has in `~/.azure`. It goes when the server goes, and with it the Azure CLI's sign-in.

    Each request is noted in the file `log`, where one is named. `make` gives the sandbox for an endpoint and a judge of
    tokens. Raises `SandboxUnusable` where the port is taken or the packages of the extra `serve` are not installed.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        make: Callable[[str, Callable[[str], bool]], Sandbox],
        now: Callable[[], float],
        log: Path | None = None,
    ) -> None:
        ca = _new_ca()
        import uvicorn

        self._socket = _listening(port)
        endpoint = f"https://{HOST}:{self._socket.getsockname()[1]}"
        authority = Authority(endpoint, secrets.token_urlsafe(24), secrets.token_urlsafe(24))
        self._certificates = folder / "serve-ca.pem"
        self._azure_config = folder / "azure-cli"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(self._azure_config, ignore_errors=True)
        ca.cert_pem.write_to_path(str(self._certificates))
        self.facts = {
            "endpoint": endpoint,
            "certificates": str(self._certificates),
            "azureConfig": str(self._azure_config),
            "subscriptionId": SUBSCRIPTION,
            "tenantId": TENANT,
            "clientId": CLIENT_ID,
            "clientSecret": authority.secret,
        }
        self._sandbox = make(endpoint, lambda token: authority.takes(token, now()))
        self._log = log.open("a", encoding="utf-8", buffering=1) if log else None
        written = (self._log.write,) if self._log else ()
        application = Application(self._sandbox, authority, now, *written)
        config = uvicorn.Config(application, log_level="error", lifespan="off", access_log=False)
        config.load()
        config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(HOST, "localhost").configure_cert(config.ssl)
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve until Ctrl-C, which is raised when requests under way have ended."""
        self._server.run(sockets=[self._socket])

    def close(self) -> None:
        """Return the port back, and leave no certificate and no sign-in behind."""
        self._socket.close()
        self._sandbox.close()
        if self._log:
            self._log.close()
        self._certificates.unlink(missing_ok=True)
        shutil.rmtree(self._azure_config, ignore_errors=True)


def _new_ca() -> trustme.CA:
    try:
        import trustme
        import uvicorn  # noqa: F401 - said here and not when serving begins
    except ImportError as missing:
        raise SandboxUnusable(
            f"Serving the sandbox needs a package that is not installed: {missing.name}.",
            hint="Install the extra: pipx install 'vmident[serve]'",
            is_mended_by_reset=False,
        ) from missing
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
            hint="Name another with --port, or 0 for any that is free",
            is_mended_by_reset=False,
        ) from taken
    return listening
