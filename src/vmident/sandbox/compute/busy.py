"""A write to a VM or scale set while an operation runs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox import errors
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.protocol import operations

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record


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
