"""Scale sets, their instances, and run commands on instances and VMs."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import BOTH, COMPUTE, IN_GROUP, IN_SUBSCRIPTION, MINE, OTHER, VMS, Cloud, code_of, message_of

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Response

SETS = f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets"
TOKEN_URL = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://r"


def send(cloud: Cloud, method: str, path: str, body: Any = None, **headers: str) -> Response:
    return cloud.send(method, f"{path}{'&' if '?' in path else '?'}api-version={COMPUTE}", body, **headers)


def make(cloud: Cloud, mode: str = "Uniform", **members: Any) -> Response:
    body = {
        "location": "westus",
        "sku": {"name": "Standard_DS1_v2", "capacity": 2},
        "properties": {
            "orchestrationMode": mode,
            "virtualMachineProfile": {"osProfile": {"computerNamePrefix": "web", "adminPassword": "secret"}},
        },
        **members,
    }
    answer = send(cloud, "PUT", f"{SETS}/web", body)
    cloud.finish()
    return answer


def patch(cloud: Cloud, identity: Any, **headers: str) -> Response:
    return send(cloud, "PATCH", f"{SETS}/web", {"identity": identity}, **headers)


def read(cloud: Cloud, path: str = f"{SETS}/web") -> Any:
    answer = send(cloud, "GET", path)
    assert answer.status == 200, answer.body
    return answer.json()


def test_one_is_made_and_shows_no_secret(cloud: Cloud) -> None:
    answer = make(cloud)
    assert (answer.status, answer.json()["properties"]["provisioningState"]) == (201, "Creating")
    shown = read(cloud)
    assert shown["sku"] == {"name": "Standard_DS1_v2", "tier": "Standard", "capacity": 2}
    assert shown["properties"]["provisioningState"] == "Succeeded"
    assert "secret" not in json.dumps(shown)
    assert [one["name"] for one in read(cloud, SETS)["value"]] == ["web"]
    inside = f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachineScaleSets"
    assert [one["name"] for one in read(cloud, inside)["value"]] == ["web"]


def test_identities_change_as_those_of_a_vm_do(cloud: Cloud) -> None:
    make(cloud)
    answer = patch(cloud, {"type": BOTH, "userAssignedIdentities": {OTHER: {}}})
    assert answer.json()["identity"]["userAssignedIdentities"] == {OTHER: {}}
    assert (answer.headers["ETag"], answer.headers["azure-asyncnotification"]) == ('"3"', "Enabled")
    assert answer.headers["Retry-After"] == "3"
    left = answer.headers["x-ms-ratelimit-remaining-resource"]
    assert "Microsoft.Compute/VMScaleSetActionsResource;11" in left
    cloud.finish()
    assert read(cloud)["identity"]["userAssignedIdentities"][OTHER]["clientId"]
    assert code_of(patch(cloud, {"type": "None"}, if_match='"1"')) == (412, "PreconditionFailed")
    assert "identity" not in patch(cloud, {"type": "None"}, if_match='"3"').json()


def test_a_flexible_one_takes_no_system_assigned_identity(cloud: Cloud) -> None:
    make(cloud, "Flexible")
    answer = patch(cloud, {"type": "SystemAssigned"})
    assert code_of(answer) == (400, "InvalidParameter")
    assert message_of(answer) == (
        "The value 'SystemAssigned' of parameter 'identity' is not allowed. Allowed values are: UserAssigned, None."
    )
    assert patch(cloud, {"type": "UserAssigned", "userAssignedIdentities": {OTHER: {}}}).status == 200


def test_instances_follow_the_capacity(cloud: Cloud) -> None:
    make(cloud, identity={"type": "SystemAssigned"})
    (first, second) = read(cloud, f"{SETS}/web/virtualMachines")["value"]
    assert (first["instanceId"], second["name"]) == ("0", "web_1")
    assert first["identity"]["type"] == "SystemAssigned"
    assert send(cloud, "PATCH", f"{SETS}/web", {"sku": {"capacity": 3}}).status == 200
    cloud.finish()
    assert send(cloud, "DELETE", f"{SETS}/web/virtualMachines/0").status == 202
    cloud.finish()
    assert [one["instanceId"] for one in read(cloud, f"{SETS}/web/virtualMachines")["value"]] == ["1", "2"]
    assert read(cloud)["sku"]["capacity"] == 2
    assert read(cloud, f"{SETS}/web/virtualMachines/1/instanceView")["statuses"]
    assert read(cloud, f"{SETS}/web/instanceView")["virtualMachine"]["statusesSummary"][0]["count"] == 2
    assert send(cloud, "GET", f"{SETS}/web/virtualMachines/0").status == 404


def test_one_goes_with_its_instances(cloud: Cloud) -> None:
    make(cloud, identity={"type": "SystemAssigned"})
    assert send(cloud, "DELETE", f"{SETS}/web").status == 202
    cloud.finish()
    assert send(cloud, "GET", f"{SETS}/web").status == 404
    assert send(cloud, "DELETE", f"{SETS}/web").status == 204
    make(cloud)
    assert len(read(cloud, f"{SETS}/web/virtualMachines")["value"]) == 2


def run(cloud: Cloud, path: str, *script: str, command: str = "RunShellScript", **parameters: str) -> str:
    named = [{"name": name, "value": value} for name, value in parameters.items()]
    body = {"commandId": command, "script": list(script), "parameters": named}
    answer = send(cloud, "POST", f"{path}/runCommand", body)
    assert (answer.status, answer.body) == (202, b"")
    cloud.finish()
    ended = cloud.send("GET", answer.headers["Azure-AsyncOperation"]).json()
    assert ended["properties"]["output"] == cloud.send("GET", answer.headers["Location"]).json()
    return str(ended["properties"]["output"]["value"][0]["message"])


def tokens_in(message: str) -> list[dict[str, Any]]:
    lines = message.partition("[stdout]\n")[2].partition("\n[stderr]")[0].splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def payload_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return payload


class TestRunCommand:
    def test_echo_is_answered_and_the_note_says_that_nothing_ran(self, cloud: Cloud) -> None:
        message = run(cloud, f"{VMS}/myVM", "echo $arg1 and $2", "rm -rf /", arg1="hello", arg2="world")
        assert message == (
            "Enable succeeded: \n[stdout]\nhello and world\n\n[stderr]\n"
            "The vmident sandbox does not run scripts. It simulates echo and token requests.\n"
        )

    @pytest.mark.parametrize("path", [f"{VMS}/appVM", f"{SETS}/web/virtualMachines/0"])
    def test_a_request_for_a_token_is_answered_for_the_identity_it_names(self, cloud: Cloud, path: str) -> None:
        identity = {"type": BOTH, "userAssignedIdentities": {MINE: {}}}
        make(cloud, identity=identity)
        holder = read(cloud, path.partition("/virtualMachines/")[0] if "ScaleSets" in path else path)["identity"]
        client_id = holder["userAssignedIdentities"][MINE]["clientId"]

        message = run(
            cloud, path, f"curl -s -H Metadata:true '{TOKEN_URL}'", f'curl "{TOKEN_URL}&client_id={client_id}"'
        )

        default, named = (payload_of(one["access_token"]) for one in tokens_in(message))
        assert default["oid"] == holder["principalId"]
        assert (named["appid"], named["xms_mirid"].lower()) == (client_id, MINE.lower())

    def test_what_the_service_refuses_is_printed(self, cloud: Cloud) -> None:
        cloud.identify("dbVM", "UserAssigned", named={OTHER: {}})
        cloud.finish()
        (several,) = tokens_in(run(cloud, f"{VMS}/dbVM", f"curl {TOKEN_URL}"))
        assert several["error_description"].startswith("Multiple user assigned identities exist")
        cloud.delete_identity(OTHER)
        (still,) = tokens_in(run(cloud, f"{VMS}/dbVM", f"curl {TOKEN_URL}"))
        assert still == several
        (missing,) = tokens_in(run(cloud, f"{VMS}/dbVM", f"curl {TOKEN_URL}&client_id=x"))
        assert missing["error_description"] == "Identity not found"
        (none,) = tokens_in(run(cloud, f"{VMS}/myVM", f"curl {TOKEN_URL}"))
        assert none["error"] == "invalid_request"

    def test_one_runs_at_a_time_and_only_on_a_vm_that_runs(self, cloud: Cloud) -> None:
        body = {"commandId": "RunShellScript", "script": ["echo a"]}
        assert send(cloud, "POST", f"{VMS}/myVM/runCommand", body).status == 202
        assert code_of(send(cloud, "POST", f"{VMS}/myVM/runCommand", body)) == (409, "Conflict")
        cloud.finish()
        send(cloud, "POST", f"{VMS}/myVM/powerOff")
        cloud.finish()
        assert code_of(send(cloud, "POST", f"{VMS}/myVM/runCommand", body)) == (409, "OperationNotAllowed")
        send(cloud, "DELETE", f"{VMS}/dbVM")
        assert code_of(send(cloud, "POST", f"{VMS}/dbVM/runCommand", body)) == (409, "OperationNotAllowed")

    def test_the_last_4096_bytes_are_kept(self, cloud: Cloud) -> None:
        message = run(cloud, f"{VMS}/myVM", "echo begin", f"echo {'é' * 3000}")
        printed = message.partition("[stdout]\n")[2].partition("\n[stderr]")[0]
        assert len(printed.encode()) == 4095  # half of a character goes too
        assert set(printed) == {"é", "\n"}

    def test_windows_answers_in_two_parts(self, cloud: Cloud) -> None:
        assert run(cloud, f"{VMS}/myVM", "Write-Output 'hi'", command="RunPowerShellScript") == "hi"

    def test_another_command_is_refused_by_name(self, cloud: Cloud) -> None:
        answer = send(cloud, "POST", f"{VMS}/myVM/runCommand", {"commandId": "EnableAdminAccount"})
        assert code_of(answer) == (400, "NotSupportedBySandbox")
        for body in ({"script": ["echo a"]}, {"commandId": "RunShellScript", "scripts": ["echo a"]}):
            assert send(cloud, "POST", f"{VMS}/myVM/runCommand", body).status == 400
        listed = read(cloud, f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute/locations/westus/runCommands")
        assert {one["id"] for one in listed["value"]} == {"RunShellScript", "RunPowerShellScript"}

    @pytest.mark.parametrize("path", [f"{VMS}/myVM", f"{SETS}/web/virtualMachines/0"])
    def test_a_managed_one_is_a_resource_with_an_instance_view(self, cloud: Cloud, path: str) -> None:
        make(cloud)
        url = f"{path}/runCommands/hello"
        body = {"location": "westus", "properties": {"source": {"script": "echo hi"}}}
        assert send(cloud, "PUT", url, body).status == 201
        cloud.finish()
        assert send(cloud, "PATCH", url, {"properties": {"source": {"script": "echo ho"}}}).status == 200
        cloud.finish()
        view = read(cloud, f"{url}?$expand=instanceView")["properties"]["instanceView"]
        assert (view["executionState"], view["exitCode"], view["output"]) == ("Succeeded", 0, "ho\n")
        assert [one["name"] for one in read(cloud, f"{path}/runCommands")["value"]] == ["hello"]
        assert send(cloud, "DELETE", url).status == 202
        cloud.finish()
        assert send(cloud, "GET", url).status == 404
        assert send(cloud, "DELETE", url).status == 204
