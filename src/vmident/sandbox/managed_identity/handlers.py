"""User-assigned identities: create, read, list, update, delete.

Deleting one that VMs have succeeds and leaves them with a dead attachment (wire facts). What a PATCH does to the tags
that it does not name is assumed: they go, as in Microsoft's examples of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, ResourceId
from vmident.sandbox import errors
from vmident.sandbox.authorization import directory
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.managed_identity import federated_credentials
from vmident.sandbox.managed_identity.errors import bad_request
from vmident.sandbox.managed_identity.views import FIRST_WITH_ISOLATION, FIRST_WITH_RESTRICTIONS, shown_identity
from vmident.sandbox.protocol import throttling
from vmident.sandbox.protocol.call import checked_location, checked_tags
from vmident.sandbox.protocol.paging import page_of
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}")
_READ_ONLY = ("id", "name", "type", "systemData")
_READ_ONLY_PROPERTIES = ("tenantId", "principalId", "clientId", "clientSecretUrl")
_NAME_RULE = "It has 3 to 128 letters, digits, hyphens and underscores, and begins with a letter or digit."


def new_identity(group: str, name: str, location: str, tags: dict[str, str], new_uuid: Callable[[], str]) -> Record:
    """Create the record of an identity with a new principal."""
    return {
        "id": str(ResourceId(SUBSCRIPTION, group, USER_ASSIGNED_IDENTITY, name)),
        "group": group,
        "name": name,
        "location": location,
        "tags": tags,
        "principalId": new_uuid(),
        "clientId": new_uuid(),
    }


def read_identity(call: Call) -> Response:
    """Answer GET of one identity."""
    return json_answer(200, shown_identity(found_identity(call), call.api_version))


def list_group_identities(call: Call) -> Response:
    """Answer a page of one group's identities."""
    return page_of(call, "identity", call.group()["name"], lambda one: shown_identity(one, call.api_version))


def list_identities(call: Call) -> Response:
    """Answer a page of the subscription's identities."""
    return page_of(call, "identity", None, lambda one: shown_identity(one, call.api_version))


def write_identity(call: Call) -> Response:
    """Answer PUT: 201 for a new identity, 200 for one that was there; its region never changes."""
    group, name = call.group()["name"], call.words["name"]
    content = call.content()
    properties = _read_properties(call, content)
    tags = _read_tags(content)
    found = call.rows.find("identity", group, name)
    location = checked_location(content.get("location"), USER_ASSIGNED_IDENTITY)
    if found is not None:
        if location != found["location"]:
            raise errors.location_fixed(found["name"], group, found["location"], location)
        return _replaced(call, found | properties | {"tags": tags})
    if not _NAME.fullmatch(name):
        raise errors.name_invalid(name, USER_ASSIGNED_IDENTITY, _NAME_RULE)
    call.meter.draw(throttling.identities(location, made=1))
    made = new_identity(group, name, location, tags, call.settings.new_uuid) | properties
    call.rows.add("identity", group, name, made, made=call.now)
    directory.enter(call.rows, made["principalId"], made=call.now, name=name)
    shown = shown_identity(made, call.api_version)
    return json_answer(201, shown, {"location": shown["id"]})


def change_identity(call: Call) -> Response:
    """Answer PATCH: replaces the tags, where the body has some."""
    found, content = found_identity(call), call.content()
    location = content.get("location")
    if location is not None and checked_location(location, USER_ASSIGNED_IDENTITY) != found["location"]:
        raise errors.location_fixed(found["name"], found["group"], found["location"], str(location))
    changes = _read_properties(call, content)
    if content.get("tags") is not None:
        changes["tags"] = _read_tags(content)
    return _replaced(call, found | changes)


def delete_identity(call: Call) -> Response:
    """Answer DELETE: 200 for one that was there, 204 for one that was not. Its principal goes with it."""
    group, name = call.group()["name"], call.words["name"]
    found = call.rows.find("identity", group, name)
    if found is None:
        return Response(204)
    federated_credentials.delete_all(call.rows, found, deleted=call.now)
    directory.leave(call.rows, found["principalId"], deleted=call.now)
    call.rows.soft_delete("identity", group, name, deleted=call.now)
    return Response(200)


def found_identity(call: Call) -> Record:
    """Return the identity that the path names; raises 404."""
    group, name = call.group()["name"], call.words["name"]
    found = call.rows.find("identity", group, name)
    if found is None:
        raise errors.resource_not_found(USER_ASSIGNED_IDENTITY, name, call.words["group"])
    return found


def _replaced(call: Call, record: Record) -> Response:
    call.rows.replace("identity", record["group"], record["name"], record)
    return json_answer(200, shown_identity(record, call.api_version))


def _read_tags(content: dict[str, Any]) -> dict[str, str]:
    return {name: text for name, text in checked_tags(content.get("tags") or {}).items() if text is not None}


def _read_properties(call: Call, content: dict[str, Any]) -> dict[str, Any]:
    """Read what can be set beside location and tags, as members of the record; raises 400 for anything else.

    A client may send an identity back as it has read it: read-only members are taken and mean nothing.
    """
    for member in content:
        if member not in ("location", "tags", "properties", *_READ_ONLY):
            raise errors.member_unknown(member, "ResourceDefinition", member)
    properties = content.get("properties") or {}
    if not isinstance(properties, dict):
        raise errors.content_invalid("Error converting value to an object. Path 'properties'.")
    read: dict[str, Any] = {}
    for member, value in properties.items():
        if member == "isolationScope" and call.api_version >= FIRST_WITH_ISOLATION:
            if value not in ("None", "Regional"):
                raise bad_request(f"The isolation scope '{value}' is not supported: 'None' or 'Regional'.")
            read[member] = value
        elif member == "assignmentRestrictions" and call.api_version >= FIRST_WITH_RESTRICTIONS:
            if value not in (None, {"providers": []}):
                raise errors.not_in_the_sandbox("assignment restrictions of an identity")
        elif member not in _READ_ONLY_PROPERTIES:
            raise errors.member_unknown(member, "UserAssignedIdentityProperties", f"properties.{member}")
    return read
