"""What the files of an export say, read by parsers that know nothing of vmident."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import hcl2
import tree_sitter
import tree_sitter_bicep

_BICEP = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))
_BICEP_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


@cache
def hcl(text: str) -> dict[str, Any]:
    """Parse Terraform's language; strings keep their quotes, references are in `${}`."""
    found: dict[str, Any] = hcl2.loads(text)
    return found


def hcl_string(literal: str) -> str:
    """Return the text of a quoted string without expressions in it; raises where there is one."""
    assert literal[0] == literal[-1] == '"', literal
    inside = literal[1:-1]
    # An odd number of dollar signs before a brace, all but the last of which belong to pairs, would open a template.
    assert not re.search(r"(?<![$])[$]\{|(?<!%)%\{", inside), literal
    plain = inside.replace("$${", "${").replace("%%{", "%{")
    wide = re.sub(r"\\U([0-9a-f]{8})", lambda found: json.dumps(chr(int(found[1], 16)))[1:-1], plain)
    text: str = json.loads(f'"{wide}"')
    return text


def hcl_resources(*texts: str) -> dict[str, dict[str, Any]]:
    """Return the resources of several files by their address."""
    return {
        f"{kind.strip(chr(34))}.{name.strip(chr(34))}": body
        for text in texts
        for one in hcl(text).get("resource", [])
        for kind, named in one.items()
        for name, body in named.items()
    }


def hcl_imports(*texts: str) -> dict[str, str]:
    """Return the IDs that are imported, by address."""
    return {
        one["to"].removeprefix("${").removesuffix("}"): hcl_string(one["id"])
        for text in texts
        for one in hcl(text).get("import", [])
    }


def hcl_removed(*texts: str) -> dict[str, bool]:
    """Return whether Terraform destroys each resource that a `removed` block names, by address."""
    return {
        one["from"].removeprefix("${").removesuffix("}"): one["lifecycle"][0]["destroy"]
        for text in texts
        for one in hcl(text).get("removed", [])
    }


@cache
def bicep(text: str) -> tree_sitter.Node:
    """Parse a Bicep file, which has to be one without an error; the grammar takes no `//` at the start of a string."""
    root = _BICEP.parse(text.encode()).root_node
    assert not root.has_error, text
    return root


def bicep_resources(text: str) -> list[str]:
    """Return the types of the resources that a Bicep file creates."""
    found = [one for one in bicep(text).children if one.type == "resource_declaration"]
    created = [one for one in found if not any(part.type == "existing" for part in one.children)]
    return [_first_string(one).split("@")[0] for one in created]


def bicep_modules(text: str) -> dict[str, str]:
    """Return the file of each module of a Bicep file by its symbolic name."""
    found = [one for one in bicep(text).children if one.type == "module_declaration"]
    return {(one.named_children[0].text or b"").decode(): _first_string(one) for one in found}


def bicep_strings(text: str) -> set[str]:
    """Return the text of every string of a Bicep file; none of them may hold an expression."""
    return {_read(node) for node in _nodes(bicep(text)) if node.type == "string"}


def _first_string(node: tree_sitter.Node) -> str:
    return next(_read(one) for one in node.children if one.type == "string")


def _read(node: tree_sitter.Node) -> str:
    assert not any(one.type == "interpolation" for one in _nodes(node))
    return bicep_string((node.text or b"").decode()[1:-1])


def _nodes(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def bicep_string(literal: str) -> str:
    """Return the text of a string literal without its quotes; raises where an expression is in it."""
    assert not re.search(r"(?<!\\)(\\\\)*\$\{", literal), literal
    assert not re.search(r"(?<!\\)(\\\\)*'", literal), literal
    return re.sub(r"\\(u\{([0-9a-f]+)\}|.)", _bicep_escape, literal, flags=re.DOTALL)


def _bicep_escape(found: re.Match[str]) -> str:
    if found[2]:
        return chr(int(found[2], 16))
    return _BICEP_ESCAPES.get(found[1], found[1])
