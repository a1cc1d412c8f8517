"""What use cases return, frozen: every drawing, and the JSON that scripts read, is made from these alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from vmident.core.caller import Caller
from vmident.core.consequences import Warn
from vmident.core.deployment import Foreseen
from vmident.core.diagnosis import Finding
from vmident.core.identity import IdentityState
from vmident.core.machine import Machine
from vmident.core.patch import PatchBody
from vmident.core.plan import PlannedVm
from vmident.core.resource_id import ResourceId
from vmident.core.roles import Role
from vmident.core.scope import Scope
from vmident.core.standing import Group, IdentityResource
from vmident.errors import ExitCode, VmidentError


class Status(Enum):
    """How a change of one VM ended; design, section 3."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    PLANNED = "planned"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SKIPPED = "skipped"


class RoleStatus(Enum):
    """What became of one role assignment."""

    GRANTED = "granted"
    EXISTING = "existing"
    PLANNED = "planned"
    FAILED = "failed"
    ORPHANED = "orphaned"
    PLANNED_REMOVAL = "planned-removal"
    REMOVED = "removed"


@dataclass(frozen=True)
class RoleResult:
    """A role assignment that was asked for, or that a change leaves pointing at nobody.

    `id` is `None` where there is none yet or Azure does not say it, `principal_id` where there is no principal yet.
    """

    role: Role
    scope: Scope
    principal_id: str | None
    status: RoleStatus
    id: str | None = None


def planned_roles(planned: PlannedVm) -> tuple[RoleResult, ...]:
    """Give the roles of one VM of a plan: to be granted, or there."""
    return tuple(
        RoleResult(
            one.grant.role,
            one.grant.scope,
            one.principal_id,
            RoleStatus.EXISTING if one.is_there else RoleStatus.PLANNED,
        )
        for one in planned.grants
    )


@dataclass(frozen=True)
class ChangeResult:
    """What became of one VM. `vm` is the word that named it, `id` is `None` where no VM was found for it.

    `before` is `None` where the VM could not be read, `after` where the change failed; `request` is the body that
    was sent, or would be sent, and `None` where nothing was to be sent. Where the identities were changed and a role
    was not granted, the status is failed and `after` says what is there.
    """

    vm: str
    status: Status
    id: ResourceId | None = None
    before: IdentityState | None = None
    after: IdentityState | None = None
    request: PatchBody | None = None
    warnings: tuple[Warn, ...] = ()
    roles: tuple[RoleResult, ...] = ()
    error: VmidentError | None = None


@dataclass(frozen=True)
class Creation:
    """What became of a VM that was to be made.

    `template` and `what_if` are there where it was only worked out; `what_if` is `None` where Azure was not asked, or
    did not answer. `identity` is what the VM has, or would have; `None` where it is not known. `deployment` is the full
    id of what made it, `None` where nothing was sent.
    """

    vm: ResourceId
    location: str
    admin_username: str
    status: Status
    identity: IdentityState | None = None
    private_address: str | None = None
    public_address: str | None = None
    deployment: ResourceId | None = None
    template: Mapping[str, Any] | None = None
    what_if: tuple[Foreseen, ...] | None = None
    roles: tuple[RoleResult, ...] = ()
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


@dataclass(frozen=True)
class Diagnosis:
    """All findings in the order of the checks, and what can be taken away: dead attachments of `vm`."""

    findings: tuple[Finding, ...]
    vm: ResourceId | None = None
    dead: tuple[ResourceId, ...] = ()


@dataclass(frozen=True)
class GroupMade:
    """A resource group that was to be there; `before` is what was there, `None` for nothing."""

    group: Group
    status: Status
    before: Group | None = None


@dataclass(frozen=True)
class IdentityMade:
    """A user-assigned identity that was to be there; `before` is what was there, `None` for nothing.

    Where the identity is there and a role was not granted, the status is failed and `error` says why.
    """

    identity: IdentityResource
    status: Status
    before: IdentityResource | None = None
    warnings: tuple[Warn, ...] = ()
    roles: tuple[RoleResult, ...] = ()
    error: VmidentError | None = None


@dataclass(frozen=True)
class IdentityShown:
    """What a look at one identity found: it, or the reason why there is none."""

    word: str
    identity: IdentityResource | None = None
    error: VmidentError | None = None


@dataclass(frozen=True)
class Deletion:
    """What became of one identity that was to be deleted; `word` named it.

    `identity` is `None` where none was found, and `detached` the VMs that lose it first. `attached` are the VMs that
    have it, and keep a dead attachment where it is deleted by force.
    """

    word: str
    status: Status
    identity: IdentityResource | None = None
    attached: tuple[ResourceId, ...] = ()
    detached: tuple[ChangeResult, ...] = ()
    roles: tuple[RoleResult, ...] = ()
    warnings: tuple[Warn, ...] = ()
    error: VmidentError | None = None


class Outcome(Protocol):
    """What became of one of several things."""

    @property
    def error(self) -> VmidentError | None:
        """The failure that it met."""
        ...


def exit_code_for(outcomes: Sequence[Outcome]) -> ExitCode:
    """Give the exit code of a command over several VMs or identities.

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
    return isinstance(outcome, (ChangeResult, Deletion)) and outcome.status is Status.SKIPPED
