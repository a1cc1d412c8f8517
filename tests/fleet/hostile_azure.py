"""A simulated Azure whose every answer may be lost, cut, refused, a lie or too late, as a script says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from tests.fleet.simulated import Azure
from vmident.core.identity import IdentityState
from vmident.core.resource_id import ResourceId
from vmident.core.transition import Change, transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import (
    AzureErrorResponse,
    AzureUnavailable,
    Conflict,
    InvalidResponse,
    NotAllowed,
    NotFound,
    OperationFailed,
    Throttled,
    TimedOut,
    Unreachable,
)
from vmident.ports.azure import Operation, OperationStatus, PatchResponse

RAISED: dict[str, Callable[[], BaseException]] = {
    "lost": lambda: Unreachable("No answer."),
    "5xx": lambda: AzureUnavailable("Server error.", status=503),
    "unreadable": lambda: InvalidResponse("Not JSON.", status=200),
    "stray": lambda: AttributeError("'NoneType' object has no attribute 'text'"),
    "timeout": lambda: TimedOut("The time is over."),
    "ctrl-c": KeyboardInterrupt,
    "refused": lambda: NotAllowed("Not allowed.", status=403),
    "bad": lambda: AzureErrorResponse("Bad request.", status=400),
    "conflict": lambda: Conflict("In conflict.", status=409),
    "throttled": lambda: Throttled("Too many.", retry_after_seconds=3.0, status=429),
    "throttled for ever": lambda: Throttled("Too many.", retry_after_seconds=1e300, status=429),
}
REFUSALS = ("refused", "bad", "conflict", "throttled", "throttled for ever")
WRITES = (*RAISED, *(f"done, {one}" for one in RAISED if one not in REFUSALS), "done, unnamed", "ignored")
POLLS = (*RAISED, "gone", "failed", "preempted", "running")
READS = tuple(RAISED)
FAULTS = ("fine", *dict.fromkeys((*WRITES, *POLLS, *READS)), "colleague")


@dataclass
class HostileAzure(Azure):
    """What it answers to the next requests about a VM is in `scripts`, then it is well; `change` is what is asked for.

    `applied` counts the writes that were done, `has_had` names the VMs that have had what is asked for.
    """

    change: Change | None = None
    scripts: dict[ResourceId, Iterator[str]] = field(default_factory=dict)
    undoing: Change | None = None
    applied: Counter[ResourceId] = field(default_factory=Counter)
    has_had: set[ResourceId] = field(default_factory=set)
    _before: dict[ResourceId, VirtualMachine] = field(default_factory=dict)

    def shows_target(self, vm: ResourceId) -> bool:
        """Return whether the VM has what the change leads to."""
        assert self.change is not None
        return transition(self.vms[vm].identity, self.change).is_nothing

    def read(self, vm: ResourceId) -> VirtualMachine:
        self._fail(self._next(vm))
        return super().read(vm)

    def poll(self, operation: Operation) -> OperationStatus:
        vm = self._operations[operation.url][0]
        fault = self._next(vm)
        self._fail(fault)
        if fault == "gone":
            raise NotFound("No such operation.", status=404)
        if fault == "failed":
            return OperationStatus(is_over=True, failure=OperationFailed("The operation failed."))
        if fault == "preempted":
            self._settled(vm)
            self.vms[vm] = replace(self._before[vm], etag=f"{self.vms[vm].etag}0" if self.vms[vm].etag else None)
            return OperationStatus(is_over=True, failure=Conflict("Preempted.", code="OperationPreempted"))
        if fault == "running":
            return OperationStatus(is_over=False, retry_after_seconds=1e300)
        return super().poll(operation)

    def write_identity(self, vm: ResourceId, body: Any, etag: str | None) -> PatchResponse:
        fault = self._next(vm)
        if fault == "ignored":
            return PatchResponse(self._settled(vm), None)
        self._fail(fault)
        self._before[vm] = self._settled(vm)
        response = super().write_identity(vm, body, etag)
        self.applied[vm] += 1
        if self.shows_target(vm):
            self.has_had.add(vm)
        self._fail(fault.removeprefix("done, "))
        return PatchResponse(None, None) if fault == "done, unnamed" else response

    def _next(self, vm: ResourceId) -> str:
        fault = next(self.scripts.get(vm, iter(())), "fine")
        if fault == "colleague" and self.undoing is not None:
            self.colleague(vm, self.undoing)
        return fault

    @staticmethod
    def _fail(fault: str) -> None:
        if fault in RAISED:
            failure = RAISED[fault]()
            raise failure


class NoIdentities:
    """`vmident.ports.azure.Identities` that knows of none."""

    def read(self, identity: ResourceId) -> None:
        raise NotFound(f"No identity '{identity}'.")


@contextmanager
def well(azure: HostileAzure) -> Iterator[None]:
    """Return Azure to health, after all running operations have ended."""
    azure.scripts.clear()
    azure.clock.sleep(10 * 3600)
    for vm in azure.vms:
        azure.seen(vm)
    yield


def same(one: IdentityState, other: IdentityState) -> bool:
    """Compare who is there."""
    return one.has_same_identities_as(other)
