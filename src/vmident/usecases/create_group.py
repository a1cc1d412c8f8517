"""See to it that a resource group is there, in the location and with the tags that are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vmident.core.rbac.scope import group_scope
from vmident.core.resources import Group, is_same_location
from vmident.core.tags import has_tags, with_tags
from vmident.errors import AlreadyExists, Conflict, NotFound
from vmident.ports.azure import Clock, Groups, Person
from vmident.results.changes import Status
from vmident.results.resources import GroupMade
from vmident.usecases.idempotent_write import Errand, ensure
from vmident.usecases.resolve.groups import NO_GROUP


@dataclass(frozen=True)
class GroupWish:
    """A group that is to be there; tags that it has besides stay."""

    subscription: str
    name: str
    location: str
    tags: Mapping[str, str]


def make_group(wish: GroupWish, groups: Groups, clock: Clock, person: Person, *, dry_run: bool) -> GroupMade:
    """Read the group, and send a PUT only where it is not there or lacks a tag.

    Raises `AlreadyExists` where it is in another location, `Conflict` where it is being deleted.
    """
    before = now = _there(wish, groups)
    if before and has_tags(before.tags, wish.tags):
        return GroupMade(before, Status.UNCHANGED, before)
    if dry_run:
        return GroupMade(_planned(wish, before), Status.PLANNED, before)

    def make() -> Group:
        planned = _planned(wish, now)
        return groups.make(wish.subscription, planned.name, planned.location, planned.tags)

    def found() -> Group | None:
        nonlocal now
        now = _there(wish, groups)
        return now if now and has_tags(now.tags, wish.tags) else None

    errand = Errand(make, found, f"make resource group '{wish.name}'", f"vmident group show {wish.name}")
    group, is_ours = ensure(errand, clock, person)
    return GroupMade(group, Status.CHANGED if is_ours else Status.UNCHANGED, before)


def _planned(wish: GroupWish, now: Group | None) -> Group:
    if now:
        return Group(now.id, now.name, now.location, with_tags(now.tags, wish.tags))
    return Group(group_scope(wish.subscription, wish.name), wish.name, wish.location, dict(wish.tags))


def _there(wish: GroupWish, groups: Groups) -> Group | None:
    try:
        group = groups.read(wish.subscription, wish.name)
    except NotFound as missing:
        if missing.code != NO_GROUP:
            raise
        return None
    if group.is_being_deleted:
        raise Conflict(
            f"Resource group '{group.name}' is being deleted.",
            hint="Make it again when it is gone, or take another name.",
        )
    if not is_same_location(group.location, wish.location):
        raise AlreadyExists(
            f"Resource group '{group.name}' is there already, in '{group.location}' and not in '{wish.location}'.",
            hint=f"A group stays where it is: give --location {group.location}, or another name.",
        )
    return group
