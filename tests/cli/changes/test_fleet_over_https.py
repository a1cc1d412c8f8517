"""Many VMs over HTTPS, with threads, in time that runs faster; and Ctrl-C, once and twice."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.program import GROUP
from tests.served import Served

pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(os.name == "nt", reason="a process group is interrupted in another way on Windows"),
]
VMS = 150


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Served]:
    """Azure's limits, forty times as fast."""
    log = tmp_path / "requests.jsonl"
    made = Served(
        tmp_path / "served", "--vms", str(VMS), "--throttle", "--time-scale", "40", "--log", str(log),
        "--operation-seconds", "5",
    )  # fmt: skip
    yield made
    made.kill()


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Served]:
    """Operations that take an hour."""
    made = Served(tmp_path / "served", "--vms", str(VMS), "--throttle", "--operation-seconds", "3600")
    yield made
    made.kill()


def statuses(out: str) -> Counter[str]:
    return Counter(one["status"] for one in json.loads(out))


def line_with(stream: IO[str] | None, part: str) -> str:
    """Read on until a line has it."""
    assert stream
    return next((line for line in stream if part in line), "")


def test_a_fleet_is_changed_side_by_side_as_fast_as_the_limits_allow(quick: Served, tmp_path: Path) -> None:
    ended = quick.vmident("enable-system", "-g", GROUP, "--all", "--yes", VMIDENT_STATE_DIR=str(tmp_path / "state"))

    assert ended.returncode == 0, ended.stderr
    assert all(line.startswith("warning: ") or " in flight" in line for line in ended.stderr.splitlines())
    assert statuses(ended.stdout) == {"changed": VMS + 2, "unchanged": 2}
    principals = {one["after"]["principalId"] for one in json.loads(ended.stdout)}
    assert len(principals) == VMS + 4
    noted = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text(encoding="utf-8").splitlines()]
    patches = [one["path"] for one in noted if one["method"] == "PATCH" and one["status"] == 200]
    assert len(patches) == len(set(patches)) == VMS + 2
    reads = [one for one in noted if one["method"] == "GET"]
    assert len(reads) <= 2.0 * VMS


def test_the_first_ctrl_c_waits_for_what_is_in_flight_and_the_run_can_be_gone_on_with(
    quick: Served, tmp_path: Path
) -> None:
    state, answer = str(tmp_path / "state"), tmp_path / "out.json"
    with quick.started(
        tmp_path / "out.json", "enable-system", "-g", GROUP, "--all", "--yes", "--debug", VMIDENT_STATE_DIR=state
    ) as process:
        assert line_with(process.stderr, "PATCH")
        process.send_signal(signal.SIGINT)
        err = "".join(process.stderr or ())

    assert process.returncode == 130
    met = statuses(answer.read_text(encoding="utf-8"))
    assert met["changed"] + met["skipped"] == VMS + 2
    assert met["changed"]
    assert met["skipped"]
    assert "press Ctrl-C again to quit" in err
    assert "vmident runs resume" in err
    assert "Traceback" not in err

    resumed = quick.vmident("runs", "resume", VMIDENT_STATE_DIR=state)
    assert (resumed.returncode, statuses(resumed.stdout)) == (0, {"changed": met["skipped"]})


def test_the_second_ctrl_c_leaves_at_once_and_says_what_may_still_be_done(endless: Served, tmp_path: Path) -> None:
    state, answer = str(tmp_path / "state"), tmp_path / "out.json"
    with endless.started(
        tmp_path / "out.json", "enable-system", "-g", GROUP, "--all", "--yes", "--debug", VMIDENT_STATE_DIR=state
    ) as process:
        assert line_with(process.stderr, "PATCH")
        process.send_signal(signal.SIGINT)
        assert line_with(process.stderr, "press Ctrl-C again to quit")
        process.send_signal(signal.SIGINT)
        err = "".join(process.stderr or ())

    assert process.returncode == 130
    met = statuses(answer.read_text(encoding="utf-8"))
    assert met["unknown"]
    assert met["failed"] + met["unknown"] + met["skipped"] == VMS + 2
    assert "was sent and may still complete." in err
    assert "vmident runs resume" in err
    shown = json.loads(endless.vmident("runs", "show", VMIDENT_STATE_DIR=state).stdout)
    stages = Counter(one["status"] for one in shown["vms"])
    assert stages["planned"] == met["skipped"]
    assert set(stages) <= {"planned", "sent", "unknown"}
