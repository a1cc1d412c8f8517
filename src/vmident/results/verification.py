"""What `verify` found of each VM; frozen as `results`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from vmident.errors import ExitCode

if TYPE_CHECKING:
    from vmident.core.consequences import Notice
    from vmident.core.resource_id import ResourceId
    from vmident.core.verification.verdict import CheckResult
    from vmident.errors import VmidentError


class VerificationStatus(Enum):
    """How the verification of one VM ended.

    `skipped`: no script was run in the VM. `unknown`: one was sent, and what it found is not known.
    """

    VERIFIED = "verified"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class VmVerification(Struct, frozen=True):
    """What was found of one VM. `vm` is the word that named it, `id` is `None` where no VM was found for it.

    `error` says why a VM was skipped or its result is unknown. `instance` is that of a scale set that was asked.
    """

    vm: str
    status: VerificationStatus
    id: ResourceId | None = None
    checks: tuple[CheckResult, ...] = ()
    warnings: tuple[Notice, ...] = ()
    error: VmidentError | None = None
    instance: str | None = None

    @property
    def name(self) -> str:
        """The VM's name, or the word that names none."""
        return self.id.name if self.id else self.vm


def verification_exit_code(results: Sequence[VmVerification]) -> ExitCode:
    """Return the exit code of `verify`.

    0 where all are verified, 1 where a check failed, else 5 as some could not be asked: but where none was verified
    and all failed alike, the code that their errors share, unless that is 1. An interruption is 130 whatever else
    happened.
    """
    codes = {one.error.exit_code for one in results if one.error}
    if ExitCode.INTERRUPTED in codes:
        return ExitCode.INTERRUPTED
    statuses = {one.status for one in results}
    if VerificationStatus.FAILED in statuses:
        return ExitCode.FAILED
    if statuses <= {VerificationStatus.VERIFIED}:
        return ExitCode.DONE
    is_alike = VerificationStatus.VERIFIED not in statuses and len(codes) == 1
    return codes.pop() if is_alike and ExitCode.FAILED not in codes else ExitCode.SOME_FAILED
