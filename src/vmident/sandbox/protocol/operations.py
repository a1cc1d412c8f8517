"""Operations that take time: begun by a write to a VM, ended by the first request after, polled by their URL."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vmident.core.resource_id import ResourceId
from vmident.sandbox import errors
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import throttling

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.store import Record, Rows


# States of a VM while an operation runs on it.
BUSY_STATES = ("Creating", "Updating")


def wire_time(epoch_seconds: float) -> str:
    """Print a moment as operations do, `2020-07-09T07:19:37.8042157+00:00` (recording): seven digits."""
    moment = datetime.fromtimestamp(epoch_seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0+00:00"


def begin(
    call: Call,
    vm: Record,
    attached: dict[str, str],
    *,
    seconds: float | None = None,
    failure: dict[str, Any] | None = None,
) -> str:
    """Begin an operation on a VM that now holds `attached` (id -> clientId) anew; give the URL to poll.

    It lasts as long as operations do, unless `seconds` says otherwise, and ends in `failure`, where there is one.
    """
    name = call.settings.new_uuid()
    path = f"/subscriptions/{call.words['subscription']}/providers/Microsoft.Compute/locations/{vm['location']}"
    url = f"{call.settings.endpoint}{path}/operations/{name}?{_opaque_query(name, call.api_version, call.now)}"
    lasts = call.settings.operation_seconds() if seconds is None else seconds
    record = start(call.rows, vm, name, now=call.now, seconds=lasts, attached=attached)
    record["query"] = urlsplit(url).query
    if failure is not None:
        record["error"] = failure
    call.rows.write_operation(name, record, ends=record["ends"], running=True)
    return url


def start(rows: Rows, vm: Record, name: str, *, now: float, seconds: float, attached: dict[str, str]) -> Record:
    """Note a running operation on a VM; the caller notes on the VM that it is being updated."""
    record = {
        "name": name,
        "vm": [vm["group"], vm["name"]],
        "location": vm["location"],
        "starts": now,
        "ends": now + max(0.0, seconds),
        "status": "InProgress",
        "attached": attached,
        "query": "",
    }
    rows.write_operation(name, record, ends=now + max(0.0, seconds), running=True)
    return record


def settle(rows: Rows, now: float) -> None:
    """End every operation whose time has come, in order.

    An identity that was deleted while it was being attached fails its operation; assumed, in the words that a PATCH
    naming it would be refused with.
    """
    for operation in rows.due_operations(now):
        vm = rows.held("vm", *operation["vm"])
        found = {identity_id: _identity_of(rows, identity_id) for identity_id in operation["attached"]}
        lost = [one for one, client_id in operation["attached"].items() if found[one].get("clientId") != client_id]
        if lost:
            operation["error"] = errors.identity_operation_failed(vm["id"], lost[0]).error()
        elif "error" not in operation:
            for entry in vm["user"]:
                made = found.get(entry["id"], entry)
                entry |= {member: made[member] for member in ("principalId", "clientId")}
        vm["state"] = operation["status"] = "Failed" if "error" in operation else "Succeeded"
        if "changed" in vm:
            vm["changed"] = operation["ends"]
        rows.replace("vm", vm["group"], vm["name"], vm)
        rows.write_operation(operation["name"], operation, ends=operation["ends"], running=False)


def _identity_of(rows: Rows, identity_id: str) -> Record:
    resource_id = ResourceId.parse(identity_id)
    return rows.find("identity", resource_id.group, resource_id.name) or {}


def read_one(call: Call) -> Response:
    """Return the status of an operation, if the URL is exactly the one that was issued."""
    name = call.words["operation"]
    operation = call.rows.find_operation(name)
    same_place = operation is not None and operation["location"] == call.words["location"].lower()
    if operation is None or not same_place or operation["query"] != call.raw_query:
        raise errors.operation_not_found(name)
    call.meter.draw(throttling.operation_read(operation["location"], operation["name"]))
    content = {"startTime": wire_time(operation["starts"])}
    if operation["status"] != "InProgress":
        content["endTime"] = wire_time(operation["ends"])
    content |= {"status": operation["status"], "name": operation["name"]}
    if "error" in operation and operation["status"] == "Failed":
        content["error"] = operation["error"]
    return json_answer(200, content)


def _opaque_query(name: str, api_version: str, now: float) -> str:
    """Build the long query that Azure signs its polling URLs with: parameters p, t, c, s and h (wire facts)."""
    ticks = int(now * 10_000_000) + 621_355_968_000_000_000
    certificate = "".join(_digest(f"{name}/certificate/{part}") for part in range(24))
    return (
        f"p={_digest(name + '/p')}&api-version={api_version}&t={ticks}&c={certificate}"
        f"&s={''.join(_digest(f'{name}/signature/{part}') for part in range(8))}&h={_digest(f'{name}/h')}"
    )


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
