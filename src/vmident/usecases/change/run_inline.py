"""Carry out one job by itself, here and now: what many are for `vmident.ports.fleet.Fleet`, one needs no fleet for."""

from __future__ import annotations

from typing import TypeVar

from vmident.errors import UnexpectedError, VmidentError
from vmident.ports.clock import Clock
from vmident.ports.fleet import Pause, Steps
from vmident.ports.prompt import Prompt

T = TypeVar("T")


def run_inline(steps: Steps[T], clock: Clock, prompt: Prompt) -> T:
    """Take every step as it comes; gives the job's result, and raises what it raises."""
    value: object = None
    failure: BaseException | None = None
    while True:
        try:
            step = steps.throw(failure) if failure else steps.send(value)
        except StopIteration as over:
            result: T = over.value
            return result
        value = failure = None
        try:
            if isinstance(step, Pause):
                prompt.progress(step.why, step.elapsed_seconds)
                clock.sleep(step.seconds)
            else:
                value = step.act()
        except (VmidentError, KeyboardInterrupt) as met:
            failure = met
        except Exception as stray:  # noqa: BLE001 - the job says what it means for its VM
            failure = UnexpectedError.of(stray)
