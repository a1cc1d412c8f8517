"""Many small reads side by side, at the pace that Azure Resource Manager allows.

A subscription has 250 reads at once and 25 more each second for a principal ('Reads and writes' in the wire facts). The
first reads start at once, the others in turn, a little slower than Azure refills: none should meet a 429, and one that
does is repeated by the connection.

The threads are daemons: one that waits for Azure keeps neither Ctrl-C nor `--timeout` from ending the command.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from vmident.errors import VmidentError

if TYPE_CHECKING:
    from vmident.ports.clock import Clock

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 8
STARTED_AT_ONCE = 200
STARTED_EACH_SECOND = 20.0
_LOOKS_SECONDS = 1.0


def read_each(
    items: Sequence[T], read: Callable[[T], R], clock: Clock, *, at_once: int = AT_ONCE
) -> list[R | VmidentError]:
    """Return for each item what `read` returns, or the error that it raises; in the order of the items.

    Raises `TimedOut` at the deadline, and other errors of `read` at once. With one `at_once`, no threads are started.
    """
    began = clock.now()

    def outcome_of(index: int) -> R | VmidentError | BaseException:
        try:
            starts = began + max(0.0, (index - STARTED_AT_ONCE) / STARTED_EACH_SECOND)
            if starts > clock.now():
                clock.sleep(starts - clock.now())
            return read(items[index])
        except BaseException as failure:  # noqa: BLE001 - raised by the thread that waits for it
            return failure

    if at_once == 1:
        return [_checked(outcome_of(index)) for index in range(len(items))]
    return _side_by_side(len(items), outcome_of, clock, at_once)


def _side_by_side(
    count: int, outcome_of: Callable[[int], R | VmidentError | BaseException], clock: Clock, at_once: int
) -> list[R | VmidentError]:
    waiting, stopped = itertools.count(), threading.Event()
    done: queue.SimpleQueue[tuple[int, R | VmidentError | BaseException]] = queue.SimpleQueue()

    def work() -> None:
        # `next` of a count is one step of the interpreter: no two threads get the same number.
        while not stopped.is_set() and (index := next(waiting)) < count:
            done.put((index, outcome_of(index)))

    for number in range(min(at_once, count)):
        threading.Thread(target=work, name=f"reader-{number}", daemon=True).start()
    found: dict[int, R | VmidentError] = {}
    try:
        while len(found) < count:
            clock.remaining_seconds()
            try:
                index, outcome = done.get(timeout=_LOOKS_SECONDS)
            except queue.Empty:
                continue
            found[index] = _checked(outcome)
    finally:
        stopped.set()
    return [found[index] for index in range(count)]


def _checked(outcome: R | VmidentError | BaseException) -> R | VmidentError:
    if isinstance(outcome, BaseException) and (not isinstance(outcome, VmidentError) or outcome.ends_run):
        raise outcome
    return outcome
