"""Write once what a read has shown to be missing, and never repeat a write blindly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from vmident.core.polling import RetrySchedule
from vmident.errors import Interrupted, TimedOut, VmidentError
from vmident.ports.clock import Clock
from vmident.ports.prompt import Prompt

TRIES = 6
_SCHEDULE = RetrySchedule(TRIES)

T = TypeVar("T")


class Write(Struct, Generic[T], frozen=True):
    """One write: `make` sends it, `found` reads whether it is done, and gives `None` where it is still to be made.

    `what` says it in words, such as `create resource group 'web'`; `look` is the command that shows what came of it.
    """

    make: Callable[[], T]
    found: Callable[[], T | None]
    what: str
    look: str


class _Sent(Struct):
    """Whether a write went out that is not known to have been refused."""

    perhaps: bool = False


def write_once(write: Write[T], clock: Clock, prompt: Prompt) -> tuple[T, bool]:
    """Send the write; returns what now exists, and whether this write may have created it.

    Where Azure throttles or a response is lost, it pauses and reads; only what still does not exist is written again,
    `TRIES` times at most. Raises what does not clear; the error says whether anything was sent.
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
        tries += 1
        clock.remaining_seconds()
        earlier, sent.perhaps = sent.perhaps, True
        try:
            return write.make(), True
        except VmidentError as failure:
            if not failure.outcome_is_unknown:
                # Refused: only what was sent before, if its answer was lost, may have been done.
                sent.perhaps = earlier
            pause = _SCHEDULE.pause_after(failure, tries)
            if pause is None:
                raise
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
