"""Planning ten thousand VMs: few requests, little time, little memory."""

from __future__ import annotations

import time
import tracemalloc
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Program
from vmident.sandbox.sandbox import Sandbox

RULES = """\
version: 1
rules:
- vms: {names: [vm-*]}
  system: true
  identities: {include: [otherIdentity]}
- vms: {groups: [my*]}
  identities: {exclude: [myUserAssignedIdentity]}
"""


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    """A sandbox whose pages hold a thousand VMs."""
    made = Program(tmp_path, capsys)
    made.sandbox.close()
    made.sandbox = Sandbox(tmp_path / "many", now=made.time.read, new_uuid=lambda: str(uuid.uuid4()), page_size=1_000)
    (tmp_path / "identities.yaml").write_text(RULES, encoding="utf-8")
    yield made
    made.sandbox.close()


def test_ten_thousand_vms_are_planned_by_twelve_requests_in_six_seconds_of_processor_time(program: Program) -> None:
    program.sandbox.add_vms(10_000)
    began = time.process_time()
    outcome = program(f"plan -f {program.folder / 'identities.yaml'}")
    seconds = time.process_time() - began

    assert outcome.json["summary"]["pending"] == 10_002
    assert len(program.sent) <= 12
    assert seconds < 6


def test_planning_takes_less_than_twenty_kilobytes_of_memory_a_vm(program: Program) -> None:
    program.sandbox.add_vms(2_000)
    tracemalloc.start()
    try:
        code = program(f"plan -f {program.folder / 'identities.yaml'} -o none --only-show-errors").code
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert code == 0
    assert peak < 2_000 * 20_000
