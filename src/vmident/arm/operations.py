"""Long-running operations: the URL that Azure gives for one, and what a poll of it says.

Source: the recorded polls, and 'Track asynchronous Azure operations' in Microsoft's documentation: an
`Azure-AsyncOperation` URL answers with a `status`; a `Location` URL answers 202 until it is done.
"""

from __future__ import annotations

from typing import Any

from vmident.arm.answers import ArmResponse
from vmident.arm.connection import Connection
from vmident.arm.errors.body import retry_after_seconds
from vmident.arm.errors.translation import operation_error
from vmident.arm.wire.moments import epoch_seconds
from vmident.arm.wire.types import OperationBody
from vmident.ports.azure import Operation, OperationStatus


class FirstAnswer:
    """A polling method for the SDK's clients that keeps the first answer and is done: vmident polls by itself.

    Duck-typed, to import no SDK for the class alone.
    """

    response: Any

    def initialize(self, _client: object, initial_response: Any, _deserialization: object) -> None:
        """Keep the answer."""
        self.response = initial_response.http_response

    def finished(self) -> bool:
        """Return that there is nothing to wait for."""
        return True


def operation_in(answer: ArmResponse, connection: Connection) -> Operation | None:
    """Return the operation that an answer names; `None` where it names none, or one on a foreign host.

    A foreign host gets neither the token nor a request: the VM itself then tells when the change is done.
    """
    url, has_status = answer.headers.get("Azure-AsyncOperation"), True
    if not url and answer.status == 202:
        url, has_status = answer.headers.get("Location"), False
    if not url or not connection.is_own_address(url):
        return None
    return Operation(url, retry_after_seconds(answer.headers), has_status)


def poll(operation: Operation, connection: Connection) -> OperationStatus:
    """Poll once; `Succeeded`, `Failed` and `Canceled` are ends, every other status is not.

    Raises `InvalidResponse` for a status that is required and missing, or is not text.
    """
    return status_in(connection.follow(operation.url), operation)


def status_in(answer: ArmResponse, operation: Operation) -> OperationStatus:
    """Return what the answer to a poll says; raises as `poll` does."""
    if not operation.has_status:
        return OperationStatus(is_over=answer.status != 202, retry_after_seconds=retry_after_seconds(answer.headers))
    body = answer.read(OperationBody, "an operation")
    ending = body.status.lower()
    if ending in {"failed", "canceled", "cancelled"}:
        return OperationStatus(is_over=True, failure=operation_error(body.error, body.status))
    is_over = ending == "succeeded"
    return OperationStatus(
        is_over=is_over,
        retry_after_seconds=retry_after_seconds(answer.headers),
        took_seconds=_took_seconds(body) if is_over else None,
    )


def _took_seconds(body: OperationBody) -> float | None:
    """Read `startTime` and `endTime`, such as `2020-07-09T07:19:37.8042157+00:00` (recording)."""
    began, ended = epoch_seconds(body.start_time), epoch_seconds(body.end_time)
    return max(0.0, ended - began) if began is not None and ended is not None else None
