"""Every file of the program that matters is for its owner alone, and is written whole or not at all."""

from __future__ import annotations

import ast
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Program
from vmident.private_files import write_private

SOURCE = Path(__file__).resolve().parents[1] / "src" / "vmident"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys)
    yield made
    made.sandbox.close()


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@POSIX
@pytest.mark.usefixtures("open_umask")
def test_no_file_of_a_command_is_readable_by_others(program: Program) -> None:
    wanted = program.folder / "wanted.yaml"
    wanted.write_text("version: 1\nrules:\n- vms: {names: [myVM]}\n  system: true\n", encoding="utf-8")
    given = {path: path.stat().st_mode for path in (wanted,)}
    saved = program.folder / "plan.json"
    saved.write_text("an older plan, for all to read")
    assert program(f"plan -f {wanted} --save {saved}").code == 0
    assert program("enable-system webVM myVM").code == 0
    files = [path for path in program.folder.rglob("*") if path.is_file() and path not in given]
    assert {saved, program.folder / "runs.sqlite3", program.folder / "names.json"} <= set(files)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in files} == {path.name: 0o600 for path in files}


@POSIX
def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kept"
    write_private(file, "old")

    def refuse(_self: Path, _target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_private(file, "new")
    left = [path for path in tmp_path.iterdir() if path.is_file()]
    assert [(path.name, path.read_text()) for path in left] == [("kept", "old")]


@POSIX
def test_a_link_is_followed_and_a_pipe_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_private(tmp_path / "link", "text")
    assert ((tmp_path / "link").is_symlink(), (tmp_path / "file").read_text()) == (True, "text")

    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_private(tmp_path / "pipe", "text")
    assert os.read(reader, 100) == b"text"
    os.close(reader)


def test_no_other_module_writes_files_but_exports_for_a_repository() -> None:
    """Two kinds remain: SQLite's own files, which `create_private` makes, and keys, which must not be there yet."""
    writing = {"write_text", "write_bytes", "mkstemp", "NamedTemporaryFile"}
    writers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in writing
    }
    assert writers == {"private_files.py", "files/export_folder.py"}
