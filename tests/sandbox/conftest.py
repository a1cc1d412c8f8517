from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path / "sandbox")
    yield made
    made.sandbox.close()
