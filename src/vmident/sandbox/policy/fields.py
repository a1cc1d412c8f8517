"""The fields of a resource that a rule may read, and the values that each selects.

1. `name`, `fullName`, `kind`, `type`, `location`, `id`, `identity.type` and `tags` are Azure's own. The built-in
   definitions for managed identities also read `identity.userAssignedIdentities`, an object.
2. One tag: `tags.NAME`, `tags[NAME]`, `tags['NAME']`, where two apostrophes within the last stand for one. What follows
   the first period is the whole name, periods included. Names of tags compare without regard to case.
3. Everything else is an alias. A property that is missing has the value null.
4. An alias with `[*]` selects a collection: the members of the array, or of each of them the property that follows. Of
   an array that is missing it selects nothing. Inside `count.where`, the counted alias selects the one member that is
   being counted.

Source: Microsoft's pages 'Azure Policy definition structure policy rule', section 'Fields', and 'Author policies for
array properties on Azure resources'.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.sandbox.deployments.value_functions import folded
from vmident.sandbox.policy import rule_errors
from vmident.sandbox.policy.aliases import ALIASES, path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATHS = {
    "name": "name",
    "kind": "kind",
    "type": "type",
    "location": "location",
    "id": "id",
    "identity.type": "identity.type",
    "identity.userassignedidentities": "identity.userAssignedIdentities",
    "tags": "tags",
}
_TAG = re.compile(r"tags(?:\.(?P<plain>[^\[\]'].*)|\[(?P<bracketed>.+)\])", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Selection:
    """The values that a field selects; `is_collection` where its name has `[*]`."""

    values: tuple[Any, ...]
    is_collection: bool = False


def check_field(name: str) -> None:
    """Raise `RuleInvalid` for a field that there is none of."""
    lower = name.lower()
    if lower == "fullname" or lower in _PATHS or lower in ALIASES or tag_of(name) is not None:
        return
    raise rule_errors.alias_unknown(name)


def select(resource: Mapping[str, Any], name: str, counted: Mapping[str, Any] | None = None) -> Selection:
    """Return what a field selects; raises `RuleInvalid` for one that there is none of.

    `counted` holds the member that is being counted of each counted alias, by the alias in lower case.
    """
    check_field(name)
    lower = name.lower()
    tag = tag_of(name)
    if tag is not None:
        return Selection((_member(resource.get("tags"), tag),))
    if lower == "fullname":
        return Selection((_full_name(resource),))
    if lower in _PATHS:
        return Selection(tuple(_walk(resource, _PATHS[lower].split("."))))
    outer = max((one for one in counted or {} if lower == one or lower.startswith(f"{one}.")), key=len, default=None)
    if counted and outer is not None:
        rest = name[len(outer) :].removeprefix(".")
        values = _walk(counted[outer], rest.split(".")) if rest else [counted[outer]]
        return Selection(tuple(values), is_collection=True)
    path = path_of(name, str(resource.get("type", "")))
    is_collection = "[*]" in name
    if path is None:
        return Selection(() if is_collection else (None,), is_collection)
    return Selection(tuple(_walk(resource, path.split("."))), is_collection)


def tag_of(name: str) -> str | None:
    """Return the name of the tag that a field reads; None for another field (rule 2)."""
    found = _TAG.fullmatch(name)
    if found is None:
        return None
    if found["plain"] is not None:
        return found["plain"]
    inner = found["bracketed"]
    if not inner.startswith("'"):
        return inner
    quoted = re.fullmatch(r"'((?:[^']|'')+)'", inner, re.DOTALL)
    return None if quoted is None else quoted[1].replace("''", "'")


def _full_name(resource: Mapping[str, Any]) -> str:
    names = str(resource.get("id", "")).rpartition("/providers/")[2].split("/")[2::2]
    return "/".join(names) or str(resource.get("name", ""))


def _member(whole: Any, key: str) -> Any:
    if not isinstance(whole, dict):
        return None
    return next((value for name, value in whole.items() if folded(name) == folded(key)), None)


def _walk(value: Any, steps: list[str]) -> list[Any]:
    """Return what a path selects from a value: one value, or those of every member of its arrays (rules 3 and 4)."""
    if not steps:
        return [value]
    first, *rest = steps
    found = _member(value, first.removesuffix("[*]"))
    if not first.endswith("[*]"):
        return _walk(found, rest)
    return [each for member in found for each in _walk(member, rest)] if isinstance(found, list) else []
