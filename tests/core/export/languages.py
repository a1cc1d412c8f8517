"""What the files of an export say, read by parsers that know nothing of vmident."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import hcl2
import pycep

_BICEP = pycep.BicepParser()
_BICEP_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


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


@cache
def bicep(text: str) -> Any:
    """Parse a Bicep file: `{"globals", "resources"?, "modules"?}`, strings in them as they are written."""
    return _BICEP.parse(text=text)


def bicep_resources(text: str) -> list[str]:
    """Return the types of the resources that a Bicep file creates."""
    return [one["type"] for one in bicep(text).get("resources", {}).values() if not one["existing"]]


def bicep_modules(text: str) -> dict[str, str]:
    """Return the file of each module of a Bicep file."""
    return {name: one["detail"]["path"] for name, one in bicep(text).get("modules", {}).items()}


def bicep_strings(text: str) -> set[str]:
    """Return the text of every string in the bodies of a Bicep file, and every name of a reference."""
    return set(_texts([one["config"] for one in bicep(text).get("resources", {}).values()]))


def bicep_string(literal: str) -> str:
    """Return the text of a string literal without its quotes; raises where an expression is in it."""
    assert not re.search(r"(?<!\\)(\\\\)*\$\{", literal), literal
    assert not re.search(r"(?<!\\)(\\\\)*'", literal), literal
    return re.sub(r"\\(u\{([0-9a-f]+)\}|.)", _bicep_escape, literal, flags=re.DOTALL)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield bicep_string(name.strip("'") if name.startswith("'") else name)
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield bicep_string(value)


def _bicep_escape(found: re.Match[str]) -> str:
    if found[2]:
        return chr(int(found[2], 16))
    return _BICEP_ESCAPES.get(found[1], found[1])
