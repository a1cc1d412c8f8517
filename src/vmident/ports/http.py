"""What carries HTTP requests: the network, or a sandbox in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class RawResponse(Protocol):
    """A response as it arrived: its whole body, decompressed."""

    @property
    def status(self) -> int:
        """The status code."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by names of any case."""
        ...

    @property
    def body(self) -> bytes:
        """The body, empty where there is none."""
        ...


class HttpSender(Protocol):
    """Sends requests, each once, from any thread."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> RawResponse:
        """Send a request and return its response; raises `ConnectionError` where no whole response arrives."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...
