"""A change of the identities of a VM or of a scale set: checked against the cloud, then written into the record.

The order of what refuses is Azure's: first who may assign them (403), then whether they exist (400, by the gateway),
and only then Compute's own etag (412) and running operation (409), which `conditions` has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmident.core.resource_id import ResourceId
from vmident.sandbox import errors
from vmident.sandbox.authorization import directory, permissions
from vmident.sandbox.compute import identity_errors
from vmident.sandbox.compute.identity_patch import IdentityChange, held_after
from vmident.sandbox.protocol import throttling
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record


@dataclass(frozen=True)
class CheckedChange:
    """A change that the gateway takes: the entries afterwards, and those attached anew, id to clientId.

    `refusal` is what Compute says of it all the same, after its own conditions.
    """

    change: IdentityChange
    entries: list[Record]
    attached: dict[str, str]
    makes_system: bool
    is_nothing: bool
    refusal: errors.Refused | None = None


def exactly(record: Record, change: IdentityChange) -> IdentityChange:
    """Return the change that leaves exactly what a PUT names."""
    held = {ResourceId.parse(entry["id"]) for entry in record["user"]}
    return replace(change, detach=change.detach | (held - set(change.attach))) if change.has_user else change


def checked(call: Call, record: Record, change: IdentityChange, action: str) -> CheckedChange:
    """Check a change of what `record` holds; `action` is the permission that the write took.

    Raises 403 where the caller may not assign an identity, 400 where one does not exist, and 429.
    """
    named = list(change.attach.values())
    permissions.check_linked(call, action, record["id"], permissions.ASSIGN_IDENTITY, named)
    held = {ResourceId.parse(entry["id"]): entry for entry in record["user"]}
    refusal = None
    try:
        after = held_after(held, change)
    except errors.Refused as refused:
        # What is left depends on the state that the write meets, so a changed etag is said first (assumed).
        after, refusal = (), refused
    entries, attached = [], {}
    for resource_id in after:
        entry = held.get(resource_id, {"id": change.attach.get(resource_id, str(resource_id))})
        found = _existing(call, record, resource_id, entry["id"])
        entries.append(entry)
        # One whose attachment failed, and that is there again, is attached anew.
        if "clientId" not in entry:
            attached[entry["id"]] = found["clientId"]
    makes_system = change.has_system and not record["system"]
    call.meter.draw(throttling.identities(record["location"], made=int(makes_system), attached=len(attached)))
    is_nothing = not attached and len(entries) == len(held) and change.has_system == bool(record["system"])
    return CheckedChange(change, entries, attached, makes_system, is_nothing, refusal)


def apply(call: Call, record: Record, checked_change: CheckedChange) -> None:
    """Write a change into a record; its principal is made and deleted at once, its attachments fill later.

    Raises 400 where a type with user-assigned identities would be left with none.
    """
    if checked_change.refusal:
        raise checked_change.refusal
    if checked_change.makes_system:
        record["system"] = call.settings.new_uuid()
        directory.enter(call.rows, record["system"], made=call.now, name=record["name"])
    elif record["system"] and not checked_change.change.has_system:
        directory.leave(call.rows, record["system"], deleted=call.now)
        record["system"] = None
    record["user"] = checked_change.entries


def _existing(call: Call, record: Record, resource_id: ResourceId, spelled: str) -> Record:
    same_subscription = resource_id.subscription.lower() == SUBSCRIPTION
    found = call.rows.find("identity", resource_id.group, resource_id.name) if same_subscription else None
    if found is None:
        raise identity_errors.identity_operation_failed(record["id"], spelled)
    return found
