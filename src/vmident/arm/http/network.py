"""Requests over the network, by urllib3: TLS, and every failure as one `ConnectionError`.

Environment variables are read as requests reads them, and so as the Azure CLI does. `REQUESTS_CA_BUNDLE` or
`CURL_CA_BUNDLE` names the certificates to trust; without them, certifi's are. `~/.netrc` is not read: what it holds
would replace the token. Proxies: `arm.http.proxies`.
"""

from __future__ import annotations

import os
import threading
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from vmident.arm.http.bounded import ACCEPTED_ENCODINGS, Allowance, bound, read_body
from vmident.arm.http.proxies import proxy_manager, proxy_of
from vmident.arm.limits import ANSWER_SECONDS, CONNECT_SECONDS, SILENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ssl import SSLContext

AT_ONCE = 32
"""Requests that may be under way at once: four subscriptions at their limits, with answers within half a second."""
_HOSTS = 1


class NetworkResponse(Struct, frozen=True):
    """A response: its status, its headers, whose names have any case, and its body, decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Network:
    """Sends requests over connections that it keeps open.

    `remaining_seconds` returns the time until the deadline of the command, `None` where it has none. Without
    `use_environment`, no proxy is used.
    """

    def __init__(self, remaining_seconds: Callable[[], float | None], *, use_environment: bool = True) -> None:
        self._remaining_seconds = remaining_seconds
        self._use_environment = use_environment
        self._allowance = Allowance()
        self._managers: dict[str | None, PoolManager] = {}
        self._making = threading.Lock()

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> NetworkResponse:
        """Send a request once, without following redirects.

        Raises `ConnectionError` where no whole response arrives, `InvalidResponse` for one beyond `arm.limits`, and
        `TimedOut` at the deadline of the command.
        """
        left = self._remaining_seconds()
        limit = ANSWER_SECONDS if left is None else min(ANSWER_SECONDS, left)
        self._allowance.begin(limit, min(SILENCE_SECONDS, limit))
        try:
            return self._exchange(method, url, headers, body, min(CONNECT_SECONDS, limit))
        except (HTTPError, OSError) as failure:
            raise ConnectionError(failure) from failure

    def close(self) -> None:
        """Close the connections."""
        # After Ctrl-C, another thread may still be adding one.
        for manager in list(self._managers.values()):
            manager.clear()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, connect_seconds: float
    ) -> NetworkResponse:
        response = self._manager(url).urlopen(
            method,
            url,
            body=body or None,
            headers={"Accept-Encoding": ACCEPTED_ENCODINGS, **headers},
            timeout=Timeout(connect=connect_seconds, read=self._allowance.silence_seconds),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        is_whole = False
        try:
            content = read_body(response)
            is_whole = True
        except (HTTPError, OSError, zlib.error) as failure:
            raise ConnectionError(f"The response is incomplete: {failure}") from failure
        finally:
            # A connection whose response was not read to its end cannot be used again.
            if is_whole:
                response.release_conn()
            else:
                response.close()
        return NetworkResponse(response.status, response.headers, content)

    def _manager(self, url: str) -> PoolManager:
        proxy = proxy_of(url) if self._use_environment else None
        with self._making:
            manager = self._managers.get(proxy)
            if manager is None:
                manager = self._managers[proxy] = self._made(proxy, None if url.startswith("http:") else _trust())
        return manager

    def _made(self, proxy: str | None, trust: SSLContext | None) -> PoolManager:
        # What comes back to a full pool is dropped, with a warning, and the next request shakes hands anew.
        options: dict[str, Any] = {"num_pools": _HOSTS, "maxsize": AT_ONCE, "ssl_context": trust}
        manager = proxy_manager(proxy, options) if proxy else PoolManager(**options)
        bound(manager, self._allowance)
        return manager


def _trust() -> SSLContext:
    """Read the certificates to trust, once for all connections: certifi's take tens of milliseconds."""
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if not named:
        import certifi

        named = certifi.where()
    context = create_urllib3_context()
    if Path(named).is_dir():
        context.load_verify_locations(capath=named)
    else:
        context.load_verify_locations(named)
    return context
