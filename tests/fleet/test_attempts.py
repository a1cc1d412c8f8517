"""A write leaves from a worker: it is on record and in doubt before the result is made, or it does not leave."""

from __future__ import annotations

import threading

import pytest

from tests.fleet.simulated import REGIONS, SUBSCRIPTIONS
from vmident.core.identity import IdentityState
from vmident.core.patch import patch_for
from vmident.core.resource_id import vm_id
from vmident.core.transition import EnableSystem, transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import Interrupted, NotAllowed, NotFound, TakenOver, Unreachable, VmidentError
from vmident.ports.azure import PatchResponse
from vmident.usecases.change.attempt import Attempt
from vmident.usecases.change.prepare import Prepared
from vmident.usecases.change.run_cache import RunCache

MACHINE = VirtualMachine(vm_id(SUBSCRIPTIONS[0], "group", "vm"), REGIONS[0], IdentityState(), "1")


class OneAnswer:
    """`vmident.ports.azure.VirtualMachines` that answers to writes alone."""

    def __init__(self, failure: VmidentError | None = None) -> None:
        self.writes = 0
        self._failure = failure

    def write_identity(self, *_words: object) -> PatchResponse:
        self.writes += 1
        if self._failure:
            raise self._failure
        return PatchResponse(None, None)


def attempt(before_write: object = lambda _prepared: None) -> Attempt:
    planned = transition(MACHINE.identity, EnableSystem())
    prepared = Prepared(MACHINE, EnableSystem(), planned, patch_for(planned), (), (), (), ())
    return Attempt(prepared, planned, RunCache(), before_write)  # type: ignore[arg-type]


def test_a_write_does_not_leave_once_its_result_is_made() -> None:
    one, azure = attempt(), OneAnswer()
    one.give_up()

    with pytest.raises(Interrupted):
        one.write(azure)  # type: ignore[arg-type]
    assert (azure.writes, one.is_in_doubt) == (0, False)


def test_giving_up_waits_until_a_write_that_is_being_recorded_is_in_doubt() -> None:
    recording, may_go_on = threading.Event(), threading.Event()

    def record(_prepared: Prepared) -> None:
        recording.set()
        may_go_on.wait(10)

    one, azure = attempt(record), OneAnswer()
    worker = threading.Thread(target=one.write, args=[azure])
    worker.start()
    assert recording.wait(10)
    seen: list[bool] = []

    def report() -> None:
        one.give_up()
        seen.append(one.is_in_doubt)

    reporter = threading.Thread(target=report)
    reporter.start()
    may_go_on.set()
    reporter.join()
    worker.join()
    assert seen == [True]


@pytest.mark.parametrize(
    ("failure", "is_in_doubt"), [(Unreachable("No answer."), True), (NotAllowed("No."), False), (None, True)]
)
def test_what_is_not_refused_is_in_doubt_until_it_is_settled(failure: VmidentError | None, is_in_doubt: bool) -> None:
    one = attempt()
    if failure:
        with pytest.raises(type(failure)):
            one.write(OneAnswer(failure))  # type: ignore[arg-type]
    else:
        one.write(OneAnswer())  # type: ignore[arg-type]
    assert one.is_in_doubt is is_in_doubt
    one.settle()
    assert not one.is_in_doubt


def test_a_refusal_leaves_in_doubt_what_was_in_doubt_before() -> None:
    one = attempt()
    with pytest.raises(Unreachable):
        one.write(OneAnswer(Unreachable("No answer.")))  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        one.write(OneAnswer(NotAllowed("No.")))  # type: ignore[arg-type]
    assert one.is_in_doubt


def test_what_cannot_be_put_on_record_does_not_leave() -> None:
    def record(_prepared: Prepared) -> None:
        raise TakenOver("Another process.")

    one, azure = attempt(record), OneAnswer()
    with pytest.raises(TakenOver):
        one.write(azure)  # type: ignore[arg-type]
    assert (azure.writes, one.is_in_doubt) == (0, False)


def test_a_vm_that_is_gone_has_nothing_left_in_doubt() -> None:
    one = attempt()
    one.write(OneAnswer())  # type: ignore[arg-type]
    with pytest.raises(NotFound), one.of_a_vm_that_may_be_gone():
        raise NotFound("Gone.")
    assert not one.is_in_doubt
