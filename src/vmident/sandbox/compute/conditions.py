"""What a write to a VM or to a scale set has to meet: its etag, and no operation that runs on it.

Etags are known from API version 2024-03-01 on; an older one ignores the headers, as it shows no etag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vmident.sandbox import errors
from vmident.sandbox.api_versions import FIRST_WITH_ETAG
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.protocol import operations

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record


def etag(record: Record) -> str:
    """Return the strong etag, quotes included."""
    return f'"{record["etag"]}"'


def shows_etag(call: Call) -> bool:
    """Return whether answers in the request's API version carry an etag."""
    return call.api_version >= FIRST_WITH_ETAG


def check_condition(call: Call, record: Record) -> None:
    """Compare `If-Match` strongly, as RFC 9110 section 13.1.1 has it: a weak etag matches nothing."""
    if not shows_etag(call):
        return
    condition = call.request.headers.get("if-match", "*")
    if condition.strip() != "*" and etag(record) not in re.findall(r'(?:W/)?"[^"]*"', condition):
        raise errors.precondition_failed(condition, etag(record))
    if call.request.headers.get("if-none-match", "").strip() == "*":
        raise errors.already_there(etag(record))


def check_idle(call: Call, record: Record, action: str, kind: str = "vm") -> None:
    """Meet a running operation as the sandbox is set to: refuse, preempt it, or let the two run side by side.

    Azure was seen to do each: `ConflictingConcurrentWriteNotAllowed` (2026), `Conflict` (before), a write accepted
    while another ran (March 2025), and `OperationPreempted`. `action` is what is being done, such as `start`.
    """
    if record["state"] == "Deleting":
        raise compute_errors.marked_for_deletion(action, record["name"])
    if record["state"] not in operations.BUSY_STATES:
        return
    if call.settings.busy == "preempt":
        operations.preempt(call.rows, record, call.now, kind)
    elif call.settings.busy == "conflict":
        raise errors.conflicting_request()
    elif call.settings.busy == "reject":
        raise errors.concurrent_change()
