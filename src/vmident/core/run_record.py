"""What is kept of a run: which VMs it was to change, what was sent to each, and what came of it.

H1  A VM goes from planned to sent before its request leaves, and on to done, failed or unknown before that is told.
H2  Planned, sent and unknown are open: whoever goes on with the run takes these up, and no others.
H3  Sent and unknown are in flight: what the VM has now tells what came of the request, and nothing else does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from vmident.core.identity import IdentityState
from vmident.core.patch import PatchBody
from vmident.core.rbac.role_result import RoleResult
from vmident.core.rbac.roles import Grant
from vmident.core.resource_id import ResourceId
from vmident.core.transition import Change, Transition


class Stage(Enum):
    """How far one VM of a run has come."""

    PLANNED = "planned"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """Tell whether there is something left to do or to find out (H2)."""
        return self in {Stage.PLANNED, Stage.SENT, Stage.UNKNOWN}

    @property
    def is_in_flight(self) -> bool:
        """Tell whether a request has left whose outcome is not on record (H3)."""
        return self in {Stage.SENT, Stage.UNKNOWN}


@dataclass(frozen=True)
class RunEntry:
    """One VM of a run.

    `change` and `grants` are what was asked for, `transition` leads from what the VM had when the request was worked
    out to what it is to have; `after` is what was read when it was done. `request` is `None` where roles alone change.
    With `expected`, a VM that has other identities than these was to be refused.
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
    error_code: str | None = None
    error_message: str | None = None

    @property
    def outcome(self) -> Transition:
        """What the run did to the VM, or would have done where the outcome is not known."""
        return Transition(self.transition.before, self.after or self.transition.after)


@dataclass(frozen=True)
class IdentityDeletion:
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


@dataclass(frozen=True)
class Origin:
    """Where a run came from: the command as typed, the cloud it went to, and who the token spoke for, where known."""

    command: str
    cloud: str
    endpoint: str
    caller_name: str | None = None
    caller_id: str | None = None


@dataclass(frozen=True)
class RunRecord:
    """One run; moments in epoch seconds. `ended` is `None` where the process never came to the end of it.

    `undoes` is the run that this one takes back. `entries` are in the order in which they were to be changed; a list
    of runs has none, and their numbers in `counts`. `deletions` are the identities to delete after that; a list of
    runs has none of them either, and in `deletion_stages` how far they have come.
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

    @property
    def stages(self) -> Mapping[Stage, int]:
        """How many VMs have come how far."""
        return self.counts if self.counts is not None else Counter(entry.stage for entry in self.entries)

    @property
    def status(self) -> str:
        """How the run ended, in one word: `done`, `failed` where anything failed, `unfinished` where any is open."""
        reached = {stage for stage, count in self.stages.items() if count}
        reached |= self.deletion_stages | {one.stage for one in self.deletions}
        if any(stage.is_open for stage in reached):
            return "unfinished"
        return "failed" if Stage.FAILED in reached else "done"
