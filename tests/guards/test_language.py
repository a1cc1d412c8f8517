"""Docstrings and messages use the field's words; the words that they avoid do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guards.source import MODULES, OURS, PROJECT, found_in, tree_of

pytestmark = pytest.mark.uncovered

# A docstring begins with what a function returns or does, in the imperative of the field.
_FIRST_WORDS = re.compile(r"(Give|Tell|Say|Hand|Let)\b")
# Words that make a native reader stop, in what users read.
_IN_MESSAGES = re.compile(
    r"\b(whoever|whom|nobody|somebody|point(s)? at nobody|is no (VM|tag|scope|role|id|type)|does not go with|goes on|"
    r"taken back|put back|brought back|go on with|carry (it )?out|carried out|for good|Leave .* out|way out)\b"
)

_IN_SCHEMA = re.compile(r"\b(is|are) (not )?to (be|have)\b|stands for|[Ff]ull id|\bIds? of")

# vmident is on no public index: there, its name may be another's.
_FROM_AN_INDEX = re.compile(r"""(\binstall|\bpipx run|\buvx)(",|\s+-\S+)*\s+['"]?vmident(?![-\w/])""")


def docstrings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            text = ast.get_docstring(node)
            if text:
                yield text


def messages(tree: ast.AST) -> Iterator[str]:
    """Yield the static text of every string that is no docstring and reads as prose."""
    expressions = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (one for one in ast.walk(tree) if isinstance(one, ast.Constant) and id(one) not in expressions)
    yield from (one.value for one in constants if isinstance(one.value, str) and " " in one.value)


def test_docstrings_begin_with_the_verbs_of_the_field() -> None:
    def first_lines(path: Path) -> Iterator[str]:
        return (text.splitlines()[0] for text in docstrings(tree_of(path)) if _FIRST_WORDS.match(text))

    assert found_in(MODULES, first_lines) == {}


def test_messages_use_the_words_of_the_field() -> None:
    assert found_in(OURS, lambda path: filter(_IN_MESSAGES.search, messages(tree_of(path)))) == {}


def test_the_schema_uses_the_words_of_the_field() -> None:
    """Editors show its descriptions."""
    text = (PROJECT / "src/vmident/schema/desired-state.json").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if _IN_MESSAGES.search(line) or _IN_SCHEMA.search(line)] == []


def test_nothing_installs_vmident_by_its_bare_name() -> None:
    pages = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *PROJECT.glob("docs/**/*.md"), *MODULES]
    assert [one for one in pages if _FROM_AN_INDEX.search(one.read_text(encoding="utf-8"))] == []
    assert all(
        map(
            _FROM_AN_INDEX.search,
            ("pipx install vmident", "pip install -q 'vmident[serve]'", "uvx vmident", '"install", "vmident"'),
        )
    )
    assert not _FROM_AN_INDEX.search("pipx install ./vmident")
