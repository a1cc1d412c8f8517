"""One request and one answer, as plain values; knows neither sockets nor `requests`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON_CONTENT = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """What a client sent: an absolute `url` exactly as it was sent, header names in lower case."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Response:
    """What goes back; an empty `body` goes without a content type."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Read the body."""
        return json.loads(self.body)


def json_answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with `content` as JSON."""
    return Response(status, {"content-type": JSON_CONTENT, **(headers or {})}, json.dumps(content).encode())
