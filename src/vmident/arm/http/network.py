"""Requests over the network, by urllib3: TLS, proxies, and every failure as one `ConnectionError`.

Environment variables are read as requests reads them, and so as the Azure CLI does. `HTTPS_PROXY`, `ALL_PROXY` and
`NO_PROXY` are left to requests itself, which is imported only where there may be a proxy (docs/design/0024).
`REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE` names the certificates to trust; without them, certifi's are. `~/.netrc` is not
read: what it holds would replace the token.
"""

from __future__ import annotations

import os
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from vmident.arm.http.bounded import ACCEPTED_ENCODINGS, Allowance, bound, read_body
from vmident.arm.limits import ANSWER_SECONDS, CONNECT_SECONDS, SILENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
        for manager in self._managers.values():
            manager.clear()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, connect_seconds: float
    ) -> NetworkResponse:
        response = self._manager(self._proxy_of(url)).urlopen(
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

    def _proxy_of(self, url: str) -> str | None:
        if not (self._use_environment and _may_have_proxy()):
            return None
        from requests.utils import get_environ_proxies, prepend_scheme_if_needed, select_proxy

        proxy = select_proxy(url, get_environ_proxies(url))
        return prepend_scheme_if_needed(proxy, "http") if proxy else None  # type: ignore[no-untyped-call]

    def _manager(self, proxy: str | None) -> PoolManager:
        # Two threads may both make one; the first that is kept is used by both.
        return self._managers.get(proxy) or self._managers.setdefault(proxy, self._made(proxy))

    def _made(self, proxy: str | None) -> PoolManager:
        # What comes back to a full pool is dropped, with a warning, and the next request shakes hands anew.
        options: dict[str, Any] = {"num_pools": _HOSTS, "maxsize": AT_ONCE, **_trusted()}
        manager = _proxy_manager(proxy, options) if proxy else PoolManager(**options)
        bound(manager, self._allowance)
        return manager


def is_exempt_from_proxy(url: str, exempt: str) -> bool:
    """Return whether a value of `NO_PROXY` exempts a URL from the proxy."""
    from requests.utils import should_bypass_proxies

    return bool(should_bypass_proxies(url, exempt))


def _may_have_proxy() -> bool:
    # Windows and macOS have proxies in the system's settings too.
    return sys.platform in {"win32", "darwin"} or any(name.lower().endswith("_proxy") for name in os.environ)


def _trusted() -> dict[str, str]:
    """Return the certificates to trust, as urllib3's options."""
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if named is None:
        import certifi

        named = certifi.where()
    return {"cert_reqs": "CERT_REQUIRED", "ca_cert_dir" if Path(named).is_dir() else "ca_certs": named}


def _proxy_manager(proxy: str, options: Mapping[str, Any]) -> PoolManager:
    """Return the connections through a proxy, signed in to it where its URL has a user name."""
    from requests.utils import get_auth_from_url
    from urllib3 import ProxyManager, make_headers

    user, password = get_auth_from_url(proxy)
    if proxy.lower().startswith("socks"):
        try:
            from urllib3.contrib.socks import SOCKSProxyManager
        except ImportError as missing:
            raise ConnectionError("SOCKS proxies need the package PySocks.") from missing
        socks: PoolManager = SOCKSProxyManager(proxy, username=user or None, password=password or None, **options)
        return socks
    signed = make_headers(proxy_basic_auth=f"{user}:{password}") if user else None
    return ProxyManager(proxy, proxy_headers=signed, **options)
