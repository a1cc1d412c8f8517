from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.program import Program

Typing = Callable[[str], None]


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys)
    yield made
    made.sandbox.close()


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Type these lines at whatever is asked."""
    return lambda answer: monkeypatch.setattr("sys.stdin", io.StringIO(answer))
