"""Every failure that a user can meet, and the exit code of each.

An error carries what `results` and `render` need to say it: a code, what failed and why, what to do about it,
and, where Azure said it, the HTTP status and the request id that Microsoft's support asks for.
"""

from __future__ import annotations

from copy import copy
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self


class ExitCode(IntEnum):
    """What the process ends with; design, section 4."""

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
    """A failure with a name and a way out.

    `code` is Azure's own where Azure refused, else the class's kebab-case code, which never changes once released.
    `message` is one sentence: what was asked, of which thing, what was found. `hint` is one command to run or one
    thing to check. `status` is the HTTP status and `request_id` the `x-ms-request-id`, where there was an answer.

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
        """Return the same failure in other words; code, status and request id stay."""
        other = copy(self)
        other.args, other.message, other.hint = (message,), message, hint or self.hint
        other.__cause__ = self.__cause__
        return other

    def in_doubt(self) -> Self:
        """Return the same failure as one after which a write may have been done: it was sent, and not refused."""
        other = self.with_message(self.message)
        other.outcome_is_unknown = True
        return other


class UsageError(VmidentError):
    """The words of the command are wrong; nothing was sent."""

    default_code = "usage"
    exit_code = ExitCode.USAGE


class BadResourceId(UsageError):
    """A resource id or a name that no resource can have."""

    default_code = "bad-resource-id"


class AmbiguousName(UsageError):
    """A bare name that several resources have."""

    default_code = "ambiguous-name"


class BadDocument(UsageError):
    """A description of what VMs are to have that cannot be read; the message names file and line."""

    default_code = "bad-document"


class ConflictingRules(UsageError):
    """Rules of a description that no VM can satisfy at once; the message names both lines."""

    default_code = "conflicting-rules"


class BadPlan(UsageError):
    """A saved plan that cannot be read, or that is of another version or for another cloud."""

    default_code = "bad-plan"


class ConfirmationNeeded(UsageError):
    """A change that removes something, or of VMs that were selected and not named, off a terminal, without `--yes`."""

    default_code = "confirmation-needed"


class Declined(VmidentError):
    """The person asked said no; nothing was changed."""

    default_code = "declined"


class QueryUnfit(VmidentError):
    """A `--query` that the answer's own shape makes no sense of; the whole answer is printed instead."""

    default_code = "query-unfit"


class NotFound(VmidentError):
    """A VM, identity, group or subscription that is not there."""

    default_code = "not-found"
    exit_code = ExitCode.NOT_FOUND


class AlreadyExists(VmidentError):
    """A resource of that name is there already, and is not what was asked for."""

    default_code = "already-exists"


class StillAttached(VmidentError):
    """An identity that is to be deleted is attached to VMs."""

    default_code = "still-attached"


class NotSignedIn(VmidentError):
    """No credential gave a token, or Azure refused the token."""

    default_code = "not-signed-in"
    exit_code = ExitCode.NOT_ALLOWED
    ends_run = True


class NoTokenStore(VmidentError):
    """There is no encrypted store that tokens could be kept in, and no leave to keep them in a plain file."""

    default_code = "no-token-store"


class NotAllowed(VmidentError):
    """Signed in, but without the permission that the request needs."""

    default_code = "not-allowed"
    exit_code = ExitCode.NOT_ALLOWED


class Conflict(VmidentError):
    """The VM is being changed by somebody else, or has changed since it was read."""

    default_code = "conflict"
    exit_code = ExitCode.CONFLICT


class PreconditionFailed(Conflict):
    """The VM's etag is no longer the one that was read: read again, compute again."""

    default_code = "precondition-failed"


class StateDrifted(VmidentError):
    """The VM is no longer as it was when the plan was made, or as the run left it: it is left alone."""

    default_code = "moved-on"
    exit_code = ExitCode.CONFLICT


class TakenOver(VmidentError):
    """Another process goes on with the run; this one sends nothing more."""

    default_code = "taken-over"
    exit_code = ExitCode.CONFLICT
    ends_run = True


class JournalUnusable(VmidentError):
    """The journal of runs cannot be read or written; a change is refused before anything is sent."""

    default_code = "journal-unusable"
    ends_run = True


class OperationFailed(VmidentError):
    """Azure took the change and then failed to carry it out."""

    default_code = "operation-failed"


class OperationUnfinished(VmidentError):
    """An operation that Azure has not ended within the time that vmident waits for one; it may still complete."""

    default_code = "operation-unfinished"
    exit_code = ExitCode.TIMED_OUT
    outcome_is_unknown = True


class ChangeNotMade(VmidentError):
    """Azure accepted a change, and the VM, on which no operation runs any more, does not show it."""

    default_code = "change-not-made"


class AzureRefused(VmidentError):
    """An answer that no other class fits; the code and message are Azure's."""

    default_code = "azure-refused"


class StoppedEarly(VmidentError):
    """A run that stopped by itself, as it was told to where changes fail."""

    default_code = "stopped-early"


class Throttled(VmidentError):
    """Azure asks for fewer requests; `retry_after_seconds` is what it said, if it said.

    `target` is the budget that Azure named in the details of the refusal, such as `UpdateVMSubscriptionMaximum`.
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
    """Azure's own trouble (5xx); whether a write was carried out is not known."""

    default_code = "azure-unavailable"
    outcome_is_unknown = True


class Unreachable(AzureUnavailable):
    """No answer at all: name, network, proxy, certificate, or a connection lost on the way."""

    default_code = "unreachable"


class UnreadableAnswer(AzureUnavailable):
    """An answer that is not what Azure answers: cut, not JSON, a redirect, a member of the wrong type.

    It is neither a success nor a refusal, so a write that is answered like this may have been done.
    """

    default_code = "unreadable-answer"


class WrongResource(UnreadableAnswer):
    """An answer about another resource than the one in the request; nothing is computed from it."""

    default_code = "wrong-resource"


class UnexpectedError(VmidentError):
    """An exception that vmident does not foresee, while one VM was read or changed; the others are not affected.

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
    """The sandbox's folder cannot be used, or holds what this version cannot read."""

    default_code = "sandbox-unusable"

    def __init__(self, message: str, *, hint: str, is_mended_by_reset: bool = True) -> None:
        super().__init__(message, hint=hint)
        self.is_mended_by_reset = is_mended_by_reset


class TimedOut(VmidentError):
    """`--timeout` ran out; what was sent may still complete."""

    default_code = "timed-out"
    exit_code = ExitCode.TIMED_OUT
    ends_run = True
    outcome_is_unknown = True


class Interrupted(VmidentError):
    """Ctrl-C; what was sent goes on in Azure."""

    default_code = "interrupted"
    exit_code = ExitCode.INTERRUPTED
    ends_run = True
    outcome_is_unknown = True
