"""What a use case hands to the scheduler of many changes: jobs that say step by step what they need.

A job is a generator. It yields an `AzureRequest` and receives the response, or yields a `Pause`; a failure is raised
inside it. Its return value is its result. It never waits by itself, so that one thread can run as many jobs as Azure's
limits allow.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from msgspec import Struct

from vmident.core.vm_kind import VmKind

if TYPE_CHECKING:
    from typing import TypeAlias

    from vmident.results.changes import Outcome

T = TypeVar("T")
ResultT = TypeVar("ResultT", bound="Outcome")


class RequestKind(Enum):
    """What a request is, as Azure's limits tell requests apart."""

    READ_VM = "read a VM"
    READ_IDENTITY = "read a user-assigned identity"
    WRITE_VM = "write a VM"
    LOOK = "look at an operation"
    SETTLE_ROLES = "make and delete role assignments"

    @property
    def is_read(self) -> bool:
        """Return whether it changes nothing, so that it may simply be sent again."""
        return self in {RequestKind.READ_VM, RequestKind.READ_IDENTITY, RequestKind.LOOK}


class RequestCost(Struct, frozen=True):
    """What a request takes from Azure's budgets: it is about a VM or a scale set of a subscription, in a region.

    `made` and `attached` count identities that it makes and attaches, `assignments` role assignments that it writes.
    """

    kind: RequestKind
    subscription: str
    region: str
    made: int = 0
    attached: int = 0
    assignments: int = 0
    vm_kind: VmKind = VmKind.VM


class AzureRequest(Struct, frozen=True):
    """One errand to Azure: `act` blocks until it is done, raises `vmident.errors`, and may run in any thread.

    One that is `guarded` may leave long after it was worked out: where that is out of date, Azure refuses it.
    """

    cost: RequestCost
    act: Callable[[], Any]
    guarded: bool = True


class Pause(Struct, frozen=True):
    """A wait of some seconds; `why` is the progress message, such as `myVM: waiting for …`.

    `elapsed_seconds` is how long that has been waited for already.
    """

    seconds: float
    why: str
    elapsed_seconds: float | None = None


Step: TypeAlias = "AzureRequest | Pause"
Steps: TypeAlias = Generator[Step, Any, T]


class Job(Struct, frozen=True):
    """One change to carry out: `begin` starts it, `cost` is that of the first request that it will yield."""

    begin: Callable[[], Steps[Any]]
    cost: RequestCost


class Limit(Struct, frozen=True):
    """How many VMs: so many, or so many of each hundred; for people `5` or `5%`."""

    number: int
    is_percent: bool = False

    def is_passed_by(self, count: int, total: int) -> bool:
        """Return whether `count` VMs of `total` are more than that."""
        return count * 100 > self.number * total if self.is_percent else count > self.number

    def __str__(self) -> str:
        return f"{self.number}%" if self.is_percent else str(self.number)


class StopPolicy(Struct, frozen=True):
    """When a run is to stop by itself.

    With `canary`, so many jobs come first, and the others only if all is well with them. Where more VMs than
    `max_failures` have failed, no further job is begun.
    """

    canary: int = 0
    max_failures: Limit | None = None

    def reason_to_stop(self, failed: int, total: int) -> str | None:
        """Return why a run with this many failed VMs stops; `None` if it continues.

        `total` are the VMs with changes, and those that failed before.
        """
        limit = self.max_failures
        if limit is None or not limit.is_passed_by(failed, total):
            return None
        return f"More than {limit} of {total} VMs failed; the remaining VMs were not changed."

    def canary_failure(self, results: Sequence[Any]) -> str | None:
        """Return what became of the canary at the end of a run, with its numbers; `None` if it did not fail.

        `results` has one for each job, `None` for a job that did not start.
        """
        failed = sum(one is not None and one.error is not None for one in results[: self.canary])
        if not failed:
            return None
        left = results.count(None)
        which = "The canary VM" if self.canary == 1 else f"{failed} of {self.canary} canary VMs"
        return f"{which} failed; the remaining {left} VM{' was' if left == 1 else 's were'} not changed."


NO_POLICY = StopPolicy()


class Fleet(Protocol):
    """The executor of many changes at once."""

    def run(self, jobs: Sequence[Job], policy: StopPolicy = NO_POLICY, failed: int = 0) -> Sequence[Any]:
        """Carry out jobs side by side, as fast as Azure's limits allow; gives their results, in their order.

        A job that was not begun, as the run was stopped before, has `None`. `failed` VMs of the run have failed before
        there was a job for them: the policy counts them.
        """
        ...
