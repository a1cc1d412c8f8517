"""What use cases return, frozen: every drawing, and the JSON that scripts read, is made from these alone."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from vmident.core.rbac.role_result import RoleResult as RoleResult  # noqa: PLC0414 - a result that core knows too
from vmident.core.rbac.role_result import RoleStatus as RoleStatus  # noqa: PLC0414 - the same
from vmident.errors import ExitCode, VmidentError

if TYPE_CHECKING:
    from vmident.core.consequences import Notice
    from vmident.core.desired_state.plan import PlannedVm
    from vmident.core.identity import IdentityState
    from vmident.core.patch import PatchBody
    from vmident.core.resource_id import ResourceId
    from vmident.core.virtual_machine import VirtualMachine
    from vmident.results.verification import VmVerification


class Status(Enum):
    """How a change of one VM ended."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    PLANNED = "planned"
    ACCEPTED = "accepted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


def planned_roles(planned: PlannedVm) -> tuple[RoleResult, ...]:
    """Return the roles of one VM of a plan: to be granted, or there."""
    return tuple(
        RoleResult(
            one.grant.role,
            one.grant.scope,
            one.principal_id,
            RoleStatus.EXISTING if one.is_there else RoleStatus.PLANNED,
            receiver=one.receiver,
        )
        for one in planned.grants
    )


class ChangeResult(Struct, frozen=True):
    """What became of one VM. `vm` is the word that named it, `id` is `None` where no VM was found for it.

    `before` is `None` where the VM could not be read, `after` where the change failed; `request` is the body that
    was sent, or would be sent, and `None` where nothing was to be sent. Where the identities were changed and a role
    was not granted, or Azure failed the change halfway, the status is failed and `after` says what is there. A status
    of unknown has an error that says why neither the answer nor the VM shows how the change ended. `verification` is
    what `--verify` found.
    """

    vm: str
    status: Status
    id: ResourceId | None = None
    before: IdentityState | None = None
    after: IdentityState | None = None
    request: PatchBody | None = None
    warnings: tuple[Notice, ...] = ()
    roles: tuple[RoleResult, ...] = ()
    error: VmidentError | None = None
    verification: VmVerification | None = None


class VmView(Struct, frozen=True):
    """What a look at one VM found: a machine, or the reason why there is none."""

    vm: str
    machine: VirtualMachine | None = None
    error: VmidentError | None = None


class Outcome(Protocol):
    """What became of one of several things."""

    @property
    def error(self) -> VmidentError | None:
        """The failure that it met."""
        ...


def exit_code_for(outcomes: Sequence[Outcome]) -> ExitCode:
    """Return the exit code of a command over several VMs or identities.

    All well is 0; some well and some not is 5; none well gives the code that all errors share, else 1. What a stopped
    run never came to has no code of its own. An interruption is 130 whatever else happened.
    """
    codes = {outcome.error.exit_code for outcome in outcomes if outcome.error}
    if ExitCode.INTERRUPTED in codes:
        return ExitCode.INTERRUPTED
    if not codes:
        return ExitCode.DONE
    if any(outcome.error is None and not _is_skipped(outcome) for outcome in outcomes):
        return ExitCode.SOME_FAILED
    return codes.pop() if len(codes) == 1 else ExitCode.FAILED


def _is_skipped(outcome: Outcome) -> bool:
    return getattr(outcome, "status", None) is Status.SKIPPED
