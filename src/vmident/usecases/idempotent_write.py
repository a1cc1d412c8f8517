"""Make something so that was just read not to be, without ever repeating a write blindly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from vmident.core.polling import pause_before_retry
from vmident.errors import AzureUnavailable, Interrupted, Throttled, TimedOut, VmidentError
from vmident.ports.azure import Clock, Person

TRIES = 6

T = TypeVar("T")


@dataclass(frozen=True)
class Errand(Generic[T]):
    """One write: `make` sends it, `found` reads whether it is done, and gives `None` where it is still to be made.

    `what` says it in words, such as `make resource group 'web'`; `look` is the command that shows what came of it.
    """

    make: Callable[[], T]
    found: Callable[[], T | None]
    what: str
    look: str


@dataclass
class _Sent:
    """Whether a write went out that is not known to have been refused."""

    perhaps: bool = False


def ensure(errand: Errand[T], clock: Clock, person: Person) -> tuple[T, bool]:
    """Run the errand; gives what is now there, and whether this may have made it.

    Where Azure throttles or an answer is lost, there is a pause and a look; only what is still to be made is made
    again, `TRIES` times at most. Raises what does not clear; the error says whether anything was sent.
    """
    sent = _Sent()
    try:
        return _until_made(errand, sent, clock, person)
    except (TimedOut, AzureUnavailable) as failure:
        raise _whole_truth(failure, errand, sent) from failure
    except KeyboardInterrupt:
        raise _whole_truth(Interrupted("Interrupted."), errand, sent) from None


def _until_made(errand: Errand[T], sent: _Sent, clock: Clock, person: Person) -> tuple[T, bool]:
    tries = 0
    while True:
        clock.remaining_seconds()
        earlier, sent.perhaps = sent.perhaps, True
        try:
            return errand.make(), True
        except (Throttled, AzureUnavailable) as failure:
            if isinstance(failure, Throttled):
                sent.perhaps = earlier
            tries += 1
            if tries == TRIES:
                raise
            asked_for = failure.retry_after_seconds if isinstance(failure, Throttled) else None
            pause = pause_before_retry(tries - 1, asked_for)
            person.tell(f"{errand.what}: {failure.code}, looking again in {pause:.0f} s")
            clock.sleep(pause)
        there = errand.found()
        if there is not None:
            return there, sent.perhaps


def _whole_truth(failure: VmidentError, errand: Errand[T], sent: _Sent) -> VmidentError:
    if not sent.perhaps:
        return failure.saying(f"{failure.message} The request to {errand.what} was not sent.")
    return failure.saying(
        f"{failure.message} The request to {errand.what} was sent, and Azure may still carry it out.",
        hint=f"See what is there: {errand.look}",
    )
