"""What use cases return, frozen: every drawing, and the JSON that scripts read, is made from these alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from vmident.core.caller import Caller
from vmident.core.consequences import Warn
from vmident.core.identity import IdentityState
from vmident.core.machine import Machine
from vmident.core.patch import PatchBody
from vmident.core.resource_id import ResourceId
from vmident.errors import ExitCode, VmidentError


class Status(Enum):
    """How a change of one VM ended; design, section 3."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    PLANNED = "planned"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class ChangeResult:
    """What became of one VM. `vm` is the word that named it, `id` is `None` where no VM was found for it.

    `before` is `None` where the VM could not be read, `after` where the change failed; `request` is the body that
    was sent, or would be sent, and `None` where nothing was to be sent.
    """

    vm: str
    status: Status
    id: ResourceId | None = None
    before: IdentityState | None = None
    after: IdentityState | None = None
    request: PatchBody | None = None
    warnings: tuple[Warn, ...] = ()
    error: VmidentError | None = None


@dataclass(frozen=True)
class Shown:
    """What a look at one VM found: a machine, or the reason why there is none."""

    vm: str
    machine: Machine | None = None
    error: VmidentError | None = None


@dataclass(frozen=True)
class WhoAmI:
    """Who requests are made as, and where they go. `expires_on` is when the token ends, in epoch seconds.

    `origins` tells where `token`, `subscription`, `cloud`, `group`, `endpoint` and `authority` came from, as far as
    each was said.
    """

    caller: Caller
    expires_on: float | None
    cloud: str
    endpoint: str
    subscription_id: str | None
    subscription_name: str | None
    origins: Mapping[str, str]


def exit_code_for(outcomes: Sequence[ChangeResult] | Sequence[Shown]) -> ExitCode:
    """Give the exit code of a command over several VMs.

    All well is 0; some well and some not is 5; none well gives the code that all errors share, else 1. A VM that a
    stopped run never came to has no code of its own. An interruption is 130 whatever else happened.
    """
    codes = {outcome.error.exit_code for outcome in outcomes if outcome.error}
    if ExitCode.INTERRUPTED in codes:
        return ExitCode.INTERRUPTED
    if not codes:
        return ExitCode.DONE
    if any(outcome.error is None and not _is_skipped(outcome) for outcome in outcomes):
        return ExitCode.SOME_FAILED
    return codes.pop() if len(codes) == 1 else ExitCode.FAILED


def _is_skipped(outcome: ChangeResult | Shown) -> bool:
    return isinstance(outcome, ChangeResult) and outcome.status is Status.SKIPPED
