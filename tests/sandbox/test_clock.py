"""The machine's clock is set back: the sandbox's own never is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.cloud import Cloud

HOUR = 3600.0


@pytest.fixture
def changing(cloud: Cloud) -> Cloud:
    """An operation of 1.5 seconds has begun."""
    assert cloud.identify("myVM", "SystemAssigned").status in (200, 202)
    return cloud


def state_of(cloud: Cloud) -> str:
    return str(cloud.vm("myVM")["properties"]["provisioningState"])


def test_an_operation_ends_though_the_clock_is_set_back_an_hour(changing: Cloud) -> None:
    assert state_of(changing) == "Updating"
    changing.now -= HOUR
    assert state_of(changing) == "Updating"
    changing.now += 3
    assert state_of(changing) == "Succeeded"


def test_it_ends_in_processes_that_begin_later_and_last_less_than_a_second(changing: Cloud, tmp_path: Path) -> None:
    now = changing.now - HOUR
    states = []
    for _ in range(6):
        later = Cloud(tmp_path / "sandbox")
        later.now = now
        states.append(state_of(later))
        later.now += 0.5
        states.append(state_of(later))
        later.sandbox.close()
        now = later.now
    assert (states[0], states[-1]) == ("Updating", "Succeeded")


def test_a_reset_goes_back_to_the_clock_of_the_machine(changing: Cloud) -> None:
    changing.now -= HOUR
    changing.sandbox.reset()
    changing.identify("myVM", "SystemAssigned")
    changing.now += 3
    assert state_of(changing) == "Succeeded"
