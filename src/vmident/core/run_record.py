"""The record of a run: which VMs it was to change, what was sent to each, and what the outcome was.

                                 ┌── certainly not executed, still to be sent ──┐
                                 ▼                                              │
    run starts ── on disk ──► PLANNED ── on disk, then the request leaves ──► SENT ─┬── outcome known ───► DONE, FAILED
                                 │                                                  ├── --no-wait ───────► ACCEPTED
                                 └── fails before anything is sent ──► FAILED       └── outcome unknown ─► UNKNOWN

H1  A VM goes from planned to sent before its request leaves, and to done, failed, accepted or unknown before the
    result is printed. A VM that was certainly not changed and is still to be changed goes back to planned.
H2  Planned, sent, accepted and unknown are open: resuming the run changes these VMs, and no others. A run of which some
    VMs are accepted and none is planned, sent or unknown was not interrupted: it did not wait for the outcome.
H3  Sent, accepted and unknown are in flight: only a read of the VM shows whether the request was executed. See
    `core.write_outcome`, for which the etag from before the request is kept.
H4  VMs that failed before the run started, such as one that was not found, are kept as failures of the run.
H5  Identities that a run deletes go through the same stages, after its VMs. Whether an identity that was in flight is
    deleted is found by reading it. A resumed run deletes an identity only if no VM has it.

Why two writes to disk for each request: a process can be killed at any moment. With the stage on disk before the
request leaves, a VM that is planned was never written to, and one that is sent may have been; nothing in between
exists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from vmident.core.identity import IdentityState
from vmident.core.patch import PatchBody
from vmident.core.rbac.role_result import RoleResult
from vmident.core.rbac.roles import Grant
from vmident.core.resource_id import ResourceId
from vmident.core.transition import Change, Transition
from vmident.core.write_outcome import SentWrite


class Stage(Enum):
    """How far one VM of a run has come."""

    PLANNED = "planned"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """Return whether there is something left to do or to find out (H2)."""
        return self is Stage.PLANNED or self.is_in_flight

    @property
    def is_in_flight(self) -> bool:
        """Return whether a request has left whose outcome is not on record (H3)."""
        return self in {Stage.SENT, Stage.ACCEPTED, Stage.UNKNOWN}


class RunEntry(Struct, frozen=True):
    """One VM of a run.

    `change` and `grants` are what was asked for, `transition` leads from what the VM had when the request was worked
    out to its target state; `after` is what was read when it was done. `request` is `None` where roles alone change.
    With `expected`, a VM that has other identities than these was to be refused. `etag` is the one from before the
    request, `None` before version 0.2 and where the VM had none.
    """

    vm: ResourceId
    change: Change
    transition: Transition
    request: PatchBody | None
    grants: tuple[Grant, ...] = ()
    roles: tuple[RoleResult, ...] = ()
    stage: Stage = Stage.PLANNED
    after: IdentityState | None = None
    expected: IdentityState | None = None
    etag: str | None = None
    error_code: str | None = None
    error_message: str | None = None

    @property
    def outcome(self) -> Transition:
        """What the run did to the VM, or would have done where the outcome is not known."""
        return Transition(self.transition.before, self.after or self.transition.after)

    @property
    def sent_write(self) -> SentWrite | None:
        """The request whose outcome is not on record, where there is one."""
        if not self.stage.is_in_flight:
            return None
        return SentWrite(self.transition.before, self.etag, is_accepted=self.stage is Stage.ACCEPTED)


class EarlyFailure(Struct, frozen=True):
    """A VM for which a run could do nothing from the start, and why; `vm` is the word that named it, or its ID."""

    vm: str
    error_code: str
    error_message: str


class IdentityDeletion(Struct, frozen=True):
    """A user-assigned identity that a run deletes once no VM of the run has it any more.

    `principal_id` tells it from one that is created under the same name later. `roles` are the assignments of that
    principal, those planned for removal to be deleted after it. With `is_forced`, VMs may keep a dead attachment.
    """

    identity: ResourceId
    principal_id: str | None
    roles: tuple[RoleResult, ...] = ()
    is_forced: bool = False
    stage: Stage = Stage.PLANNED
    error_code: str | None = None
    error_message: str | None = None


class Origin(Struct, frozen=True):
    """Where a run came from: the command as typed, the cloud it went to, and who the token spoke for, where known."""

    command: str
    cloud: str
    endpoint: str
    caller_name: str | None = None
    caller_id: str | None = None


class RunRecord(Struct, frozen=True):
    """One run; moments in epoch seconds. `ended` is `None` where the process never came to the end of it.

    `undoes` is the run that this one takes back. `entries` are in the order in which they were to be changed; a list
    of runs has none, and their numbers in `counts`. `failures` are VMs without an entry. `deletions` are the identities
    to delete after that; a list of runs has none of them either, and in `deletion_stages` how far they have come.
    """

    id: str
    began: float
    ended: float | None
    origin: Origin
    undoes: str | None = None
    entries: tuple[RunEntry, ...] = ()
    counts: Mapping[Stage, int] | None = None
    deletions: tuple[IdentityDeletion, ...] = ()
    deletion_stages: frozenset[Stage] = frozenset()
    failures: tuple[EarlyFailure, ...] = ()

    @property
    def stages(self) -> Mapping[Stage, int]:
        """How many VMs have come how far."""
        counts = Counter(self.counts if self.counts is not None else (entry.stage for entry in self.entries))
        if self.failures:
            counts[Stage.FAILED] += len(self.failures)
        return counts

    @property
    def status(self) -> str:
        """How the run ended, in one word.

        `unfinished` where anything is planned, sent or unknown, else `failed` where anything failed, else `accepted`
        where anything was not waited for, else `done`.
        """
        reached = {stage for stage, count in self.stages.items() if count}
        reached |= self.deletion_stages | {one.stage for one in self.deletions}
        if reached & {Stage.PLANNED, Stage.SENT, Stage.UNKNOWN}:
            return "unfinished"
        if Stage.FAILED in reached:
            return "failed"
        return "accepted" if Stage.ACCEPTED in reached else "done"


class Progress(Struct, frozen=True):
    """How a run stands after `elapsed_seconds`: jobs by how far they are, those done in a minute of late.

    `limit_per_minute` is the most that Azure's limits allow, from now on to the end, `None` where nothing is waiting.
    """

    elapsed_seconds: float
    done: int
    failed: int
    in_flight: int
    waiting: int
    per_minute: float
    limit_per_minute: float | None
    seconds_left: float
    is_stopping: bool = False
