"""Scale sets: create, read, list, change identities, tags and capacity, delete, update instances.

Same merge semantics, etags and refusals as VMs. What differs is recorded: budgets, `Retry-After`, and an etag that
rises by two where identities are attached. A Flexible set takes no system-assigned identity (reported).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.api_versions import DEFAULT_LOCATION
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute import identity_changes
from vmident.sandbox.compute.busy import check_idle
from vmident.sandbox.compute.identity_patch import IdentityChange, read_change
from vmident.sandbox.compute.image_data import SIZES, find_size
from vmident.sandbox.compute.scale_sets import instances
from vmident.sandbox.compute.scale_sets.lookup import SCALE_SET, find_scale_set, instances_of
from vmident.sandbox.compute.scale_sets.views import FLEXIBLE, TYPE, UNIFORM, new_scale_set, shown_scale_set
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import operations, throttling
from vmident.sandbox.protocol.call import checked_location, checked_tags, merged_tags
from vmident.sandbox.protocol.etags import check_condition, etag, shows_etag
from vmident.sandbox.protocol.paging import page_of

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

WRITE = f"{TYPE}/write"
# `Retry-After` of a PATCH and of its polls, recorded.
_CHANGE = operations.Pace(first=10, later=37)
_STEP_OF_ATTACHING = 2
_LARGEST = 1000
_MODES = {mode.lower(): mode for mode in (UNIFORM, FLEXIBLE)}


def read_scale_set(call: Call) -> Response:
    """Answer GET of one scale set."""
    record = find_scale_set(call)
    call.meter.draw(throttling.scale_set_read(record["location"], record["id"]))
    return _answer(call, record)


def list_group_scale_sets(call: Call) -> Response:
    """Answer a page of one group's scale sets."""
    group = call.group()
    call.meter.draw(throttling.scale_set_list(group["location"]))
    return page_of(call, SCALE_SET, group["name"], lambda one: shown_scale_set(one, call.api_version))


def list_scale_sets(call: Call) -> Response:
    """Answer a page of the subscription's scale sets."""
    call.meter.draw(throttling.scale_set_list(DEFAULT_LOCATION))
    return page_of(call, SCALE_SET, None, lambda one: shown_scale_set(one, call.api_version))


def read_instance_view(call: Call) -> Response:
    """Answer GET of a scale set's instance view: how many instances are in which state."""
    record = find_scale_set(call)
    call.meter.draw(throttling.scale_set_read(record["location"], record["id"]))
    count = len(instances_of(call.rows, record))
    summary = [{"code": "ProvisioningState/succeeded", "count": count}]
    status = {"code": f"ProvisioningState/{record['state'].lower()}", "level": "Info"}
    return json_answer(200, {"virtualMachine": {"statusesSummary": summary}, "statuses": [status]})


def write_scale_set(call: Call) -> Response:
    """Answer PUT: 201 for a new scale set, 200 for one that was there; a PUT leaves the identities that it names."""
    group, name = call.group()["name"], call.words["name"]
    content = call.content()
    location = checked_location(content.get("location"), TYPE)
    tags = {key: text for key, text in checked_tags(content.get("tags") or {}).items() if text is not None}
    found = call.rows.find(SCALE_SET, group, name)
    properties = content.get("properties") or {}
    sku = content.get("sku") or {}
    if found is not None:
        change = _read_change(content, found, is_put=True)
        return _written(call, found, change, tags, _capacity(sku, found))
    mode = _MODES.get(str(properties.get("orchestrationMode") or UNIFORM).lower())
    if mode is None:
        raise errors.parameter_invalid("The value of parameter 'orchestrationMode' is invalid.", "orchestrationMode")
    record = new_scale_set(
        group,
        name,
        location,
        call.settings.new_uuid(),
        mode=mode,
        size=_size(sku, mode),
        made=call.now,
        upgrade=(properties.get("upgradePolicy") or {}).get("mode", "Manual"),
        tags=tags,
        profile=_without_secrets(properties.get("virtualMachineProfile") or {}),
    )
    record["state"] = "Creating"
    change = _read_change(content, record, is_put=True)
    call.meter.draw(throttling.scale_set_write(location, record["id"]))
    checked = identity_changes.checked(call, record, change, WRITE) if change else None
    if checked:
        identity_changes.apply(call, record, checked)
    record["capacity"] = _capacity(sku, record)
    call.rows.add(SCALE_SET, group, name, record, made=call.now)
    instances.resize(call, record)
    effects = operations.Effects(attached=checked.attached if checked else {})
    headers = operations.begin(call, record, effects, operations.CREATION, kind=SCALE_SET)
    return _answer(call, record, headers, 201)


def change_scale_set(call: Call) -> Response:
    """Answer PATCH: the scale set as it will be, `Updating`, and the URL of the operation."""
    record = find_scale_set(call)
    content = {member.lower(): value for member, value in call.content().items()}
    for member in content:
        if member not in ("identity", "tags", "sku", "properties"):
            raise errors.not_in_the_sandbox(f"changes to '{member}' of a scale set")
    if content.get("properties"):
        raise errors.not_in_the_sandbox("changes to 'properties' of a scale set")
    change = _read_change(content, record)
    tags = (
        merged_tags(record["tags"], checked_tags(content["tags"], removable=True))
        if "tags" in content
        else record["tags"]
    )
    return _written(call, record, change, tags, _capacity(content.get("sku") or {}, record))


def delete_scale_set(call: Call) -> Response:
    """Answer DELETE: 202 and an operation, with which its instances go; 204 for one that was not there."""
    record = call.rows.find(SCALE_SET, call.group()["name"], call.words["name"])
    if record is None:
        return Response(204)
    call.meter.draw(throttling.scale_set_write(record["location"], record["id"]))
    check_condition(call, record)
    check_idle(call, record, "delete", SCALE_SET)
    if record["mode"] == FLEXIBLE and instances_of(call.rows, record):
        raise errors.not_in_the_sandbox("the deletion of a Flexible scale set that still has instances")
    call.rows.replace(SCALE_SET, record["group"], record["name"], {**record, "state": "Deleting"})
    rows = instances.rows_of(call.rows, record)
    if record["system"]:
        rows.append(("principal", "", record["system"], None))
    effects = operations.Effects({"state": "Deleting"}, [(SCALE_SET, record["group"], record["name"], None), *rows])
    headers = operations.begin(call, record, effects, operations.SLOW, kind=SCALE_SET, has_location=True)
    return Response(202, headers)


def update_instances(call: Call) -> Response:
    """Answer POST of `manualupgrade`: 202 and an operation, quick and without effect on identities (recorded)."""
    record = find_scale_set(call)
    call.meter.draw(throttling.scale_set_update_instances(record["location"]))
    effects = operations.Effects({"etag": record["etag"] + 1})
    return Response(202, operations.begin(call, record, effects, _CHANGE, kind=SCALE_SET, has_location=True))


def _written(
    call: Call, record: Record, change: IdentityChange | None, tags: dict[str, str], capacity: int
) -> Response:
    call.meter.draw(throttling.scale_set_write(record["location"], record["id"]))
    checked = identity_changes.checked(call, record, change, WRITE) if change else None
    check_condition(call, record)
    check_idle(call, record, "write", SCALE_SET)
    is_nothing = (checked is None or checked.is_nothing) and (tags, capacity) == (record["tags"], record["capacity"])
    if checked:
        identity_changes.apply(call, record, checked)
    attached = checked.attached if checked else {}
    step = _STEP_OF_ATTACHING if attached else 1
    record |= {"tags": tags, "capacity": capacity, "state": "Updating", "etag": record["etag"] + step}
    call.rows.replace(SCALE_SET, record["group"], record["name"], record)
    instances.resize(call, record)
    pace = operations.NOTHING_TO_DO if is_nothing else _CHANGE
    headers = operations.begin(call, record, operations.Effects(attached=attached), pace, kind=SCALE_SET)
    return _answer(call, record, headers)


def _answer(call: Call, record: Record, headers: dict[str, str] | None = None, status: int = 200) -> Response:
    sent = dict(headers or {})
    if shows_etag(call):
        sent["ETag"] = etag(record)
    return json_answer(status, shown_scale_set(record, call.api_version), sent)


def _read_change(content: dict[str, Any], record: Record, *, is_put: bool = False) -> IdentityChange | None:
    if content.get("identity") is None:
        return None
    change = read_change(content["identity"])
    if record["mode"] == FLEXIBLE and change.has_system:
        raise compute_errors.system_not_allowed(change.identity_type)
    return identity_changes.exactly(record, change) if is_put else change


def _size(sku: dict[str, Any], mode: str) -> str:
    name = sku.get("name")
    if name is None and mode == FLEXIBLE:
        return "Standard_DS1_v2"
    size = find_size(str(name))
    if size is None:
        raise compute_errors.size_invalid(str(name), SIZES)
    return size


def _capacity(sku: dict[str, Any], record: Record) -> int:
    asked = sku.get("capacity", record["capacity"])
    if not isinstance(asked, int) or not 0 <= asked <= _LARGEST:
        raise errors.parameter_invalid(f"The value '{asked}' of parameter 'sku.capacity' is invalid.", "sku.capacity")
    return asked


def _without_secrets(profile: dict[str, Any]) -> dict[str, Any]:
    system = {key: value for key, value in (profile.get("osProfile") or {}).items() if key != "adminPassword"}
    return {**profile, "osProfile": system} if system else profile
