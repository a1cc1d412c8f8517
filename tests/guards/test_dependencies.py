"""What the program imports is what pyproject.toml declares, and private names of others have an upper bound."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import distribution, packages_distributions, requires
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.guards.source import MODULES, PACKAGE, tree_of

pytestmark = pytest.mark.uncovered


class Imported(NamedTuple):
    """A module of another package, such as `azure.mgmt.msi`, the names taken from it, and the file that does."""

    module: str
    names: tuple[str, ...]
    file: Path


def imports_of(tree: ast.AST, file: Path) -> Iterator[Imported]:
    """Every import but those for the type checker alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Imported(alias.name, (), file) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield Imported(node.module, tuple(alias.name for alias in node.names), file)
        elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from imports_of(node, file)


def foreign_imports() -> list[Imported]:
    own = {*sys.stdlib_module_names, "vmident"}
    found = (one for file in MODULES for one in imports_of(tree_of(file), file.relative_to(PACKAGE)))
    return sorted({one for one in found if one.module.partition(".")[0] not in own})


@cache
def modules_in(package: str) -> frozenset[str]:
    """The modules that a distribution installs, by their paths without a suffix; `__init__` stands for its folder."""
    files = distribution(package).files or []
    return frozenset(
        file.as_posix().partition(".")[0].removesuffix("/__init__")
        for file in files
        if file.suffix in {".py", ".so", ".pyd"}
    )


@cache
def packages() -> Mapping[str, Sequence[str]]:
    """The distributions of each top-level name; several share the folder `azure`."""
    return packages_distributions()


@cache
def owners_of(module: str) -> set[str]:
    """The distributions that install a module."""
    candidates = packages().get(module.partition(".")[0], [])
    path = module.replace(".", "/")
    return {canonicalize_name(one) for one in candidates if path in modules_in(one)}


@cache
def declared() -> dict[str, Requirement]:
    """What pyproject.toml declares, extras included, by name."""
    listed = map(Requirement, requires("vmident") or [])
    return {canonicalize_name(one.name): one for one in listed}


FOREIGN = foreign_imports()


def test_every_package_that_is_imported_is_declared() -> None:
    owners = {one: owners_of(one.module) for one in FOREIGN}
    assert [f"{one.file} imports {one.module}" for one in FOREIGN if not owners[one]] == [], "of no installed package"
    undeclared = {one for one in FOREIGN if not owners[one] & declared().keys()}
    assert [f"{one.file} imports {one.module} of {owners[one]}" for one in undeclared] == []


def test_every_package_that_is_declared_is_imported() -> None:
    imported = {owner for one in FOREIGN for owner in owners_of(one.module)}
    # uvicorn loads httptools by itself where it is installed.
    assert declared().keys() - imported == {"httptools"}


def test_every_dependency_has_a_lower_bound() -> None:
    bounds = {name: {one.operator for one in needed.specifier} for name, needed in declared().items()}
    assert [name for name, operators in bounds.items() if not operators & {">=", "~=", "=="}] == []


def private_uses() -> list[Imported]:
    parts = ((one, (*one.module.split("."), *one.names)) for one in FOREIGN)
    return [one for one, names in parts if any(name.startswith("_") and name != "__future__" for name in names)]


@pytest.mark.parametrize("one", private_uses(), ids=lambda one: one.module)
def test_a_package_whose_private_names_are_used_has_an_upper_bound(one: Imported) -> None:
    bounds = {each.operator for owner in owners_of(one.module) for each in declared()[owner].specifier}
    assert bounds & {"<", "<=", "=="}
