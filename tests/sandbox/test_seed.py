"""What the seed's second group is there to rehearse: dependents, and VMs in which no identity can be verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import COMPUTE, IN_SUBSCRIPTION, Cloud, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/otherResourceGroup"
VMS = f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachines"
TOKEN_URL = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x"
SCRIPT = {"commandId": "RunShellScript", "script": [f"curl {TOKEN_URL}"]}
AGENT = {"publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent", "typeHandlerVersion": "1.0"}


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path, with_examples=True)
    yield cloud
    cloud.sandbox.close()


def send(cloud: Cloud, method: str, path: str, body: Any = None) -> Any:
    return cloud.send(method, f"{path}{'&' if '?' in path else '?'}api-version={COMPUTE}", body)


def ended(cloud: Cloud, answer: Any) -> Any:
    cloud.finish()
    return cloud.send("GET", answer.headers["Azure-AsyncOperation"]).json()


def test_an_identity_created_again_gives_no_tokens_until_it_is_attached_again(seeded: Cloud) -> None:
    (stale_id, shown) = next(
        iter(send(seeded, "GET", f"{VMS}/staleVM").json()["identity"]["userAssignedIdentities"].items())
    )
    living = seeded.send("GET", f"{stale_id}?api-version=2023-01-31").json()["properties"]
    assert living["clientId"] != shown["clientId"]

    said = ended(seeded, send(seeded, "POST", f"{VMS}/staleVM/runCommand", SCRIPT))
    assert "Identity not found" in said["properties"]["output"]["value"][0]["message"]
    for change in ({"type": "None"}, {"type": "UserAssigned", "userAssignedIdentities": {stale_id: {}}}):
        assert send(seeded, "PATCH", f"{VMS}/staleVM", {"identity": change}).status == 200
        seeded.finish()
    said = ended(seeded, send(seeded, "POST", f"{VMS}/staleVM/runCommand", SCRIPT))
    assert living["clientId"] in said["properties"]["output"]["value"][0]["message"]


def test_an_identity_created_again_an_hour_ago_has_a_cached_token(seeded: Cloud) -> None:
    shown = send(seeded, "GET", f"{VMS}/cachedVM").json()["identity"]["userAssignedIdentities"]
    ((identity, entry),) = shown.items()
    living = seeded.send("GET", f"{identity}?api-version=2023-01-31").json()["properties"]
    assert living["principalId"] != entry["principalId"]

    def said(selector: str = "") -> str:
        script = {**SCRIPT, "script": [f"curl {TOKEN_URL}{selector}"]}
        answer = ended(seeded, send(seeded, "POST", f"{VMS}/cachedVM/runCommand", script))
        return str(answer["properties"]["output"]["value"][0]["message"])

    assert entry["clientId"] in said()
    assert "Identity not found" in said(f"&client_id={living['clientId']}")
    seeded.now += 24 * 3600
    assert "Identity not found" in said()


def test_scripts_need_a_vm_that_runs_and_reports(seeded: Cloud) -> None:
    assert code_of(send(seeded, "POST", f"{VMS}/stoppedVM/runCommand", SCRIPT)) == (409, "OperationNotAllowed")
    stopped = send(seeded, "PUT", f"{VMS}/stoppedVM/extensions/one", {"location": "eastus", "properties": AGENT})
    assert code_of(stopped) == (409, "OperationNotAllowed")
    silent = [
        send(seeded, "POST", f"{VMS}/agentlessVM/runCommand", SCRIPT),
        send(seeded, "PUT", f"{VMS}/agentlessVM/runCommands/one", {"properties": {"source": {"script": "echo a"}}}),
        send(seeded, "PUT", f"{VMS}/agentlessVM/extensions/one", {"location": "eastus", "properties": AGENT}),
    ]
    for answer in silent:
        said = ended(seeded, answer)
        assert (said["status"], said["error"]["code"]) == ("Failed", "VMAgentStatusCommunicationError")
    view = send(seeded, "GET", f"{VMS}/agentlessVM/instanceView").json()
    assert view["vmAgent"]["statuses"][0]["displayStatus"] == "Not Ready"
    assert "osName" not in view
    assert view["statuses"][-1]["code"] == "PowerState/running"


def test_what_depends_on_identities_is_in_the_vm_itself(seeded: Cloud) -> None:
    encrypted = send(seeded, "GET", f"{VMS}/encryptedVM").json()
    named = encrypted["resources"][0]["properties"]["settings"]["authentication"]["managedIdentity"]
    disk = encrypted["properties"]["securityProfile"]["encryptionIdentity"]["userAssignedIdentityResourceId"]
    assert {named["identifier-value"], disk} == set(encrypted["identity"]["userAssignedIdentities"])
    signed_in = send(seeded, "GET", f"{VMS}/signInVM").json()["resources"]
    assert [one["properties"]["type"] for one in signed_in] == ["AADSSHLoginForLinux", "ConfigurationforLinux"]


def test_scale_sets_are_there_in_both_modes(seeded: Cloud) -> None:
    listed = send(seeded, "GET", f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets").json()["value"]
    modes = {one["name"]: one["properties"]["orchestrationMode"] for one in listed}
    assert modes == {"webScaleSet": "Uniform", "flexibleScaleSet": "Flexible"}
    path = f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/webScaleSet/virtualMachines"
    instances = send(seeded, "GET", path).json()["value"]
    assert [one["instanceId"] for one in instances] == ["0", "1"]
    assert {one["properties"]["storageProfile"]["osDisk"]["osType"] for one in instances} == {"Linux"}
    profile = send(seeded, "GET", path.rpartition("/")[0]).json()["properties"]["virtualMachineProfile"]
    assert profile["extensionProfile"]["extensions"][0]["properties"]["type"] == "AzureMonitorLinuxAgent"
