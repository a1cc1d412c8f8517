"""The folder of an export: all files or none, and nothing of anyone else's."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from vmident.errors import UsageError
from vmident.files.export_folder import MANIFEST, ExportFolder

posix = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links and modes of POSIX")


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def export(folder: Path, files: dict[str, str], engine: str = "policy") -> None:
    ExportFolder(folder, engine).write(files)


def refusal(folder: Path, files: dict[str, str] | None = None, engine: str = "policy") -> str:
    with pytest.raises(UsageError) as refused:
        export(folder, files or {"a.json": "new"}, engine)
    assert refused.value.hint
    return refused.value.message.replace(str(folder), "FOLDER")


def test_a_new_folder_gets_utf_8_with_line_feeds_and_a_manifest(tmp_path: Path) -> None:
    there = [path.name for path in tmp_path.iterdir()]
    export(tmp_path / "out", {"b.md": "é\n", "a.json": "{}\n"})
    assert content_of(tmp_path / "out") == {
        "a.json": b"{}\n",
        "b.md": "é\n".encode(),
        MANIFEST: b"""{
  "format": "vmident-export",
  "version": 1,
  "engine": "policy",
  "files": [
    "a.json",
    "b.md"
  ]
}
""",
    }
    assert {path.name for path in tmp_path.iterdir()} == {*there, "out"}


def test_exporting_again_replaces_its_own_files_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export(tmp_path / "out", {"a.json": "1", "gone.json": "1"})
    (tmp_path / "out" / "terraform.tfstate").write_text("state")
    export(tmp_path / "out", {"a.json": "2", "b.json": "2"})
    there = content_of(tmp_path / "out")
    manifest = json.loads(there.pop(MANIFEST))
    assert there == {"a.json": b"2", "b.json": b"2", "terraform.tfstate": b"state"}
    assert manifest["files"] == ["a.json", "b.json"]


def test_two_exports_are_the_same_to_the_byte(tmp_path: Path) -> None:
    export(tmp_path / "one", {"a.json": "1", "b.json": "2"})
    export(tmp_path / "two", {"b.json": "2", "a.json": "1"})
    export(tmp_path / "two", {"b.json": "2", "a.json": "1"})
    assert content_of(tmp_path / "one") == content_of(tmp_path / "two")


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (None, "it is not empty and was not written by 'vmident export policy'"),
        ("{", f"its '{MANIFEST}' cannot be read"),
        ("[]", f"its '{MANIFEST}' cannot be read"),
        ({"version": 2}, f"its '{MANIFEST}' cannot be read"),
        ({"files": ["../kept"]}, f"its '{MANIFEST}' cannot be read"),
        ({"files": [".git"]}, f"its '{MANIFEST}' cannot be read"),
        ({"files": 1}, f"its '{MANIFEST}' cannot be read"),
        ({"engine": "terraform"}, "it was written by 'vmident export terraform'"),
    ],
)
def test_a_folder_of_someone_else_is_refused_and_stays(tmp_path: Path, manifest: Any, reason: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "kept").write_text("kept")
    (folder / "mine").write_text("mine")
    if manifest is not None:
        sound = {"format": "vmident-export", "version": 1, "engine": "policy", "files": []}
        text = manifest if isinstance(manifest, str) else json.dumps({**sound, **manifest})
        (folder / MANIFEST).write_text(text)
    before = content_of(tmp_path)
    assert refusal(folder) == f"The export cannot be written to 'FOLDER': {reason}."
    assert content_of(tmp_path) == before


def test_a_file_of_the_user_that_has_the_name_of_a_new_one_is_refused(tmp_path: Path) -> None:
    export(tmp_path / "out", {"a.json": "1"})
    (tmp_path / "out" / "README.md").write_text("mine")
    before = content_of(tmp_path)
    assert "'README.md' in it was not written by vmident" in refusal(
        tmp_path / "out", {"a.json": "2", "README.md": "2"}
    )
    assert content_of(tmp_path) == before


def test_a_file_or_nothing_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "it is a file" in refusal(tmp_path / "file")
    assert "does not exist" in refusal(tmp_path / "no" / "out")
    assert "Not a directory" in refusal(tmp_path / "file" / "out") or "does not exist" in refusal(
        tmp_path / "file" / "x"
    )
    assert "null" in refusal(tmp_path / "a\0b")


def test_the_second_of_two_exports_at_once_is_refused(tmp_path: Path) -> None:
    second = ExportFolder(tmp_path / "out", "policy")
    export(tmp_path / "out", {"a.json": "1"})
    before = content_of(tmp_path)
    with pytest.raises(UsageError, match="another export created it at the same time") as refused:
        second.write({"a.json": "2"})
    assert refused.value.hint == "Run the command again."
    assert content_of(tmp_path) == before


@posix
def test_links_are_refused_whatever_they_point_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert "it is a symbolic link" in refusal(tmp_path / "link")
    export(tmp_path / "out", {"a.json": "1"})
    (tmp_path / "out" / "a.json").unlink()
    (tmp_path / "out" / "a.json").symlink_to(tmp_path / "target")
    assert "'a.json' in it is not a regular file" in refusal(tmp_path / "out")
    (tmp_path / "out" / MANIFEST).rename(tmp_path / "manifest")
    (tmp_path / "out" / MANIFEST).symlink_to(tmp_path / "manifest")
    assert "was not written by" in refusal(tmp_path / "out")
    assert not list((tmp_path / "elsewhere").iterdir())


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes everywhere")
def test_a_place_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert "Permission denied" in refusal(tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("failing", range(8))
def test_a_failure_on_the_way_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    folder = tmp_path / "out"
    export(folder, {"a.json": "1", "gone.json": "1"})
    before = content_of(tmp_path)
    replace, calls = Path.replace, [0]

    def sometimes(self: Path, target: Any) -> Path:
        calls[0] += 1
        if calls[0] == failing + 1:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", sometimes)
    if failing < 4:  # the manifest, two files, the manifest again
        assert "No space left on device" in refusal(folder, {"a.json": "2", "b.json": "2"})
        assert content_of(tmp_path) == before
    else:
        export(folder, {"a.json": "2", "b.json": "2"})
        assert sorted(content_of(folder)) == [MANIFEST, "a.json", "b.json"]


def test_a_failure_before_a_new_folder_is_there_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> Path:
        raise OSError(28, "No space left on device")

    there = [path.name for path in tmp_path.iterdir()]
    monkeypatch.setattr(Path, "rename", full)
    assert "No space left" in refusal(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == there


def test_a_killed_export_is_finished_by_the_next(tmp_path: Path) -> None:
    """The manifest is the first and the last file to be replaced, and names both generations in between."""
    folder = tmp_path / "out"
    export(folder, {"a.json": "1", "gone.json": "1"})
    content = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**content, "files": ["a.json", "b.json", "gone.json"]}))
    (folder / "a.json").unlink()
    export(folder, {"b.json": "2"})
    assert sorted(content_of(folder)) == [MANIFEST, "b.json"]
