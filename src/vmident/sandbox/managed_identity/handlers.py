"""User-assigned identities: make, read, list, delete.

Shape: exchanges 1 and 3 of the recording `vm-user-identities-2020.json`; `resourcegroups` in lower case, and
`clientSecretUrl` in the oldest version alone, are as recorded. Deleting one that VMs hold succeeds and leaves them
with a dead attachment (wire facts).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, ResourceId
from vmident.sandbox import errors
from vmident.sandbox.api_versions import OLDEST_IDENTITIES
from vmident.sandbox.authorization import directory
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import throttling
from vmident.sandbox.protocol.call import SUBSCRIPTION, TENANT, checked_location, checked_tags
from vmident.sandbox.protocol.paging import page_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.store import Record

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}")
_NAME_RULE = "It has 3 to 128 letters, digits, hyphens and underscores, and begins with a letter or digit."


def new_identity(group: str, name: str, location: str, tags: dict[str, str], new_uuid: Callable[[], str]) -> Record:
    """Make the record of an identity, with a new principal."""
    return {
        "id": str(ResourceId(SUBSCRIPTION, group, USER_ASSIGNED_IDENTITY, name)),
        "group": group,
        "name": name,
        "location": location,
        "tags": tags,
        "principalId": new_uuid(),
        "clientId": new_uuid(),
    }


def shown_identity(record: Record, api_version: str) -> dict[str, Any]:
    """Give the identity as answers carry it."""
    wire_id = record["id"].replace("/resourceGroups/", "/resourcegroups/", 1)
    properties = {"tenantId": TENANT, "principalId": record["principalId"], "clientId": record["clientId"]}
    if api_version == OLDEST_IDENTITIES:
        properties["clientSecretUrl"] = (
            f"https://control-{record['location']}.identity.azure.net{wire_id}/credentials"
            f"?tid={TENANT}&oid={record['principalId']}&aid={record['clientId']}"
        )
    return {
        "id": wire_id,
        "name": record["name"],
        "type": USER_ASSIGNED_IDENTITY,
        "location": record["location"],
        "tags": record["tags"],
        "properties": properties,
    }


def read_identity(call: Call) -> Response:
    """Answer GET of one identity."""
    group, name = call.group()["name"], call.words["name"]
    found = call.rows.find("identity", group, name)
    if found is None:
        raise errors.resource_not_found(USER_ASSIGNED_IDENTITY, name, call.words["group"])
    return json_answer(200, shown_identity(found, call.api_version))


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
    _check_members(content)
    tags = {name: text for name, text in checked_tags(content.get("tags") or {}).items() if text is not None}
    found = call.rows.find("identity", group, name)
    location = checked_location(content.get("location"), USER_ASSIGNED_IDENTITY)
    if found is not None:
        if location != found["location"]:
            raise errors.location_fixed(found["name"], group, found["location"], location)
        found["tags"] = tags
        call.rows.replace("identity", group, name, found)
        return json_answer(200, shown_identity(found, call.api_version))
    if not _NAME.fullmatch(name):
        raise errors.name_invalid(name, USER_ASSIGNED_IDENTITY, _NAME_RULE)
    call.meter.draw(throttling.identities(location, made=1))
    made = new_identity(group, name, location, tags, call.settings.new_uuid)
    call.rows.add("identity", group, name, made, made=call.now)
    directory.enter(call.rows, made["principalId"], made=call.now)
    shown = shown_identity(made, call.api_version)
    return json_answer(201, shown, {"location": shown["id"]})


def delete_identity(call: Call) -> Response:
    """Answer DELETE: 200 for one that was there, 204 for one that was not. Its principal goes with it."""
    group, name = call.group()["name"], call.words["name"]
    found = call.rows.find("identity", group, name)
    if found is None:
        return Response(204)
    directory.leave(call.rows, found["principalId"], deleted=call.now)
    call.rows.soft_delete("identity", group, name, deleted=call.now)
    return Response(200)


def _check_members(content: dict[str, Any]) -> None:
    for member, value in content.items():
        if member == "properties" and not value:
            continue
        if member == "properties":
            raise errors.not_in_the_sandbox("properties of a user-assigned identity")
        if member not in ("location", "tags"):
            raise errors.member_unknown(member, "ResourceDefinition", member)
