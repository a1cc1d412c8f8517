"""One name has one meaning, and names that were replaced do not come back."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guards.source import MODULES, PACKAGE, PROJECT, name_of, text_of, tree_of

pytestmark = pytest.mark.uncovered

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
REPLACED_WORD = re.compile(rf"\b(?:{REPLACED.pattern})\b")


def public_names(path: Path) -> Iterator[str]:
    for node in tree_of(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


# Where a node of each kind that names something has the name.
NAMED = {
    ast.FunctionDef: "name", ast.ClassDef: "name", ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg",
    ast.keyword: "arg",
}  # fmt: skip


def replaced_names(path: Path) -> set[str]:
    """Return the names in a module that were replaced; most modules have none in their text, and are not parsed."""
    if not REPLACED_WORD.search(text_of(path)):
        return set()
    nodes = ((node, NAMED.get(type(node))) for node in ast.walk(tree_of(path)))
    names = {getattr(node, field) for node, field in nodes if field}
    return {name for name in names if name and REPLACED.fullmatch(name)}


def test_no_public_name_is_defined_twice() -> None:
    modules = [one for one in MODULES if "sandbox" not in one.relative_to(PACKAGE).parts[:1]]
    defined: dict[str, list[str]] = defaultdict(list)
    for path in modules:
        for name in public_names(path):
            defined[name].append(name_of(path))
    assert {name: places for name, places in defined.items() if len(places) > 1 and name not in SHARED} == {}
    assert [name for name in SHARED if len(defined[name]) < 2] == [], "no longer defined twice"


def test_replaced_names_do_not_come_back() -> None:
    files = [*MODULES, *(PROJECT / "tests").rglob("*.py"), *(PROJECT / "bench").rglob("*.py")]
    found = {path.relative_to(PROJECT).as_posix(): replaced_names(path) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


def test_no_folder_has_more_than_twenty_modules_and_no_long_file_lacks_a_reason() -> None:
    folders: dict[Path, int] = defaultdict(int)
    for path in [*MODULES, *(PROJECT / "tests").rglob("*.py")]:
        folders[path.parent] += path.name != "__init__.py"
    assert [folder.relative_to(PROJECT).as_posix() for folder, count in folders.items() if count > 20] == []
    long = [path for path in MODULES if len(text_of(path).splitlines()) > 300]
    assert [name_of(path) for path in long if "This file is long because" not in text_of(path)] == []
