"""The folder that an export is written to: all of its files, or none.

A folder that `vmident export` wrote has a manifest that names its files. Only these are replaced or deleted when the
same engine is exported to the folder again; what else is in it, such as Terraform's state, stays. A run that is killed
while it replaces files leaves a manifest that names the old and the new ones, so that the next run can finish.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from vmident.core.shell import command_line
from vmident.errors import UsageError

MANIFEST = ".vmident-export.json"
_FORMAT = "vmident-export"
_VERSION = 1
# A manifest may come from anywhere, a repository above all: a name in it never leaves the folder.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_USE_ANOTHER = "Use a folder that is new or empty."


class ExportFolder:
    """A folder that an export can be written to; `engine` is the word of its command, such as `policy`."""

    def __init__(self, folder: Path, engine: str) -> None:
        """Check the folder, changing nothing. Raises `UsageError` for one that an export must not be written to."""
        self._folder = folder
        self._engine = engine
        with self._readable():
            self._written = self._files_written()

    def earlier_files(self) -> dict[str, str]:
        """Return the text of each file of the last export that is still there; raises `UsageError` as the others do."""
        with self._readable():
            there = [name for name in sorted(self._written or ()) if _is_regular(self._folder / name)]
            return {name: (self._folder / name).read_bytes().decode(errors="replace") for name in there}

    def write(self, files: Mapping[str, str]) -> None:
        """Write the files as UTF-8 with LF, and delete those of the export before that are not among them.

        Raises `UsageError`, with the folder as it was, where one of them cannot be written.
        """
        with self._readable():
            if self._written is None:
                self._create(files)
            else:
                self._replace(files, self._written)

    def _files_written(self) -> frozenset[str] | None:
        """Return the names of the last export's files, `None` where there is no folder."""
        folder = self._folder
        if folder.is_symlink():
            raise self._unfit("it is a symbolic link", "Use the folder that it points to.")
        if not folder.exists():
            if not folder.parent.is_dir():
                raise self._unfit(f"the folder '{folder.parent}' does not exist", "Create that folder first.")
            return None
        if not folder.is_dir():
            raise self._unfit("it is a file", _USE_ANOTHER)
        if not any(folder.iterdir()):
            return frozenset()
        return frozenset(self._manifest_files())

    def _manifest_files(self) -> list[str]:
        manifest = self._folder / MANIFEST
        if not _is_regular(manifest):
            raise self._unfit(f"it is not empty and was not written by {_command(self._engine)}", _USE_ANOTHER)
        try:
            content = json.loads(manifest.read_text(encoding="utf-8"))
            is_known = (content["format"], content["version"]) == (_FORMAT, _VERSION)
            engine, names = content["engine"], list(content["files"])
            is_sound = is_known and all(_PLAIN_NAME.fullmatch(name) for name in names)
        except (ValueError, LookupError, TypeError, RecursionError):
            is_sound, engine, names = False, None, []
        if not is_sound:
            raise self._unfit(f"its '{MANIFEST}' cannot be read", _USE_ANOTHER)
        if engine != self._engine:
            raise self._unfit(f"it was written by {_command(engine)}", "Use one folder for each engine.")
        return names

    def _manifest(self, names: Collection[str]) -> str:
        content = {"format": _FORMAT, "version": _VERSION, "engine": self._engine, "files": sorted(names)}
        return json.dumps(content, indent=2) + "\n"

    def _create(self, files: Mapping[str, str]) -> None:
        """Write a new folder beside the place and rename it."""
        whole = self._folder.absolute()
        with _temporary(whole.with_name(f".{whole.name}.{secrets.token_hex(4)}")) as staged:
            _write_all(staged, {**files, MANIFEST: self._manifest(files)})
            try:
                staged.rename(whole)
            except OSError:
                if whole.exists():
                    raise self._unfit("another export created it at the same time", "Run the command again.") from None
                raise

    def _replace(self, files: Mapping[str, str], written: frozenset[str]) -> None:
        """Replace the last export's files one by one; what fails on the way is rolled back."""
        names = written | set(files)
        for name in sorted(names):
            self._check_replaceable(name, is_ours=name in written)
        with _temporary(self._folder / f".vmident-export.{secrets.token_hex(4)}") as staged:
            new, old = staged / "new", staged / "old"
            new.mkdir()
            old.mkdir()
            _write_all(new, {**files, MANIFEST: self._manifest(files)})
            (staged / MANIFEST).write_bytes(self._manifest(names).encode())
            for name in [MANIFEST, *names]:
                if _is_regular(self._folder / name):
                    shutil.copy2(self._folder / name, old / name)
            try:
                (staged / MANIFEST).replace(self._folder / MANIFEST)
                for name in sorted(names):
                    if name in files:
                        (new / name).replace(self._folder / name)
                    else:
                        (self._folder / name).unlink(missing_ok=True)
                (new / MANIFEST).replace(self._folder / MANIFEST)
            except BaseException:
                for name in [*sorted(names), MANIFEST]:
                    if _is_regular(old / name):
                        (old / name).replace(self._folder / name)
                    else:
                        (self._folder / name).unlink(missing_ok=True)
                raise

    def _check_replaceable(self, name: str, *, is_ours: bool) -> None:
        place = self._folder / name
        if not place.is_symlink() and not place.exists():
            return
        if not _is_regular(place):
            raise self._unfit(f"'{name}' in it is not a regular file", f"Delete '{name}' from the folder.")
        if not is_ours:
            raise self._unfit(f"'{name}' in it was not written by vmident", f"Rename '{name}'.")

    def _unfit(self, reason: str, hint: str) -> UsageError:
        return UsageError(f"The export cannot be written to '{self._folder}': {reason}.", hint=hint)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as bad:
            raise self._unfit(getattr(bad, "strerror", None) or str(bad), "Use another folder.") from bad


def _command(engine: str) -> str:
    return f"'{command_line('vmident', 'export', engine)}'"


def _is_regular(path: Path) -> bool:
    """Return whether a regular file exists there, not a link."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _write_all(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8"))


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """Create a folder that is deleted afterwards, unless it was renamed."""
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
