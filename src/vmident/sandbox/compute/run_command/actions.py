"""Run Command as an action: one script at a time, and its output in the operation.

Recorded: 202 without a body, both URLs, no `Retry-After`, 16 to 20 s, success whatever the script did
(`vm-run-command-action-2024.json`, `vmss-run-command-action-2024.json`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.api_versions import LOCATIONS, known_location
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute.run_command.hosts import guest_of, host_of
from vmident.sandbox.compute.run_command.simulation import NOTE, end_of, output_of
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import operations

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call

# A row of this kind is never written: the script does not change the VM's state.
SCRIPT = "script"
_SCRIPT_TIME = operations.Pace(4.0)
_DOCUMENTS = {"RunShellScript": "Linux", "RunPowerShellScript": "Windows"}


def run(call: Call) -> Response:
    """Answer POST of `runCommand`: 202, and an operation whose end carries the output."""
    host = host_of(call, must_run=True)
    content = call.content()
    for member in content:
        if member not in ("commandId", "script", "parameters"):
            raise errors.member_unknown(member, "RunCommandInput", member)
    if not content.get("commandId"):
        raise compute_errors.required("commandId")
    command = next((one for one in _DOCUMENTS if one.lower() == str(content.get("commandId", "")).lower()), None)
    if command is None:
        raise errors.not_in_the_sandbox(f"the run command '{content.get('commandId')}'")
    script = content.get("script") or []
    if not isinstance(script, list) or not all(isinstance(line, str) for line in script):
        raise errors.content_invalid("Error converting value to type 'System.String[]'. Path 'script'.")
    place = [SCRIPT, host.record["group"], host.record["name"]]
    if call.rows.running_operations(place):
        raise compute_errors.script_running()
    call.meter.draw(host.write_cost())
    lines = [part for line in script for part in line.splitlines()]
    printed = end_of(output_of(lines, parameters_of(content), guest_of(call, host)))
    effects = operations.Effects(output={"value": _statuses(command, printed)})
    headers = operations.begin(
        call, host.record, effects, _SCRIPT_TIME, kind=SCRIPT, failure=host.failure(), has_location=True
    )
    return Response(202, headers)


def parameters_of(content: dict[str, Any]) -> dict[str, str]:
    """Return a script's parameters by name, in order."""
    return {str(one.get("name")): str(one.get("value", "")) for one in content.get("parameters") or []}


def list_documents(call: Call) -> Response:
    """Answer the commands that a region has."""
    location = known_location(call.words["location"])
    if location is None:
        raise errors.location_not_available(call.words["location"], "locations/runCommands", LOCATIONS)
    shown = [
        {"id": name, "osType": system, "label": f"Executes a script on a {system} VM", "description": ""}
        for name, system in _DOCUMENTS.items()
    ]
    return json_answer(200, {"value": shown})


def _statuses(command: str, printed: str) -> list[dict[str, Any]]:
    status = {"level": "Info", "displayStatus": "Provisioning succeeded"}
    if command == "RunShellScript":
        message = f"Enable succeeded: \n[stdout]\n{printed}\n[stderr]\n{NOTE}"
        return [{"code": "ProvisioningState/succeeded", **status, "message": message}]
    # Windows answers in two parts (Microsoft's page on action Run Commands for Windows).
    parts = (("StdOut", printed.rstrip("\n")), ("StdErr", NOTE.rstrip("\n")))
    return [{"code": f"ComponentStatus/{name}/succeeded", **status, "message": text} for name, text in parts]
