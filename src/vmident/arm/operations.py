"""Long-running operations: the URL that Azure gives for one, and what a poll of it says.

Source: the recorded polls, and 'Track asynchronous Azure operations' in Microsoft's documentation: an
`Azure-AsyncOperation` URL answers with a `status`; a `Location` URL answers 202 until it is done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from vmident.arm.connection import ArmResponse, Connection
from vmident.arm.errors import operation_error, retry_after_seconds
from vmident.ports.azure import Operation, OperationStatus

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|[+-]00:00)$")


def operation_in(answer: ArmResponse, connection: Connection) -> Operation | None:
    """Return the operation that an answer names; `None` where it names none, or one on a foreign host.

    A foreign host gets neither the token nor a request: the VM itself then tells when the change is done.
    """
    url = answer.headers.get("Azure-AsyncOperation")
    if not url and answer.status == 202:
        url = answer.headers.get("Location")
    if not url or not connection.is_own_address(url):
        return None
    return Operation(url, retry_after_seconds(answer.headers))


def poll(operation: Operation, connection: Connection) -> OperationStatus:
    """Poll once; `Succeeded`, `Failed` and `Canceled` are ends, every other status is not."""
    answer = connection.follow(operation.url)
    body = answer.body if isinstance(answer.body, dict) else {}
    has_ended_without_status = answer.status != 202
    status = body.get("status") or ("Succeeded" if has_ended_without_status else "InProgress")
    ending = str(status).lower()
    if ending in {"failed", "canceled", "cancelled"}:
        return OperationStatus(is_over=True, failure=operation_error(body.get("error"), str(status)))
    is_over = ending == "succeeded"
    return OperationStatus(
        is_over=is_over,
        retry_after_seconds=retry_after_seconds(answer.headers),
        took_seconds=_took_seconds(body) if is_over else None,
    )


def _took_seconds(body: Mapping[str, Any]) -> float | None:
    """Read `startTime` and `endTime`, such as `2020-07-09T07:19:37.8042157+00:00` (recording)."""
    began, ended = (_moment(body.get(name)) for name in ("startTime", "endTime"))
    return max(0.0, ended - began) if began is not None and ended is not None else None


def _moment(text: object) -> float | None:
    # Python 3.10 reads no seven digits of a second.
    found = _MOMENT.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    whole = datetime.strptime(found[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return whole.timestamp() + float(f"0.{found[2] or '0'}")
