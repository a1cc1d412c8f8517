from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Program


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys)
    yield made
    made.sandbox.close()
