"""Limits of time and memory that many VMs keep; `nox -s bench` runs them, on a machine that does nothing else."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.simulated import Rehearsal
from tests.fleet.test_at_azures_limits import COMMANDS, bound, check_all_are_right
from tests.fleet.test_scheduler import LOOK, WRITE, Result, asking, drive, engine_of
from tests.program import Program
from vmident.fleet.scheduler import Scheduler


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    """The program on a sandbox of its own, in virtual time."""
    made = Program(tmp_path, capsys)
    yield made
    made.sandbox.close()


def test_the_time_of_an_engine_grows_as_its_jobs_do() -> None:
    seconds = {}
    for number in (10_000, 100_000):
        scheduler = engine_of(number, WRITE, LOOK)
        began = time.process_time()
        drive(scheduler)
        seconds[number] = time.process_time() - began
    assert seconds[100_000] < 16 * seconds[10_000]


def test_the_memory_of_an_engine_grows_as_its_jobs_do() -> None:
    peaks = {}
    for number in (2_000, 20_000):
        jobs = [asking(one, WRITE, LOOK) for one in range(number)]
        tracemalloc.start()
        drive(Scheduler[Result](jobs, 0.0))
        peaks[number] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[20_000] < 12 * peaks[2_000]


@pytest.mark.parametrize("output", ["json", "human", "tsv", "table", "yaml"])
def test_a_list_takes_less_than_two_kilobytes_of_memory_for_each_further_vm(program: Program, output: str) -> None:
    peaks = []
    for number in (400, 900):  # so that both are pages enough
        program.sandbox.add_vms(number)
        program(f"list -o {output}")
        tracemalloc.start()
        try:
            program(f"list -o {output}")
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] - peaks[0] < 500 * 2_000


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("subscriptions", "regions"), [(1, 1), (4, 3)])
def test_ten_thousand_vms_take_what_the_limits_take(command: str, subscriptions: int, regions: int) -> None:
    rehearsal = Rehearsal(10_000, command, subscriptions, regions)
    rehearsal.run()
    check_all_are_right(rehearsal)
    assert rehearsal.clock.at <= 1.05 * bound(rehearsal)
    assert rehearsal.throttled_share < 0.01
