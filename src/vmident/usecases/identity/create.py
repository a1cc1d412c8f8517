"""See to it that a user-assigned identity is there, in the location and with the tags that are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vmident.core.naming import name_warnings
from vmident.core.resource_id import ResourceId
from vmident.core.resources import IdentityResource, is_same_location
from vmident.core.tags import has_tags, with_tags
from vmident.errors import AlreadyExists, NotFound
from vmident.ports.azure import Clock, Groups, Identities, Person
from vmident.results.changes import Status
from vmident.results.resources import IdentityMade
from vmident.usecases.idempotent_write import Errand, ensure
from vmident.usecases.resolve.groups import NO_GROUP, group_not_found, read_group


@dataclass(frozen=True)
class IdentityWish:
    """An identity that is to be there; `location` is `None` for the group's, tags that it has besides stay."""

    id: ResourceId
    location: str | None
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Makers:
    """What making an identity reaches through."""

    identities: Identities
    groups: Groups
    clock: Clock
    person: Person


def make_identity(wish: IdentityWish, makers: Makers, *, dry_run: bool) -> IdentityMade:
    """Read the identity, and send a PUT only where it is not there or lacks a tag.

    One that is there is taken as it is where no location is wanted. Raises `AlreadyExists` where it is in another
    location, `NotFound` with near names where its group is not there.
    """
    warnings = name_warnings(wish.id.name)
    before = now = _there(wish, makers)
    if before and has_tags(before.tags, wish.tags):
        return IdentityMade(before, Status.UNCHANGED, before, warnings)
    location = before.location if before else _location(wish, makers.groups)
    if dry_run:
        return IdentityMade(_planned(wish, location, before), Status.PLANNED, before, warnings)

    def make() -> IdentityResource:
        planned = _planned(wish, location, now)
        return makers.identities.make(planned.id, planned.location, planned.tags)

    def found() -> IdentityResource | None:
        nonlocal now
        now = _there(wish, makers)
        return now if now and has_tags(now.tags, wish.tags) else None

    errand = Errand(make, found, f"make identity '{wish.id.name}'", f"vmident identity show {wish.id}")
    identity, is_ours = ensure(errand, makers.clock, makers.person)
    return IdentityMade(identity, Status.CHANGED if is_ours else Status.UNCHANGED, before, warnings)


def _planned(wish: IdentityWish, location: str, now: IdentityResource | None) -> IdentityResource:
    if now:
        return replace(now, tags=with_tags(now.tags, wish.tags))
    return IdentityResource(wish.id, location, tags=dict(wish.tags))


def _location(wish: IdentityWish, groups: Groups) -> str:
    return wish.location or read_group(wish.id.group, wish.id.subscription, groups).location


def _there(wish: IdentityWish, makers: Makers) -> IdentityResource | None:
    try:
        identity = makers.identities.read(wish.id)
    except NotFound as missing:
        if missing.code == NO_GROUP:
            raise group_not_found(wish.id.group, wish.id.subscription, missing, makers.groups) from missing
        if missing.code != "ResourceNotFound":
            raise
        return None
    if wish.location and not is_same_location(identity.location, wish.location):
        raise AlreadyExists(
            f"Identity '{identity.id.name}' is there already, in '{identity.location}' and not in '{wish.location}'.",
            hint=f"An identity stays where it is: give --location {identity.location}, or another name.",
        )
    return identity
