"""Managed run commands: a resource below the VM or the instance, whose instance view has what the script printed.

Recorded: 201 `Creating`, then `executionState`, `exitCode`, `output` and `error` (`vm-run-command-managed-2024.json`,
`vmss-run-command-managed-2024.json`). Protected parameters are never kept.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute.run_command.actions import parameters_of
from vmident.sandbox.compute.run_command.hosts import Host, guest_of, host_of
from vmident.sandbox.compute.run_command.simulation import NOTE, end_of, output_of
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import operations

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

KIND = "runCommand"
_TIME = operations.Pace(2.0)
_SHOWN = ("source", "parameters", "runAsUser", "timeoutInSeconds", "treatFailureAsDeploymentFailure", "asyncExecution")
_NEVER_SHOWN = ("protectedParameters", "runAsPassword", "provisioningState", "instanceView", "outputBlobUri")


def list_commands(call: Call) -> Response:
    """Answer the run commands of a VM or an instance."""
    host = host_of(call)
    call.meter.draw(host.read_cost())
    own = f"{host.record['id']}/".lower()
    found = [one for one in call.rows.every(KIND, host.record["group"]) if one["id"].lower().startswith(own)]
    return json_answer(200, {"value": [_shown(one) for one in found]})


def read_command(call: Call) -> Response:
    """Answer GET of one run command, with its instance view where that is asked for."""
    host = host_of(call)
    call.meter.draw(host.read_cost())
    with_view = call.query.get("$expand", "").lower() == "instanceview"
    return json_answer(200, _shown(_found(call, host), with_view=with_view))


def write_command(call: Call) -> Response:
    """Answer PUT: 201 for a new run command, 200 for one that was there; it runs again."""
    host = host_of(call, must_run=True)
    content = call.content()
    found = call.rows.find(KIND, host.record["group"], _key(call, host))
    properties = {"timeoutInSeconds": 0, "asyncExecution": False, **_asked(content.get("properties"))}
    if not properties.get("source"):
        raise compute_errors.required("properties.source")
    return _written(call, host, properties, is_new=found is None)


def change_command(call: Call) -> Response:
    """Answer PATCH: what it names of the properties changes, and the script runs again."""
    host = host_of(call, must_run=True)
    found = _found(call, host)
    return _written(call, host, {**found["properties"], **_asked(call.content().get("properties"))}, is_new=False)


def delete_command(call: Call) -> Response:
    """Answer DELETE: 202 and an operation; 204 for one that was not there."""
    host = host_of(call)
    record = call.rows.find(KIND, host.record["group"], _key(call, host))
    if record is None:
        return Response(204)
    call.meter.draw(host.write_cost(deletes=True))
    effects = operations.Effects({"state": "Deleting"}, [(KIND, record["group"], record["name"], None)])
    return Response(202, operations.begin(call, record, effects, _TIME, kind=KIND, has_location=True))


def _written(call: Call, host: Host, properties: dict[str, Any], *, is_new: bool) -> Response:
    call.meter.draw(host.write_cost())
    record = {
        "id": f"{host.record['id']}/runCommands/{call.words['command']}",
        "group": host.record["group"],
        "name": _key(call, host),
        "command": call.words["command"],
        "type": f"{host.kind}/runCommands",
        "location": host.record["location"],
        "properties": properties,
        "state": "Creating" if is_new else "Updating",
    }
    if is_new:
        call.rows.add(KIND, record["group"], record["name"], record, made=call.now)
    else:
        call.rows.replace(KIND, record["group"], record["name"], record)
    script = str(properties["source"].get("script", "")).splitlines()
    view = {
        "exitCode": 0,
        "executionState": "Succeeded",
        "executionMessage": "",
        "output": end_of(output_of(script, parameters_of(properties), guest_of(call, host))),
        "error": NOTE,
        "startTime": _moment(call.now),
        "endTime": _moment(call.now),
    }
    effects = operations.Effects({"view": view})
    headers = operations.begin(call, record, effects, _TIME, kind=KIND, failure=host.failure())
    return json_answer(201 if is_new else 200, _shown(record), headers)


def _asked(properties: Any) -> dict[str, Any]:
    asked = properties or {}
    for member in asked:
        if member not in (*_SHOWN, *_NEVER_SHOWN):
            raise errors.member_unknown(member, "VirtualMachineRunCommandProperties", f"properties.{member}")
    return {member: asked[member] for member in _SHOWN if asked.get(member) is not None}


def _shown(record: Record, *, with_view: bool = False) -> dict[str, Any]:
    properties = {**record["properties"], "provisioningState": record["state"]}
    if with_view and "view" in record:
        properties["instanceView"] = record["view"]
    return {
        "name": record["command"],
        "id": record["id"],
        "type": record["type"],
        "location": record["location"],
        "properties": properties,
    }


def _moment(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, timezone.utc).isoformat(timespec="seconds")


def _key(call: Call, host: Host) -> str:
    return f"{host.record['name']}/{call.words['command']}"


def _found(call: Call, host: Host) -> Record:
    found = call.rows.find(KIND, host.record["group"], _key(call, host))
    if found is None:
        kind = f"{host.kind}/{host.record['name']}/runCommands"
        raise errors.resource_not_found(kind, call.words["command"], call.words["group"])
    return found
