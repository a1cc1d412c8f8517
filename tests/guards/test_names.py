"""One name has one meaning, and names that were replaced do not come back."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "src" / "vmident"

# The sandbox is judged apart: it shares nothing with the rest, and each of its folders is a service of Azure, whose
# handlers have the names of Azure's operations and are used through their module.
SHARED: dict[str, str] = {}
"""Public names that two modules may define, each with the reason why they mean the same."""

REPLACED = re.compile(
    r"Asked|Creating|DoctorPorts|Doomed|Engine|Errand|Exactly|Foreseen|Hands|HeldRole|Holders|Inside|Learnt|Makers"
    r"|Manner|MovedOn|OwnHands|Person|PersonAtTheTerminal|Recording|RoleSaid|Settling|Surroundings|SystemSaid|Told"
    r"|VmWish|Warn|Watched|Way|Wish|Workers|World|Written|_Going|_Lane|_whole_truth|bury|carry_out|described"
    r"|first_told|foresee|going_on|is_at_rest|look_at|look_at_foresight|may|saying|settle_roles|tell|told"
    r"|until_at_rest|until_over|until_settled|way_out"
)
"""Names of before, of classes, functions, attributes and arguments: each was replaced by a term of the field."""


def public_names(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def identifiers(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            yield node.arg


def test_no_public_name_is_defined_twice() -> None:
    modules = [one for one in PACKAGE.rglob("*.py") if "sandbox" not in one.relative_to(PACKAGE).parts[:1]]
    defined: dict[str, list[str]] = defaultdict(list)
    for path in modules:
        for name in public_names(path):
            defined[name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: places for name, places in defined.items() if len(places) > 1 and name not in SHARED} == {}
    assert [name for name in SHARED if len(defined[name]) < 2] == [], "no longer defined twice"


def test_replaced_names_do_not_come_back() -> None:
    files = [*PACKAGE.rglob("*.py"), *(PROJECT / "tests").rglob("*.py"), *(PROJECT / "bench").rglob("*.py")]
    found = {(path.relative_to(PROJECT).as_posix(), name) for path in files for name in identifiers(path)}
    assert sorted((path, name) for path, name in found if REPLACED.fullmatch(name)) == []


def test_no_folder_has_more_than_twenty_modules_and_no_long_file_lacks_a_reason() -> None:
    folders: dict[Path, int] = defaultdict(int)
    for path in [*PACKAGE.rglob("*.py"), *(PROJECT / "tests").rglob("*.py")]:
        folders[path.parent] += path.name != "__init__.py"
    assert [folder.relative_to(PROJECT).as_posix() for folder, count in folders.items() if count > 20] == []
    texts = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    long = [path.relative_to(PACKAGE).as_posix() for path, text in texts.items() if len(text.splitlines()) > 300]
    assert [one for one in long if "This file is long because" not in texts[PACKAGE / one]] == []
