"""Files that only their owner can read: the state folder's, saved plans, what the served sandbox writes."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO


def make_private_folder(folder: Path) -> None:
    """Create a folder with mode 0700, and its parents; an existing one is left as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(file: Path, text: str) -> None:
    """Write a file with mode 0600 in one step: a reader sees the old content or the new one, never a part of it.

    A link is followed. A device or a pipe, as in `--save /dev/stdout`, is written to in place. Raises `OSError`.
    """
    import tempfile

    target = file.resolve()
    if target.exists() and not target.is_file():
        target.write_text(text, encoding="utf-8")
        return
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as new:
            new.write(text)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def create_private(file: Path) -> None:
    """Create an empty file with mode 0600 in a private folder, for a writer that would use the mode of the umask.

    An existing file is left as it is.
    """
    make_private_folder(file.parent)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def open_private(file: Path) -> TextIO:
    """Open a file to append lines to; one that is created has mode 0600."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8", buffering=1)
