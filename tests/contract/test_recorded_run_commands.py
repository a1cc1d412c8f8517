"""`vmident verify` against Azure's own answers to Run Command, on a VM and on an instance of a scale set.

What Azure recorded is the start of a script, its polls and the shape of its output; what the script printed there was
another script's, and is ours here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cli.verify.printing import APPID, OID, nonce_of
from tests.program import Program, answering, answering_about_it, answering_with

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


class RecordedScript:
    """The exchanges of one script; each poll is answered by the next one recorded."""

    def __init__(self, program: Program, file: Path) -> None:
        exchanges = json.loads(file.read_text(encoding="utf-8"))
        first = next(at for at, one in enumerate(exchanges) if one["request"]["method"] == "POST")
        self.started = exchanges[first]
        self.address = self.started["response"]["headers"]["azure-asyncoperation"]
        polls = [one["response"] for one in exchanges[first + 1 :] if one["request"]["url"] == self.address]
        self._polls = iter(polls)
        self._program = program
        self.path = self.started["request"]["url"].split("?")[0].removeprefix("https://management.azure.com")

    def start(self, request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        response = self.started["response"]
        assert (response["status"], response["body"]) == (202, None)
        return answering_with(202, None, response["headers"])(request, onward)

    def poll(self, request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        assert request.url == self.address
        body = next(self._polls)["body"]
        text = json.dumps(body).replace("/var/lib/waagent/run-command/download/0/script.sh hello\\n", self._printed())
        return answering_with(200, json.loads(text))(request, onward)

    def _printed(self) -> str:
        nonce = nonce_of(self._program)
        return f"{nonce} tool curl\\n{nonce} 0 200 {OID} {APPID} =\\n"


@pytest.mark.parametrize(
    ("file", "option"),
    [("vm-run-command-action-2024.json", ""), ("vmss-run-command-action-2024.json", "--instance 1")],
)
def test_a_script_is_started_polled_and_read_as_azure_answers(
    program: Program, recordings: Path, file: str, option: str
) -> None:
    azure = RecordedScript(program, recordings / file)
    program.environ = {"VMIDENT_ACCESS_TOKEN": "a-token", "VMIDENT_SUBSCRIPTION": SUBSCRIPTION}
    resource = azure.path.rpartition("/runCommand")[0]
    resource = resource.rpartition("/virtualmachines/")[0] if option else resource
    identity = {"type": "SystemAssigned", "principalId": OID, "tenantId": "t"}
    program.when("POST", "/runCommand", azure.start)
    program.when("GET", "/operations/", azure.poll, times=9)
    running: dict[str, Any] = {"statuses": [{"code": "PowerState/running"}]}
    program.when("GET", "/instanceView?", answering_with(200, running))
    program.when("GET", resource, answering_about_it({"location": "westus", "identity": identity, "properties": {}}))

    outcome = program(f"verify {resource} {option} --yes")

    assert (outcome.code, outcome.json["status"]) == (0, "verified"), outcome.err
    (sent,) = (one for one in program.sent if one.method == "POST")
    recorded = azure.started["request"]
    assert sent.url.lower() == recorded["url"].lower()
    assert {*sent.body} == {*recorded["body"]} - {"parameters"}
    assert sent.body["commandId"] == recorded["body"]["commandId"]


def recorded_views(recordings: Path) -> list[dict[str, Any]]:
    """Every VM that was recorded with its instance view."""
    exchanges = (
        one
        for file in sorted(recordings.glob("vm-*.json"))
        for one in json.loads(file.read_text(encoding="utf-8"))
        if "$expand=instanceView" in one["request"]["url"] and one["request"]["method"] == "GET"
    )
    bodies = (one["response"]["body"] for one in exchanges)
    return [body for body in bodies if isinstance(body, dict) and body["type"].endswith("/virtualMachines")]


def test_a_script_is_sent_where_the_recorded_instance_view_has_an_agent_that_reports(
    program: Program, recordings: Path
) -> None:
    program.environ = {"VMIDENT_ACCESS_TOKEN": "a-token"}
    said = answering(403, "AuthorizationFailed", "No.")
    ends = []
    for body in recorded_views(recordings):
        program.rules.clear()
        program.when("GET", body["id"], answering_with(200, body))
        program.when("POST", "/runCommand", said)
        outcome = program(f"verify {body['id']} --yes")
        has_identity = body.get("identity", {}).get("type", "None") != "None"
        codes = [one["code"] for one in body["properties"]["instanceView"]["vmAgent"]["statuses"]]
        code = "no-identity" if not has_identity else "AuthorizationFailed"
        if has_identity and codes == ["ProvisioningState/Unavailable"]:
            code = "agent-missing"
        assert outcome.json["error"]["code"] == code
        system = body["properties"]["storageProfile"]["osDisk"]["osType"]
        command = {"Linux": "RunShellScript", "Windows": "RunPowerShellScript"}[system]
        sent = [one.body["commandId"] for one in program.sent if one.method == "POST"]
        assert sent == ([command] if code == "AuthorizationFailed" else [])
        ends += [code, *sent]
    assert {*ends} == {
        "no-identity",
        "agent-missing",
        "AuthorizationFailed",
        "RunShellScript",
        "RunPowerShellScript",
    }
