"""The ASGI door: what comes in becomes a request, whole and unchanged, and what goes out is the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.cloud import VMS, Cloud
from vmident.sandbox.sandbox import TOKEN
from vmident.sandbox.transport.asgi import LARGEST_BODY_BYTES, Application
from vmident.sandbox.transport.authority import Authority

AUTHORITY = Authority("https://127.0.0.1:1", "the-secret", "the-signature")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path)
    yield made
    made.sandbox.close()


def sent(cloud: Cloud, method: str, path: str, *chunks: bytes, token: str | None = TOKEN) -> tuple[int, Any, bytes]:
    """Send one request in as many chunks; give status, headers, body."""
    raw_path, _, query = path.partition("?")
    headers = [(b"Content-Type", b"application/json")]
    if token:
        headers.append((b"Authorization", f"Bearer {token}".encode()))
    scope = {
        "type": "http",
        "method": method,
        "raw_path": raw_path.encode(),
        "query_string": query.encode(),
        "headers": headers,
    }
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks[:-1]]
    waiting.append({"type": "http.request", "body": chunks[-1] if chunks else b"", "more_body": False})
    answers: list[Any] = []

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        answers.append(message)

    application = Application(cloud.sandbox, AUTHORITY, lambda: cloud.now)
    asyncio.run(application(scope, receive, send))
    start, body = answers
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


def test_a_request_in_pieces_is_answered_whole(cloud: Cloud) -> None:
    body = json.dumps({"identity": {"type": "SystemAssigned"}}).encode()
    status, headers, answered = sent(cloud, "PATCH", f"{VMS}/myVM?api-version=2024-07-01", body[:7], body[7:])
    assert (status, json.loads(answered)["identity"]["type"]) == (200, "SystemAssigned")
    assert headers["content-length"] == str(len(answered))
    assert "/operations/" in headers["azure-asyncoperation"]


def test_the_path_and_the_query_arrive_as_they_were_sent(cloud: Cloud) -> None:
    sent(cloud, "GET", f"{VMS}/my%56M?api-version=2024-07-01&$expand=instanceView")
    assert cloud.sandbox.requests[-1].url.endswith("/my%56M?api-version=2024-07-01&$expand=instanceView")


@pytest.mark.parametrize("token", [None, "another"])
def test_without_its_token_nothing_is_answered(cloud: Cloud, token: str | None) -> None:
    assert sent(cloud, "GET", f"{VMS}?api-version=2024-07-01", token=token)[0] == 401


def test_the_authority_is_asked_before_the_sandbox_and_needs_no_token(cloud: Cloud) -> None:
    status, _, body = sent(cloud, "GET", "/metadata/endpoints?api-version=2022-09-01", token=None)
    assert (status, json.loads(body)["resourceManager"]) == (200, "https://127.0.0.1:1")


def test_a_body_that_is_too_large_is_refused_and_not_kept(cloud: Cloud) -> None:
    status, _, body = sent(cloud, "PATCH", f"{VMS}/myVM", b"x" * LARGEST_BODY_BYTES, b"x")
    assert (status, json.loads(body)["error"]["code"]) == (413, "RequestContentTooLarge")
    assert not cloud.sandbox.requests


def test_nothing_but_http_is_spoken(cloud: Cloud) -> None:
    asyncio.run(Application(cloud.sandbox, AUTHORITY, lambda: 0.0)({"type": "websocket"}, None, None))  # type: ignore[arg-type]
    assert not cloud.sandbox.requests
