"""See to it that a resource group is there, in the location and with the tags that are wanted."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from vmident.core.rbac.scope import group_scope
from vmident.core.resources import Group, is_same_location
from vmident.core.shell import command_line
from vmident.core.tags import has_tags, with_tags
from vmident.errors import AlreadyExists, BeingDeleted, NotFound
from vmident.ports.azure import Groups
from vmident.ports.ports import Ports
from vmident.results.changes import Status
from vmident.results.resources import GroupResult
from vmident.usecases.idempotent_write import Write, write_once
from vmident.usecases.resolve.suggestions import NO_GROUP


class GroupRequest(Struct, frozen=True):
    """A group to create or keep; tags that it has besides stay."""

    subscription: str
    name: str
    location: str
    tags: Mapping[str, str]


def create_group_resource(request: GroupRequest, ports: Ports, *, dry_run: bool) -> GroupResult:
    """Read the group, and send a PUT only where it is not there or lacks a tag.

    Raises `AlreadyExists` where it is in another location, `BeingDeleted` where it is being deleted.
    """
    groups = ports.groups
    before = now = _there(request, groups)
    if before and has_tags(before.tags, request.tags):
        return GroupResult(before, Status.UNCHANGED, before)
    if dry_run:
        return GroupResult(_planned(request, before), Status.PLANNED, before)

    def make() -> Group:
        planned = _planned(request, now)
        return groups.make(request.subscription, planned.name, planned.location, planned.tags)

    def found() -> Group | None:
        nonlocal now
        now = _there(request, groups)
        return now if now and has_tags(now.tags, request.tags) else None

    write = Write(
        make, found, f"create resource group '{request.name}'", command_line("vmident", "group", "show", request.name)
    )
    group, is_ours = write_once(write, ports.clock, ports.prompt)
    return GroupResult(group, Status.CHANGED if is_ours else Status.UNCHANGED, before)


def _planned(request: GroupRequest, now: Group | None) -> Group:
    if now:
        return Group(now.id, now.name, now.location, with_tags(now.tags, request.tags))
    return Group(group_scope(request.subscription, request.name), request.name, request.location, dict(request.tags))


def _there(request: GroupRequest, groups: Groups) -> Group | None:
    try:
        group = groups.read(request.subscription, request.name)
    except NotFound as missing:
        if missing.code != NO_GROUP:
            raise
        return None
    if group.is_being_deleted:
        raise BeingDeleted(
            f"Resource group '{group.name}' is being deleted.",
            hint="Try again after it is deleted, or use another name.",
        )
    if not is_same_location(group.location, request.location):
        raise AlreadyExists(
            f"Resource group '{group.name}' already exists in '{group.location}', not in '{request.location}'.",
            hint=f"Use --location {group.location}, or another name.",
        )
    return group
