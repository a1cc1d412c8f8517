"""The instances of a scale set: of a Uniform one its own, of a Flexible one VMs of their own that name it.

Instances of a Uniform set come and go with its capacity, numbered upwards; they are there at once, which is assumed.
The VMs of a Flexible set are made by `PUT` of a VM that names the set; its capacity alone makes none here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.compute.scale_sets.lookup import INSTANCE, SCALE_SET, find_instance, find_scale_set, instances_of
from vmident.sandbox.compute.scale_sets.views import UNIFORM, new_instance, shown_instance
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import operations, throttling

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows


def rows_of(rows: Rows, scale_set: Record) -> list[tuple[str, str, str, dict[str, Any] | None]]:
    """List the rows that go with a Uniform scale set."""
    if scale_set["mode"] != UNIFORM:
        return []
    return [(INSTANCE, one["group"], one["name"], None) for one in instances_of(rows, scale_set)]


def resize(call: Call, scale_set: Record) -> None:
    """Make or delete instances of a Uniform scale set, until there are as many as its capacity."""
    if scale_set["mode"] != UNIFORM:
        return
    present = instances_of(call.rows, scale_set)
    for one in present[scale_set["capacity"] :]:
        call.rows.soft_delete(INSTANCE, one["group"], one["name"], deleted=call.now)
    first = present[-1]["number"] + 1 if present else 0
    for number in range(first, first + scale_set["capacity"] - len(present)):
        record = new_instance(scale_set, number, call.settings.new_uuid(), call.now)
        call.rows.add(INSTANCE, record["group"], record["name"], record, made=call.now)


def list_instances(call: Call) -> Response:
    """Answer the instances of a Uniform scale set."""
    scale_set = find_scale_set(call)
    call.meter.draw(throttling.scale_set_read(scale_set["location"], scale_set["id"]))
    found = instances_of(call.rows, scale_set) if scale_set["mode"] == UNIFORM else []
    return json_answer(200, {"value": [shown_instance(one, scale_set) for one in found]})


def read_instance(call: Call) -> Response:
    """Answer GET of one instance."""
    scale_set, record = find_instance(call)
    call.meter.draw(throttling.instance_read(record["location"], record["id"]))
    return json_answer(200, shown_instance(record, scale_set))


def read_instance_view(call: Call) -> Response:
    """Answer GET of an instance's view."""
    _, record = find_instance(call)
    call.meter.draw(throttling.instance_read(record["location"], record["id"]))
    state = record["state"].lower()
    statuses = [
        {"code": f"ProvisioningState/{state}", "level": "Info", "displayStatus": f"Provisioning {state}"},
        {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"},
    ]
    return json_answer(200, {"statuses": statuses})


def delete_instance(call: Call) -> Response:
    """Answer DELETE of an instance: the capacity falls with it."""
    scale_set, record = find_instance(call)
    call.meter.draw(throttling.instance_write(record["location"], record["id"], deletes=True))
    smaller = {"capacity": max(0, scale_set["capacity"] - 1), "etag": scale_set["etag"] + 1}
    effects = operations.Effects(
        rows=[
            (INSTANCE, record["group"], record["name"], None),
            (SCALE_SET, record["group"], scale_set["name"], smaller),
        ]
    )
    call.rows.replace(INSTANCE, record["group"], record["name"], {**record, "state": "Deleting"})
    return Response(202, operations.begin(call, record, effects, operations.SLOW, kind=INSTANCE, has_location=True))
