"""Suggest the names of existing resources in place of one that was not found."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vmident.core.selection import did_you_mean
from vmident.errors import VmidentError


def suggestion(name: str, list_names: Callable[[], Iterable[str]]) -> str:
    """Return what `did_you_mean` does; empty where the names cannot be listed, as a suggestion is worth no failure."""
    try:
        return did_you_mean(name, list_names())
    except VmidentError:
        return ""
