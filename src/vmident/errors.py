"""The errors that vmident reports, and the exit code of each.

An error carries what `results` and `render` print: a code, what failed and why, what to do about it,
and, if Azure answered, the HTTP status and the request ID that Microsoft support needs.

This file is long because it is a catalog: one class for each code, a few lines each. The reference is generated from
it, and tests compare it as a whole with the codes that scripts may rely on.
"""

from __future__ import annotations

from copy import copy
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self


class ExitCode(IntEnum):
    """The exit code of the process."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    SOME_FAILED = 5
    CONFLICT = 6
    TIMED_OUT = 7
    PENDING = 10
    INTERRUPTED = 130


class VmidentError(Exception):
    """An error with a code and a hint.

    `code` is Azure's own where Azure refused, else the class's kebab-case code, which never changes once released.
    `message` is one sentence: what was asked, of which thing, what was found. `hint` is one command to run or one
    thing to check. `status` is the HTTP status and `request_id` the `x-ms-request-id`, where there was an answer.

    `retry_after_seconds` is Azure's `Retry-After`, where it throttled the request and sent one.

    `ends_run` is true of failures that every further request of the command would meet too: no time left, no sign-in,
    no journal. Code that carries on after the failure of one resource raises these instead.

    `outcome_is_unknown` is true of failures after which a write may have been done all the same: no answer, or one that
    is neither a success nor a refusal. The resource is read back before the failure is believed. Of a failure that may
    come before a write or after it, such as an interruption, `in_doubt` says that it came after.
    """

    default_code: ClassVar[str] = "failed"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED
    ends_run: ClassVar[bool] = False
    outcome_is_unknown: bool = False
    retry_after_seconds: float | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint
        self.status = status
        self.request_id = request_id

    def with_message(self, message: str, hint: str | None = None) -> Self:
        """Return a copy with another message; code, status and request ID stay."""
        other = copy(self)
        other.args, other.message, other.hint = (message,), message, hint or self.hint
        other.__cause__ = self.__cause__
        return other

    def in_doubt(self) -> Self:
        """Return a copy with an unknown outcome: the write was sent and not rejected."""
        other = self.with_message(self.message)
        other.outcome_is_unknown = True
        return other


class UsageError(VmidentError):
    """The command line is not valid; nothing was sent."""

    default_code = "usage"
    exit_code = ExitCode.USAGE


class BadResourceId(UsageError):
    """A resource ID or name is not valid."""

    default_code = "bad-resource-id"


class AmbiguousName(UsageError):
    """Several resources have the same name."""

    default_code = "ambiguous-name"


class BadDocument(UsageError):
    """A desired-state file cannot be read; the message names the file and line."""

    default_code = "bad-document"


class ConflictingRules(UsageError):
    """Two rules of a desired-state file contradict each other; the message names both lines."""

    default_code = "conflicting-rules"


class NotExportable(UsageError):
    """A desired-state file has parts that cannot be exported; the message names their lines."""

    default_code = "not-exportable"


class BadPlan(UsageError):
    """A saved plan cannot be read, has another version or is for another cloud."""

    default_code = "bad-plan"


class ConfirmationNeeded(UsageError):
    """The change requires confirmation, but there is no terminal for a prompt, and `--yes` was not used."""

    default_code = "confirmation-needed"


class Declined(VmidentError):
    """You answered no at the prompt; nothing was changed."""

    default_code = "declined"


class QueryFailed(VmidentError):
    """The `--query` expression cannot be applied to the output; the whole output is printed instead."""

    default_code = "query-failed"


class NotFound(VmidentError):
    """A VM, identity, resource group or subscription was not found."""

    default_code = "not-found"
    exit_code = ExitCode.NOT_FOUND


class SystemIdentityUnsupported(VmidentError):
    """The resource cannot have a system-assigned identity: a scale set in Flexible orchestration mode."""

    default_code = "system-identity-unsupported"


class BeingDeleted(VmidentError):
    """The VM or resource group is being deleted."""

    default_code = "being-deleted"
    exit_code = ExitCode.CONFLICT


class AlreadyExists(VmidentError):
    """A resource with that name already exists with different settings."""

    default_code = "already-exists"


class StillAttached(VmidentError):
    """The identity cannot be deleted because it is still attached to VMs."""

    default_code = "still-attached"


class NotSignedIn(VmidentError):
    """No credential returned a token, or Azure rejected the token."""

    default_code = "not-signed-in"
    exit_code = ExitCode.NOT_ALLOWED
    ends_run = True


class WrongTenant(NotSignedIn):
    """The account is not signed in to the subscription's tenant; other subscriptions are not affected."""

    default_code = "wrong-tenant"
    ends_run = False


class NoTokenStore(VmidentError):
    """No encrypted token store is available, and storing tokens in a plain file is not allowed."""

    default_code = "no-token-store"


class NotAllowed(VmidentError):
    """The account is signed in but lacks the permission that the request needs."""

    default_code = "not-allowed"
    exit_code = ExitCode.NOT_ALLOWED


class Conflict(VmidentError):
    """Another operation is changing the VM, or the VM changed since it was read."""

    default_code = "conflict"
    exit_code = ExitCode.CONFLICT


class PreconditionFailed(Conflict):
    """The VM's etag changed since it was read: read and compute again."""

    default_code = "precondition-failed"


class StateDrifted(VmidentError):
    """The VM has changed since the plan was made or the run completed, so vmident did not change it."""

    default_code = "state-drifted"
    exit_code = ExitCode.CONFLICT


class TakenOver(VmidentError):
    """Another process resumed the run; this one stopped sending requests."""

    default_code = "taken-over"
    exit_code = ExitCode.CONFLICT
    ends_run = True


class JournalUnusable(VmidentError):
    """The journal cannot be read or written; no further changes are sent."""

    default_code = "journal-unusable"
    ends_run = True


class OperationFailed(VmidentError):
    """Azure accepted the change, but the operation failed."""

    default_code = "operation-failed"


class OperationUnfinished(VmidentError):
    """The operation did not complete within two hours; it may still complete."""

    default_code = "operation-unfinished"
    exit_code = ExitCode.TIMED_OUT
    outcome_is_unknown = True


class VmNotVerified(VmidentError):
    """The VM was not verified, because no script was run in it."""

    default_code = "not-verified"
    exit_code = ExitCode.SOME_FAILED


class ScriptFailed(VmidentError):
    """The verification script ran in the VM, but its output is missing, incomplete or not valid."""

    default_code = "script-failed"
    exit_code = ExitCode.SOME_FAILED


class FindingsIncomplete(VmidentError):
    """Not all role assignments were read, so `--fail-on` cannot be evaluated: no finding so far is severe enough."""

    default_code = "findings-incomplete"
    exit_code = ExitCode.SOME_FAILED


class ChangeNotMade(VmidentError):
    """Azure accepted the change and no operation is running, but the VM does not show the change."""

    default_code = "change-not-made"


class AzureErrorResponse(VmidentError):
    """Azure returned an error that no other class covers; the code and message are Azure's."""

    default_code = "azure-error"


class StoppedEarly(VmidentError):
    """The VM was not changed because the run stopped after changes to other VMs failed."""

    default_code = "stopped-early"


class Throttled(VmidentError):
    """Azure throttled the request; `retry_after_seconds` is its `Retry-After`, if it sent one.

    `target` is the rate limit that Azure named in the error details, such as `UpdateVMSubscriptionMaximum`.
    """

    default_code = "throttled"

    def __init__(
        self,
        message: str,
        *,
        retry_after_seconds: float | None = None,
        target: str | None = None,
        code: str | None = None,
        hint: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint, status=status, request_id=request_id)
        self.retry_after_seconds = retry_after_seconds
        self.target = target


class AzureUnavailable(VmidentError):
    """Azure returned a server error (5xx); the outcome of a write is unknown."""

    default_code = "azure-unavailable"
    outcome_is_unknown = True


class Unreachable(AzureUnavailable):
    """No response: DNS, network, proxy or certificate problem, or a lost connection."""

    default_code = "unreachable"


class InvalidResponse(AzureUnavailable):
    """The response is not valid: truncated, not JSON, a redirect, or a field of the wrong type.

    It is neither a success nor an error, so the outcome of a write is unknown.
    """

    default_code = "invalid-response"


class WrongResource(InvalidResponse):
    """The response describes a different resource from the request; it is not used."""

    default_code = "wrong-resource"


class UnexpectedError(VmidentError):
    """An unexpected exception while reading or changing one VM; other VMs are not affected.

    The exception itself is the `__cause__`; `--debug` prints its traceback.
    """

    default_code = "unexpected-error"
    outcome_is_unknown = True

    @classmethod
    def of(cls, stray: Exception) -> Self:
        """Return the error for an exception that no other class here stands for."""
        error = cls(
            f"vmident failed unexpectedly: {type(stray).__name__}: {' '.join(str(stray).split())}",
            hint="This is a bug. Run the command again with --debug and report the output.",
        )
        error.__cause__ = stray
        return error


class SandboxUnusable(VmidentError):
    """The sandbox folder cannot be used, or this version cannot read its contents."""

    default_code = "sandbox-unusable"

    # `copy` makes an exception anew from its message alone, so the hint is optional.
    def __init__(self, message: str, *, hint: str | None = None, is_mended_by_reset: bool = True) -> None:
        super().__init__(message, hint=hint)
        self.is_mended_by_reset = is_mended_by_reset


class TimedOut(VmidentError):
    """The `--timeout` expired; requests already sent may still complete."""

    default_code = "timed-out"
    exit_code = ExitCode.TIMED_OUT
    ends_run = True
    outcome_is_unknown = True


class Interrupted(VmidentError):
    """The command was interrupted; operations in Azure continue."""

    default_code = "interrupted"
    exit_code = ExitCode.INTERRUPTED
    ends_run = True
    outcome_is_unknown = True
