"""The program's modules, each read and parsed once for all the guards that a worker runs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "src" / "vmident"
MODULES = sorted(PACKAGE.rglob("*.py"))
# The sandbox's messages are Azure's.
OURS = [one for one in MODULES if "sandbox" not in one.relative_to(PACKAGE).parts[:-1]]


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


def found_in(paths: Iterable[Path], find: Callable[[Path], Iterable[str]]) -> dict[str, list[str]]:
    """Return what `find` finds in each module, by the module's name, without those where it finds nothing."""
    found = {name_of(path): list(find(path)) for path in paths}
    assert found, "there are no modules to look at"
    return {name: faults for name, faults in found.items() if faults}
