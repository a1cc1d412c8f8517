"""The outcome of a write whose response does not tell, decided from what the VM shows.

A write that was sent and not rejected may have completed, may be running, may never have arrived, or may have completed
and been reverted by another client. Only the VM can tell. It shows its identities, whether an operation runs on it, and
an etag that changes with every write to it.

O1  While an operation runs on the VM, nothing is decided.
O2  A VM that has the target state has been changed, no matter which client wrote last.
O3  A VM without it that still has the etag from before the write has not been written to: the write never arrived.
O4  A VM without it whose etag has changed was written to, by this write and then another one, or by another one alone.
    The two look the same, so a later process does not write to the VM again: that could restore what was removed on
    purpose.
O5  Where there are no etags, the identities are compared instead. A write that Azure accepted did arrive, so an
    accepted write that the VM does not show falls under O4 whatever its etag.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from vmident.core.identity import IdentityState
from vmident.core.virtual_machine import VirtualMachine


class Shown(Enum):
    """What the VM shows of a write."""

    RUNNING = "an operation runs on the VM"
    DONE = "the VM has what the write leads to"
    NEVER_ARRIVED = "nothing has been written to the VM"
    OVERTAKEN = "the VM was written to, and does not have what the write leads to"


class SentWrite(Struct, frozen=True):
    """A write that was sent: the identities and the etag that the VM had before it, and whether Azure accepted it."""

    before: IdentityState
    etag: str | None = None
    is_accepted: bool = False


def shown_by(machine: VirtualMachine, sent: SentWrite, *, has_target: bool) -> Shown:
    """Decide what a VM that was read after a write shows of it; rules O1 to O5 above.

    `has_target` says that the change, worked out again for what the VM has now, leads nowhere else.
    """
    if not machine.is_idle:
        return Shown.RUNNING
    if has_target:
        return Shown.DONE
    if sent.is_accepted:
        return Shown.OVERTAKEN
    if sent.etag is not None and machine.etag is not None:
        is_untouched = machine.etag == sent.etag
    else:
        is_untouched = machine.identity.is_same_as(sent.before)
    return Shown.NEVER_ARRIVED if is_untouched else Shown.OVERTAKEN
