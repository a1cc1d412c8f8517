"""Write once what a read has shown to be missing, and never repeat a write blindly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from vmident.core.polling import pause_before_retry
from vmident.errors import AzureUnavailable, Interrupted, Throttled, TimedOut, VmidentError
from vmident.ports.clock import Clock
from vmident.ports.prompt import Prompt

TRIES = 6

T = TypeVar("T")


@dataclass(frozen=True)
class Write(Generic[T]):
    """One write: `make` sends it, `found` reads whether it is done, and gives `None` where it is still to be made.

    `what` says it in words, such as `create resource group 'web'`; `look` is the command that shows what came of it.
    """

    make: Callable[[], T]
    found: Callable[[], T | None]
    what: str
    look: str


@dataclass
class _Sent:
    """Whether a write went out that is not known to have been refused."""

    perhaps: bool = False


def write_once(write: Write[T], clock: Clock, prompt: Prompt) -> tuple[T, bool]:
    """Run the errand; gives what is now there, and whether this may have made it.

    Where Azure throttles or an answer is lost, there is a pause and a look; only what is still to be made is made
    again, `TRIES` times at most. Raises what does not clear; the error says whether anything was sent.
    """
    sent = _Sent()
    try:
        return _until_made(write, sent, clock, prompt)
    except VmidentError as failure:
        if not (sent.perhaps or isinstance(failure, TimedOut)):
            raise
        raise _with_context(failure, write, sent) from failure
    except KeyboardInterrupt:
        raise _with_context(Interrupted("Interrupted."), write, sent) from None


def _until_made(write: Write[T], sent: _Sent, clock: Clock, prompt: Prompt) -> tuple[T, bool]:
    tries = 0
    while True:
        clock.remaining_seconds()
        earlier, sent.perhaps = sent.perhaps, True
        try:
            return write.make(), True
        except VmidentError as failure:
            if not failure.outcome_is_unknown:
                # Refused: only what was sent before, if its answer was lost, may have been done.
                sent.perhaps = earlier
            if not isinstance(failure, (Throttled, AzureUnavailable)):
                raise
            tries += 1
            if tries == TRIES:
                raise
            asked_for = failure.retry_after_seconds if isinstance(failure, Throttled) else None
            pause = pause_before_retry(tries - 1, asked_for)
            prompt.progress(f"{write.what}: {failure.code}, checking again in {pause:.0f} s")
            clock.sleep(pause)
        there = write.found()
        if there is not None:
            return there, sent.perhaps


def _with_context(failure: VmidentError, write: Write[T], sent: _Sent) -> VmidentError:
    if not sent.perhaps:
        return failure.with_message(f"{failure.message} The request to {write.what} was not sent.")
    return failure.in_doubt().with_message(
        f"{failure.message} The request to {write.what} was sent and may still complete.",
        hint=f"To see the current state: {write.look}",
    )
