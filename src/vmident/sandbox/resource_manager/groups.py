"""Resource groups and subscriptions: read and list them, make a group.

Shape of a group: exchange 0 of the recording `vm-user-identities-2020.json`; of a subscription: Microsoft's REST
reference for 'Subscriptions - Get', version 2022-12-01.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.api_versions import LOCATIONS, known_location
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol.call import checked_tags
from vmident.sandbox.protocol.odata_filter import read_filter
from vmident.sandbox.protocol.paging import page_of, page_of_all
from vmident.sandbox.resource_manager.resources import has_tag, tag_filter
from vmident.sandbox.tenant import SUBSCRIPTION, SUBSCRIPTION_NAME, TENANT

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

_NAME = re.compile(r"[\w().-]{0,89}[\w()-]")


def new_group(name: str, location: str, tags: dict[str, str]) -> Record:
    """Build the record of a group."""
    return {"group": name, "name": name, "location": location, "tags": tags}


def shown_group(record: Record) -> dict[str, Any]:
    """Return the group as answers carry it."""
    shown: dict[str, Any] = {
        "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{record['name']}",
        "name": record["name"],
        "type": "Microsoft.Resources/resourceGroups",
        "location": record["location"],
    }
    if record["tags"]:
        shown["tags"] = record["tags"]
    shown["properties"] = {"provisioningState": record.get("state", "Succeeded")}
    return shown


def read_group(call: Call) -> Response:
    """Answer GET of one group."""
    return json_answer(200, shown_group(call.group()))


def probe_group(call: Call) -> Response:
    """Answer HEAD: 204 for a group that is there, 404 for one that is not."""
    call.group()
    return Response(204)


def list_groups(call: Call) -> Response:
    """Answer a page of the subscription's groups, or of those with a tag."""
    clauses = read_filter(call.query.get("$filter", ""))
    if not clauses:
        return page_of(call, "group", None, shown_group)
    tag = tag_filter(clauses)
    if tag is None:
        raise errors.not_in_the_sandbox(f"the filter '{clauses[0].name}' of resource groups")
    return page_of_all(call, [shown_group(one) for one in call.rows.every("group") if has_tag(one["tags"], tag)])


def write_group(call: Call) -> Response:
    """Answer PUT: 201 for a new group, 200 for one that was there; its region never changes."""
    name = call.words["group"]
    content = call.content()
    for member in content:
        if member in ("managedBy", "properties") and content[member]:
            raise errors.not_in_the_sandbox(f"'{member}' of a resource group")
        if member not in ("location", "tags", "managedBy", "properties"):
            raise errors.member_unknown(member, "ResourceGroupDefinition", member)
    if not _NAME.fullmatch(name):
        raise errors.group_name_invalid(name)
    tags = {name: text for name, text in checked_tags(content.get("tags") or {}).items() if text is not None}
    location = _checked_location(content.get("location"))
    found = call.rows.find("group", name, "")
    if found is None:
        made = new_group(name, location, tags)
        call.rows.add("group", name, "", made, made=call.now)
        return json_answer(201, shown_group(made))
    if found.get("state") == "Deleting":
        raise errors.group_being_deleted(found["name"])
    if location != found["location"]:
        raise errors.group_location_fixed(found["location"], location)
    found["tags"] = tags
    call.rows.replace("group", name, "", found)
    return json_answer(200, shown_group(found))


def change_group(call: Call) -> Response:
    """Answer PATCH: the tags, which replace those that were there."""
    found, content = call.group(), call.content()
    for member in content:
        if member not in ("tags", "name", "properties", "managedBy") or (member != "tags" and content[member]):
            raise errors.not_in_the_sandbox(f"changes to '{member}' of a resource group")
    if "tags" in content:
        tags = checked_tags(content["tags"] or {})
        found["tags"] = {name: text for name, text in tags.items() if text is not None}
        call.rows.replace("group", found["name"], "", found)
    return json_answer(200, shown_group(found))


def _checked_location(value: object) -> str:
    if value is None or value == "":
        raise errors.location_required()
    location = known_location(value) if isinstance(value, str) else None
    if location is None:
        raise errors.group_location_not_available(str(value), LOCATIONS)
    return location


def shown_subscription() -> dict[str, Any]:
    """Return the one subscription as answers carry it."""
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": SUBSCRIPTION_NAME,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def read_subscription(_call: Call) -> Response:
    """Answer GET of the subscription."""
    return json_answer(200, shown_subscription())


def list_subscriptions(call: Call) -> Response:
    """Answer the list of subscriptions: one, for a user with any role in it."""
    shown = [shown_subscription()] if call.grants.all else []
    return json_answer(200, {"value": shown, "count": {"type": "Total", "value": len(shown)}})
