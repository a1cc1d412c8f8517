"""See to it that a user-assigned identity is there, in the location and with the tags that are wanted."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.consequences import name_warnings
from vmident.core.resource_id import ResourceId
from vmident.core.resources import IdentityResource, is_same_location
from vmident.core.shell import command_line
from vmident.core.tags import has_tags, with_tags
from vmident.errors import AlreadyExists, NotFound
from vmident.ports.azure import Groups
from vmident.ports.ports import Ports
from vmident.results.changes import Status
from vmident.results.resources import IdentityResult
from vmident.usecases.idempotent_write import Write, write_once
from vmident.usecases.resolve.groups import group_not_found, read_group
from vmident.usecases.resolve.suggestions import NO_GROUP


class IdentityRequest(Struct, frozen=True):
    """An identity to create or keep; `location` is `None` for the group's, tags that it has besides stay."""

    id: ResourceId
    location: str | None
    tags: Mapping[str, str]


def create_identity_resource(request: IdentityRequest, ports: Ports, *, dry_run: bool) -> IdentityResult:
    """Read the identity, and send a PUT only where it is not there or lacks a tag.

    One that is there is taken as it is where no location is wanted. Raises `AlreadyExists` where it is in another
    location, `NotFound` with near names where its group is not there.
    """
    warnings = name_warnings(request.id.name)
    before = now = _there(request, ports)
    if before and has_tags(before.tags, request.tags):
        return IdentityResult(before, Status.UNCHANGED, before, warnings)
    location = before.location if before else _location(request, ports.groups)
    if dry_run:
        return IdentityResult(_planned(request, location, before), Status.PLANNED, before, warnings)

    def make() -> IdentityResource:
        planned = _planned(request, location, now)
        return ports.identities.make(planned.id, planned.location, planned.tags)

    def found() -> IdentityResource | None:
        nonlocal now
        now = _there(request, ports)
        return now if now and has_tags(now.tags, request.tags) else None

    write = Write(
        make, found, f"create identity '{request.id.name}'", command_line("vmident", "identity", "show", request.id)
    )
    identity, is_ours = write_once(write, ports.clock, ports.prompt)
    return IdentityResult(identity, Status.CHANGED if is_ours else Status.UNCHANGED, before, warnings)


def _planned(request: IdentityRequest, location: str, now: IdentityResource | None) -> IdentityResource:
    if now:
        return replace(now, tags=with_tags(now.tags, request.tags))
    return IdentityResource(request.id, location, tags=dict(request.tags))


def _location(request: IdentityRequest, groups: Groups) -> str:
    return request.location or read_group(request.id.group, request.id.subscription, groups).location


def _there(request: IdentityRequest, ports: Ports) -> IdentityResource | None:
    try:
        identity = ports.identities.read(request.id)
    except NotFound as missing:
        if missing.code == NO_GROUP:
            raise group_not_found(request.id.group, request.id.subscription, missing, ports.groups) from missing
        if missing.code != "ResourceNotFound":
            raise
        return None
    if request.location and not is_same_location(identity.location, request.location):
        raise AlreadyExists(
            f"Identity '{identity.id.name}' already exists in '{identity.location}', not in '{request.location}'.",
            hint=f"Use --location {identity.location}, or another name.",
        )
    return identity
