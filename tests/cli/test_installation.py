"""The command that installs what is missing fits how the program was installed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.program import Program
from vmident.cli.config.installation import Installation, requirements_of

PYTHON = "/opt/tools/bin/python"
WANTED = ["trustme>=1.2", "uvicorn"]
FOLDER = json.dumps({"url": "file:///src/vm%20ident", "dir_info": {}})
EDITABLE = json.dumps({"url": "file:///src/vmident", "dir_info": {"editable": True}})
GIT = json.dumps({"url": "https://git.example/vmident", "vcs_info": {"vcs": "git", "commit_id": "1a2b"}})
PIP = f"{PYTHON} -m pip install 'trustme>=1.2' uvicorn"
UV_PIP = f"uv pip install --python {PYTHON} 'trustme>=1.2' uvicorn"
UV_TOOL = "uv tool install --with 'trustme>=1.2' --with uvicorn"


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
@pytest.mark.parametrize(
    ("mark", "direct_url", "has_pip", "command"),
    [
        ("pipx_metadata.json", FOLDER, False, "pipx inject vmident 'trustme>=1.2' uvicorn"),
        ("uv-receipt.toml", FOLDER, False, f'{UV_TOOL} "/src/vm ident"'),
        ("uv-receipt.toml", EDITABLE, False, f"{UV_TOOL} --editable /src/vmident"),
        ("uv-receipt.toml", GIT, False, f"{UV_TOOL} git+https://git.example/vmident@1a2b"),
        ("uv-receipt.toml", None, False, UV_PIP),
        ("uv-receipt.toml", "[]", False, UV_PIP),
        ("pyvenv.cfg", EDITABLE, True, PIP),
        ("pyvenv.cfg", None, False, UV_PIP),
    ],
)
def test_packages_are_added_to_the_environment_of_the_program(
    tmp_path: Path, mark: str, direct_url: str | None, has_pip: bool, command: str
) -> None:
    environment = tmp_path / "vmident"
    environment.mkdir()
    (environment / mark).touch()

    assert Installation(environment, PYTHON, direct_url, has_pip=has_pip).command_to_add(WANTED) == command


def test_serving_without_its_packages_says_how_to_install_them(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)

    outcome = program("sandbox serve --port 0")

    assert (outcome.code, outcome.error["code"]) == (1, "sandbox-unusable")
    assert "requires a package that is not installed: trustme." in outcome.error["message"]
    command = outcome.error["hint"]
    assert [one for one in ("trustme", "uvicorn", "httptools") if one not in command] == []
    assert " vmident" not in command.removeprefix("To install it: ").replace(f" {sys.prefix}", "")


def test_the_packages_of_an_extra_are_those_of_the_project() -> None:
    assert sorted(one.split(">")[0] for one in requirements_of("serve")) == ["httptools", "trustme", "uvicorn"]
    assert requirements_of("no-such-extra") == []
