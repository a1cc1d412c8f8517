from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.azure_cli import AzureCli


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="Write what the lessons show into interop/results.json.")


@pytest.fixture
def az(tmp_path: Path) -> Iterator[AzureCli]:
    """Serve a fresh sandbox, with the Azure CLI signed in to it."""
    made = AzureCli(tmp_path)
    yield made
    made.served.kill()
