"""The network inside the process: sends each request to a sandbox instead of a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vmident.sandbox.http_messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.sandbox import Sandbox


class SandboxNetwork:
    """Reaches the sandbox and nothing else, as if there were no network."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Return the sandbox's response; raises `ConnectionError` for another host."""
        homes = [urlsplit(one)[:2] for one in (self._sandbox.endpoint, self._sandbox.graph_endpoint)]
        there = urlsplit(url)
        if there[:2] not in homes:
            raise ConnectionError(
                f"The sandbox answers for {self._sandbox.endpoint} and not for {there.scheme}://{there.netloc}."
            )
        return self._sandbox.answer(Request(method, url, {name.lower(): headers[name] for name in headers}, body))

    def close(self) -> None:
        """Leave the sandbox open: its opener closes it."""
