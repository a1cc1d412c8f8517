"""The file of a new sandbox, seeded once for all tests of a worker: writing it anew takes ten times longer."""

from __future__ import annotations

import uuid
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from vmident.sandbox.sandbox import FILE_NAME, Sandbox


@cache
def seeded(now: float) -> bytes:
    """Return the content of the file of a sandbox without examples, seeded at this time in seconds since the epoch."""
    with TemporaryDirectory() as folder:
        sandbox = Sandbox(
            Path(folder),
            now=lambda: now,
            new_uuid=lambda: str(uuid.uuid4()),
            operation_seconds=0.0,
            with_examples=False,
        )
        sandbox.status()
        sandbox.close()
        return (sandbox.folder / FILE_NAME).read_bytes()
