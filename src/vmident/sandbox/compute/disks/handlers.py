"""Managed disks: make an empty one, read, list, change, delete.

A disk that a VM uses cannot be deleted (409, seen in public reports). Making one takes an operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId
from vmident.sandbox import errors
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute.disks.views import TYPE, shown_disk
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import operations
from vmident.sandbox.protocol.call import checked_location, checked_tags, merged_tags
from vmident.sandbox.protocol.paging import page_of
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

_SKUS = ("Standard_LRS", "Premium_LRS", "StandardSSD_LRS", "UltraSSD_LRS", "Premium_ZRS", "StandardSSD_ZRS")


def list_group_disks(call: Call) -> Response:
    """Answer a page of one group's disks."""
    return page_of(call, "disk", call.group()["name"], shown_disk)


def list_disks(call: Call) -> Response:
    """Answer a page of the subscription's disks."""
    return page_of(call, "disk", None, shown_disk)


def read_disk(call: Call) -> Response:
    """Answer GET of one disk."""
    return json_answer(200, shown_disk(_find(call)))


def write_disk(call: Call) -> Response:
    """Answer PUT: a new, empty disk, or another size, sku and tags for one that is there."""
    group, name = call.group()["name"], call.words["name"]
    content = call.content()
    location = checked_location(content.get("location"), TYPE)
    found = call.rows.find("disk", group, name)
    if found and found["location"] != location:
        raise errors.location_fixed(found["name"], group, found["location"], location)
    asked = _asked(content, found)
    tags = {key: text for key, text in checked_tags(content.get("tags") or {}).items() if text is not None}
    record = found or {
        "id": str(ResourceId(SUBSCRIPTION, group, TYPE, name)),
        "group": group,
        "name": name,
        "location": location,
        "osType": None,
        "option": "Empty",
        "vm": None,
        "made": call.now,
    }
    record |= {**asked, "tags": tags, "state": "Updating"}
    if found:
        call.rows.replace("disk", group, name, record)
    else:
        call.rows.add("disk", group, name, record, made=call.now)
    return _accepted(call, record)


def change_disk(call: Call) -> Response:
    """Answer PATCH: another size, sku or tags."""
    record, content = _find(call), call.content()
    if "tags" in content:
        record["tags"] = merged_tags(record["tags"], checked_tags(content["tags"], removable=True))
    record |= {**_asked(content, record), "state": "Updating"}
    call.rows.replace("disk", record["group"], record["name"], record)
    return _accepted(call, record)


def delete_disk(call: Call) -> Response:
    """Answer DELETE: 204 for a disk that was not there."""
    group = call.group()["name"]
    record = call.rows.find("disk", group, call.words["name"])
    if record is None:
        return Response(204)
    if record["vm"]:
        raise compute_errors.disk_attached(record["name"], record["vm"])
    effects = operations.Effects(rows=[("disk", group, record["name"], None)])
    headers = operations.begin(call, record, effects, kind="disk", has_location=True)
    return Response(202, headers)


def _accepted(call: Call, record: Record) -> Response:
    headers = operations.begin(call, record, operations.Effects(), kind="disk", has_location=True)
    return json_answer(202, shown_disk(record), headers)


def _asked(content: dict[str, Any], found: Record | None) -> Record:
    """Read the size and the sku, which both keep their value where nothing is said."""
    properties = content.get("properties") or {}
    option = (properties.get("creationData") or {}).get("createOption", "Empty" if found is None else found["option"])
    if str(option).lower() not in ("empty", "fromimage" if found else "empty"):
        raise errors.not_in_the_sandbox(f"a disk whose createOption is '{option}'")
    gib = properties.get("diskSizeGB", found["gib"] if found else None)
    if not isinstance(gib, int) or not 1 <= gib <= 32767:
        raise compute_errors.required("disk.diskSizeGB")
    if found and gib < found["gib"]:
        raise compute_errors.change_not_allowed("disk.diskSizeGB")
    sku = (content.get("sku") or {}).get("name", found["sku"] if found else "Premium_LRS")
    if sku not in _SKUS:
        raise errors.parameter_invalid(f"The value '{sku}' of parameter 'sku.name' is invalid.", "sku.name")
    return {"gib": gib, "sku": sku}


def _find(call: Call) -> Record:
    group, name = call.group()["name"], call.words["name"]
    found = call.rows.find("disk", group, name)
    if found is None:
        raise errors.resource_not_found(TYPE, name, call.words["group"])
    return found
