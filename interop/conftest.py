from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.azure_cli import AzureCli


@pytest.fixture
def az(tmp_path: Path) -> Iterator[AzureCli]:
    """Serve a fresh sandbox, with the Azure CLI signed in to it."""
    made = AzureCli(tmp_path)
    yield made
    made.served.kill()
