"""The proxy that a request goes through, and connections through it.

`HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are left to requests, which the Azure CLI reads them by too. It is imported
only where there may be a proxy (docs/design/0024).
"""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from urllib3 import ProxyManager

if TYPE_CHECKING:
    from urllib3 import PoolManager


def proxy_of(url: str) -> str | None:
    """Return the URL of the proxy for requests to `url`, as the environment has it; `None` for no proxy."""
    # Windows and macOS have proxies in the system's settings too.
    if sys.platform not in {"win32", "darwin"} and not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from requests.utils import get_environ_proxies, prepend_scheme_if_needed, select_proxy

    proxy = select_proxy(url, get_environ_proxies(url))
    return prepend_scheme_if_needed(proxy, "http") if proxy else None  # type: ignore[no-untyped-call]


def is_exempt_from_proxy(url: str, exempt: str) -> bool:
    """Return whether a value of `NO_PROXY` exempts a URL from the proxy."""
    from requests.utils import should_bypass_proxies

    return bool(should_bypass_proxies(url, exempt))


def proxy_manager(proxy: str, options: Mapping[str, Any]) -> PoolManager:
    """Return the connections through a proxy, signed in to it where its URL has a user name.

    Raises `ConnectionError` for a SOCKS proxy without PySocks.
    """
    from requests.utils import get_auth_from_url

    user, password = get_auth_from_url(proxy)
    if not proxy.lower().startswith("socks"):
        signed = _signed(user, password) if user else None
        return ProxyManager(proxy, proxy_headers=signed, proxy_ssl_context=options["ssl_context"], **options)
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError as missing:
        raise ConnectionError("SOCKS proxies need the package PySocks.") from missing
    socks: PoolManager = SOCKSProxyManager(proxy, username=user or None, password=password or None, **options)
    return socks


def _signed(user: str, password: str) -> dict[str, str]:
    signed = f"{user}:{password}"
    try:
        plain = signed.encode("latin-1")  # as requests does
    except UnicodeEncodeError:
        plain = signed.encode()
    return {"Proxy-Authorization": f"Basic {b64encode(plain).decode()}"}
