"""The names that commands have seen, kept in the state folder for completion; no secret, and never worth a failure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from vmident.cli.completion.names import NameKind, SeenName
from vmident.private_files import make_private_folder, write_private

FILE_NAME = "names.json"
LIMIT = 1000
"""Names in the file, of all places together; the newest stay."""
_VERSION = 1

_Kept = tuple[str, SeenName]


def cached_names(folder: Path, place: str) -> list[SeenName]:
    """Return the names seen in one place, the newest first; none where the file is missing or malformed.

    A place is a `Settings.cloud_key`; names of one are never offered in another.
    """
    return [seen for where, seen in _read(folder / FILE_NAME) if where == place]


def cache_names(folder: Path, place: str, names: Iterable[SeenName]) -> None:
    """Add names in front of those in the file, replaced atomically; ignore a file that cannot be written.

    Of two commands that end together the later one may drop what the earlier one added: it will be seen again.
    """
    new = dict.fromkeys((place, one) for one in names)
    if not new:
        return
    kept = _read(folder / FILE_NAME)
    if new.keys() <= set(kept):
        return
    with suppress(OSError):
        _replace(folder, list(new | dict.fromkeys(kept))[:LIMIT])


def _read(file: Path) -> list[_Kept]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        if document["version"] != _VERSION:
            return []
        return [(place, SeenName(NameKind(kind), *map(str, rest))) for place, kind, *rest in document["names"]]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _replace(folder: Path, names: list[_Kept]) -> None:
    document = {"version": _VERSION, "names": [[place, *seen] for place, seen in names]}
    make_private_folder(folder)
    write_private(folder / FILE_NAME, json.dumps(document))
