"""Operations that take time: begun by a write, ended by the first request after their end, polled by their URL.

What an operation changes when it ends is kept in it as data (`Effects`), so that any service can begin one and none
has to be loaded to end it. The states of the resource that it runs on:

    Succeeded --write--> Creating | Updating | Deleting --end--> Succeeded, or Failed, or gone

Headers, `Retry-After` and the form of an answer: the recordings of 2019 to 2026 (wire facts). Deallocate, delete and
creation say `Retry-After`; a change of identities says none.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vmident.core.resource_id import ResourceId
from vmident.sandbox import errors
from vmident.sandbox.compute import identity_errors
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import throttling
from vmident.sandbox.protocol.timestamps import wire_time
from vmident.sandbox.resource_graph import change_log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows


# States of a resource while an operation runs on it.
BUSY_STATES = ("Creating", "Updating", "Deleting")
# The median of 48 recorded identity operations on VMs; `Retry-After` was recorded beside it, and shrinks with it.
RECORDED_SECONDS = 4.75


@dataclass(frozen=True)
class Effects:
    """What an operation changes when it ends well: `members` of its own resource, and other `rows`.

    Each of `rows` is kind, group, name, and the members to write or None to delete it. `attached` are the identities
    attached anew, id to clientId. `output` is the result that `Location` answers and the status carries.
    """

    members: dict[str, Any] = field(default_factory=dict)
    rows: list[tuple[str, str, str, dict[str, Any] | None]] = field(default_factory=list)
    attached: dict[str, str] = field(default_factory=dict)
    output: dict[str, Any] | None = None


@dataclass(frozen=True)
class Pace:
    """How long an operation takes, in operations of the usual length, and the `Retry-After` that Azure says (seconds).

    `first` stands on the write's answer, `later` on the answers to polls.
    """

    length: float = 1.0
    first: int | None = None
    later: int | None = None


USUAL = Pace()
# 'Over in 0.1 s': a write that changes nothing (wire facts).
NOTHING_TO_DO = Pace(0.02)
# The polls of a VM's creation said 4 to 35.
CREATION = Pace(first=10, later=4)
# Start, restart and the like: assumed.
ACTION = Pace(2.0)
# The recorded deallocation took 20 s.
SLOW = Pace(4.0, first=10, later=30)


def begin(
    call: Call,
    record: Record,
    effects: Effects,
    pace: Pace = USUAL,
    *,
    kind: str = "vm",
    seconds: float | None = None,
    failure: dict[str, Any] | None = None,
    has_location: bool = False,
) -> dict[str, str]:
    """Begin an operation on a resource of a kind of rows; return the headers of the write's answer.

    It lasts as long as `pace` says, unless `seconds` does, and ends in `failure`, where there is one. With
    `has_location` the answer also names the URL of the result, as answers without a body do.
    """
    name = call.settings.new_uuid()
    path = f"/subscriptions/{call.words['subscription']}/providers/Microsoft.Compute/locations/{record['location']}"
    url = f"{call.settings.endpoint}{path}/operations/{name}"
    usual = call.settings.operation_seconds()
    lasts = usual * pace.length if seconds is None else seconds
    operation = start(
        call.rows,
        record,
        name,
        now=call.now,
        seconds=lasts,
        effects=effects,
        kind=kind,
        sent=change_log.traced(call.request.headers),
    )
    operation["query"] = _opaque_query(name, call.api_version, call.now)
    operation["monitorQuery"] = _opaque_query(name, call.api_version, call.now, "monitor=true&")
    operation["retryAfter"] = at_pace(pace.later, usual)
    if failure is not None:
        operation["error"] = failure
    call.rows.write_operation(name, operation, ends=operation["ends"], running=True)
    headers = {"Azure-AsyncOperation": f"{url}?{operation['query']}", "azure-asyncnotification": "Enabled"}
    if has_location:
        headers["Location"] = f"{url}?{operation['monitorQuery']}"
    retry_after = at_pace(pace.first, usual)
    return headers if retry_after is None else {**headers, "Retry-After": str(retry_after)}


def at_pace(recorded: int | None, usual_seconds: float) -> int | None:
    """Return a recorded `Retry-After` for operations of this length: a quicker sandbox is polled more often."""
    return None if recorded is None else max(1, round(recorded * min(1.0, usual_seconds / RECORDED_SECONDS)))


def start(
    rows: Rows,
    record: Record,
    name: str,
    *,
    now: float,
    seconds: float,
    effects: Effects,
    kind: str = "vm",
    sent: Mapping[str, str] | None = None,
) -> Record:
    """Note a running operation; the caller notes its state on the resource.

    `sent` are the traced headers of the request that began it: what its end changes is logged with them.
    """
    operation = {
        "name": name,
        "target": [kind, record["group"], record["name"]],
        "id": record["id"],
        "location": record["location"],
        "starts": now,
        "ends": now + max(0.0, seconds),
        "status": "InProgress",
        "effects": asdict(effects),
        "sent": {**(sent or {})},
        "query": "",
        "monitorQuery": "",
        "retryAfter": None,
    }
    rows.write_operation(name, operation, ends=operation["ends"], running=True)
    return operation


def preempt(rows: Rows, record: Record, now: float, kind: str = "vm") -> None:
    """End the operation that runs on a resource as `OperationPreempted`; what it attached is filled by the next one."""
    for operation in rows.running_operations([kind, record["group"], record["name"]]):
        message = "The operation has been preempted by a more recent operation."
        operation |= {"status": "Canceled", "ends": now, "error": {"code": "OperationPreempted", "message": message}}
        rows.write_operation(operation["name"], operation, ends=now, running=False)


def settle(rows: Rows, now: float) -> None:
    """End every operation that is due, in order.

    An identity that was deleted while it was being attached fails its operation; assumed, in the words that a PATCH
    naming it would be refused with.
    """
    for operation in rows.due_operations(now):
        effects = operation["effects"]
        kind, group, name = operation["target"]
        target = rows.find(kind, group, name)
        found = {identity_id: _identity_of(rows, identity_id) for identity_id in effects["attached"]}
        lost = [one for one, client_id in effects["attached"].items() if found[one].get("clientId") != client_id]
        if lost:
            operation["error"] = identity_errors.identity_operation_failed(operation["id"], lost[0]).error()
        succeeded = "error" not in operation
        operation["status"] = "Succeeded" if succeeded else "Failed"
        if target is not None:
            _end(target, operation, found if succeeded else {})
            rows.replace(kind, group, name, target)
        if succeeded:
            for one in effects["rows"]:
                _write(rows, *one, now=operation["ends"])
        rows.write_operation(operation["name"], operation, ends=operation["ends"], running=False)
        change_log.record_changes(rows, operation["sent"], operation["ends"])


def _end(target: Record, operation: Record, identities: dict[str, Record]) -> None:
    if operation["status"] == "Succeeded":
        for entry in target.get("user", ()):
            made = identities.get(entry["id"], entry)
            entry |= {member: made[member] for member in ("principalId", "clientId") if member in made}
        target |= operation["effects"]["members"]
    if "state" not in operation["effects"]["members"]:
        target["state"] = operation["status"]
    if "changed" in target:
        target["changed"] = operation["ends"]


def _write(rows: Rows, kind: str, group: str, name: str, members: dict[str, Any] | None, *, now: float) -> None:
    if members is None:
        rows.soft_delete(kind, group, name, deleted=now)
        return
    record = rows.find(kind, group, name)
    if record is not None:
        rows.replace(kind, group, name, record | members)


def _identity_of(rows: Rows, identity_id: str) -> Record:
    resource_id = ResourceId.parse(identity_id)
    return rows.find("identity", resource_id.group, resource_id.name) or {}


def read_one(call: Call) -> Response:
    """Answer how an operation stands, or its result, to a request with the URL exactly as it was handed out."""
    name = call.words["operation"]
    operation = call.rows.find_operation(name)
    same_place = operation is not None and operation["location"] == call.words["location"].lower()
    if operation is None or not same_place or call.raw_query not in (operation["query"], operation["monitorQuery"]):
        raise errors.operation_not_found(name)
    call.meter.draw(throttling.operation_read(operation["location"], operation["name"]))
    is_running = operation["status"] == "InProgress"
    wait = {"Retry-After": str(operation["retryAfter"])} if is_running and operation["retryAfter"] else {}
    if call.raw_query == operation["monitorQuery"]:
        return _result(call, operation, wait)
    content: dict[str, Any] = {"startTime": wire_time(operation["starts"])}
    if not is_running:
        content["endTime"] = wire_time(operation["ends"])
    content["status"] = operation["status"]
    output = operation["effects"]["output"]
    if output is not None and operation["status"] == "Succeeded":
        content["properties"] = {"output": output}
    if "error" in operation and not is_running:
        content["error"] = operation["error"]
    return json_answer(200, {**content, "name": operation["name"]}, wait)


def _result(call: Call, operation: Record, wait: dict[str, str]) -> Response:
    """Answer `Location`: 202 while the operation runs, then its result, or 200 without a body."""
    if operation["status"] == "InProgress":
        url = urlsplit(call.request.url)
        return Response(202, {"Location": f"{call.settings.endpoint}{url.path}?{url.query}", **wait})
    if operation["status"] != "Succeeded":
        return json_answer(409, {"error": operation["error"]})
    output = operation["effects"]["output"]
    return Response(200) if output is None else json_answer(200, output)


def _opaque_query(name: str, api_version: str, now: float, monitor: str = "") -> str:
    """Make the long query that Azure signs its polling URLs with: parameters p, t, c, s and h (wire facts)."""
    ticks = int(now * 10_000_000) + 621_355_968_000_000_000
    certificate = "".join(_digest(f"{name}/certificate/{part}") for part in range(24))
    return (
        f"p={_digest(name + '/p')}&{monitor}api-version={api_version}&t={ticks}&c={certificate}"
        f"&s={''.join(_digest(f'{name}/signature/{part}{monitor}') for part in range(8))}"
        f"&h={_digest(f'{name}/h{monitor}')}"
    )


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
