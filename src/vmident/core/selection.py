"""Which resource the user's words mean, given a listing; knows names and ids, never where the listing came from."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from vmident.core.resource_id import ResourceId


def named(listing: Iterable[ResourceId], name: str) -> tuple[ResourceId, ...]:
    """Pick the resources called `name`, in whatever case, sorted; one each, however often it is listed."""
    return tuple(sorted({resource for resource in listing if resource.name.lower() == name.lower()}))


def near_names(listing: Iterable[ResourceId], name: str, *, at_most: int = 3) -> tuple[str, ...]:
    """Pick the names most like a mistyped `name`, the likest first, in the casing of the listing."""
    return near((resource.name for resource in listing), name, at_most=at_most)


def near(names: Iterable[str], name: str, *, at_most: int = 3) -> tuple[str, ...]:
    """Pick of plain names those most like a mistyped one, as `near_names` does."""
    spelled = {one.lower(): one for one in names}
    return tuple(spelled[alike] for alike in get_close_matches(name.lower(), sorted(spelled), n=at_most))
