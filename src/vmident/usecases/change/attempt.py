"""What the attempts to change one VM have sent so far, and which of these writes have an unknown outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct, field

from vmident.core.consequences import Notice
from vmident.core.identity import IdentityState
from vmident.core.transition import Transition
from vmident.core.write_outcome import SentWrite
from vmident.errors import Interrupted, NotFound, VmidentError
from vmident.ports.azure import PatchResponse, VirtualMachines
from vmident.usecases.change.prepare import Prepared
from vmident.usecases.change.run_cache import RunCache


class Attempt(Struct):
    """What the next write is worked out from, and the writes that went before it.

    `sent` is the last write that was not refused: what is reported of the VM's state before the change is its. `doubts`
    are the writes of which it is not known whether they were done; while there are any, a failure is no failure but
    `unknown`. `earlier` is the last write of a process before this one, `is_earlier_open` whether it is still in doubt.

    Writes leave from a worker's thread, and the thread that reports may give up on them at any time (a second Ctrl-C,
    the end of `--timeout`). One of the two comes first: either the write is on record and in doubt before the result is
    made, or it does not leave. `_lock` is held while that is decided, never while the request is under way.
    """

    prepared: Prepared
    approved: Transition
    run_cache: RunCache
    before_write: Callable[[Prepared], None]
    earlier: SentWrite | None = None
    is_earlier_open: bool = False
    sent: Prepared | None = None
    doubts: list[Prepared] = field(default_factory=list)
    after_failure: IdentityState | None = None
    late_warnings: list[Notice] = field(default_factory=list)
    _is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_in_doubt(self) -> bool:
        """Return whether a write of this change may have been done without anybody having seen it."""
        return bool(self.doubts) or self.is_earlier_open

    def write(self, machines: VirtualMachines) -> PatchResponse:
        """Send the PATCH once: on record before it leaves, and in doubt until its answer is there.

        Raises what `VirtualMachines.write_identity` raises; a refusal leaves in doubt only what was in doubt before.
        """
        prepared, request = self.prepared, self.prepared.request
        assert request is not None
        with self._lock:
            if self._is_over:
                raise Interrupted("Interrupted.")
            self.before_write(prepared)
            earlier_sent, self.sent = self.sent, prepared
            self.doubts.append(prepared)
        try:
            return machines.write_identity(prepared.machine.id, request, prepared.machine.etag)
        except VmidentError as failure:
            if not failure.outcome_is_unknown:
                self.doubts.remove(prepared)
                self.sent = earlier_sent
            raise

    def give_up(self) -> None:
        """Block further writes."""
        with self._lock:
            self._is_over = True

    @contextmanager
    def of_a_vm_that_may_be_gone(self) -> Iterator[None]:
        """Read the VM within this: one that is gone has no change left to be in doubt about."""
        try:
            yield
        except NotFound:
            self.settle()
            raise

    def settle(self) -> None:
        """Take note that the VM, or the operation, has said what came of every write."""
        self.doubts.clear()
        self.is_earlier_open = False
