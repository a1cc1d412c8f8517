"""Resource groups by name: read one, with near names for one that does not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from vmident.core.resources import Group
from vmident.errors import NotFound
from vmident.ports.azure import Groups
from vmident.usecases.resolve.suggestions import NO_GROUP, suggestion

T = TypeVar("T")


def read_group(name: str, subscription: str, groups: Groups) -> Group:
    """Read one group; raises `NotFound` with near names."""
    try:
        return groups.read(subscription, name)
    except NotFound as missing:
        raise group_not_found(name, subscription, missing, groups) from missing


def in_each(subscriptions: Sequence[str], look: Callable[[str], Iterator[T]]) -> Iterator[T]:
    """Read from each of several subscriptions; one without the group yields nothing."""
    for subscription in subscriptions:
        try:
            yield from look(subscription)
        except NotFound as missing:
            if missing.code != NO_GROUP:
                raise


def group_not_found(name: str, subscription: str, missing: NotFound, groups: Groups) -> NotFound:
    """Return `NotFound` with similar names for a missing group; other errors stay Azure's."""
    if missing.code != NO_GROUP:
        return missing
    alike = suggestion(name, lambda: [one.name for one in groups.list(subscription)])
    return missing.with_message(f"Resource group '{name}' not found in subscription {subscription}.{alike}")
