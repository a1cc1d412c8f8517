"""The table of observed changes, held against the recordings, the sandbox and the commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.observations import OBSERVED, derived, identity_in
from tests.sandbox.cloud import GROUP, IN_GROUP, Cloud
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.observations import Observation
    from tests.program import Program

CHANGES: list[Any] = json.loads(OBSERVED.read_text(encoding="utf-8"))
TYPES = {"vm": "virtualMachines", "vmss": "virtualMachineScaleSets"}
NAMES = {"vm": "observed", "vmss": "observed"}

each = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change["source"])


def here(value: Any) -> Any:
    """Put the sandbox's subscription and group into the ids of an observation."""
    text = json.dumps(value).replace("subscriptions/S/", f"subscriptions/{SUBSCRIPTION}/")
    for segment in ("resourceGroups", "resourcegroups"):
        text = text.replace(f"/{segment}/G/", f"/{segment}/{GROUP}/")
    return json.loads(text)


class Stage:
    """A sandbox with the resource of an observation as it was before."""

    def __init__(self, folder: Path, change: Observation) -> None:
        self.cloud = Cloud(folder, operation_seconds=5)
        kind = TYPES[change["resource"]]
        self.url = f"{IN_GROUP}/providers/Microsoft.Compute/{kind}/observed?api-version={change['apiVersion']}"
        ids = [*change["before"]["users"], *(change["request"].get("userAssignedIdentities") or {})]
        for name in {one.rpartition("/")[2].lower(): one.rpartition("/")[2] for one in ids}.values():
            self.cloud.sandbox.add_identity(GROUP, name)
        if change["resource"] == "vm":
            self.cloud.sandbox.add_vm(GROUP, "observed")
        else:
            body = {"location": "westus", "sku": {"name": "Standard_DS1_v2", "capacity": 1}}
            assert self.cloud.send("PUT", self.url, body).status == 201
        self.cloud.finish()
        if change["before"]["type"] != "None":
            users: dict[str, Any] = {key: {} for key in here(change["before"]["users"])}
            self.send({"type": change["before"]["type"], **({"userAssignedIdentities": users} if users else {})})
        self.cloud.finish()

    def send(self, identity: Any) -> Any:
        answer = self.cloud.send("PATCH", self.url, {"identity": identity})
        assert answer.status == 200, answer.body
        return answer

    def read(self) -> Any:
        return self.cloud.send("GET", self.url)


def number(response: Any) -> int | None:
    text = str(response.json().get("etag", "")).strip('"')
    return int(text) if text else None


def test_the_table_is_what_the_recordings_say(recordings: Path) -> None:
    assert recordings.is_dir()
    assert derived() == CHANGES


def test_the_table_has_every_kind_of_change() -> None:
    seen = {(change["resource"], change["before"]["type"], change["answer"]["type"]) for change in CHANGES}
    assert len(CHANGES) >= 15
    assert {resource for resource, _, _ in seen} == {"vm", "vmss"}
    assert {after for _, _, after in seen} == {"None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned"}


@each
def test_the_sandbox_answers_as_azure_did(change: Observation, tmp_path: Path) -> None:
    stage = Stage(tmp_path, change)
    before = stage.read()
    assert identity_in(before.json()) == change["before"]

    answer = stage.send(here(change["request"]))

    headers = {name.lower() for name in answer.headers}
    expected_headers = {"azure-asyncoperation", "azure-asyncnotification", "etag"} & set(change["headers"])
    assert (answer.status, answer.json()["properties"]["provisioningState"]) == (change["status"], change["state"])
    assert identity_in(answer.json()) == change["answer"]
    assert expected_headers <= headers
    assert ("etag" in headers) == ("etag" in change["headers"])
    if change["etagStep"] is not None:
        assert (number(answer) or 0) - (number(before) or 0) == change["etagStep"]
    if "retryAfter" in change:
        assert answer.headers.get("Retry-After") == change["retryAfter"]
    stage.cloud.finish()
    if change["after"] is not None:
        assert identity_in(stage.read().json()) == change["after"]
    stage.cloud.sandbox.close()


OF_VMS = [change for change in CHANGES if change["resource"] == "vm" and change["after"] is not None]


@pytest.mark.parametrize("change", OF_VMS, ids=lambda change: change["source"])
def test_the_command_that_asks_for_the_same_state_ends_in_it(change: Observation, program: Program) -> None:
    names = [one.rpartition("/")[2] for one in {**change["before"]["users"], **change["after"]["users"]}]
    for name in dict.fromkeys(names):
        program.sandbox.add_identity(GROUP, name)
    before = change["before"]
    users = [one.rpartition("/")[2] for one in before["users"]]
    program.sandbox.add_vm(GROUP, "observed", system=before["principal"], identities=users)
    words = {"None": "none", "SystemAssigned": "system", "UserAssigned": "user"}
    wanted = "".join(f" --identity {one.rpartition('/')[2]}" for one in change["after"]["users"])

    outcome = program(f"set observed -g {GROUP} --type {words.get(change['after']['type'], 'both')}{wanted} --yes")

    assert outcome.code == 0
    shown = outcome.json["after"]
    assert shown["type"] == change["after"]["type"]
    assert ("principalId" in shown) == change["after"]["principal"]
    held = {one.rpartition("/")[2].lower() for one in shown["userAssignedIdentities"]}
    assert held == {one.rpartition("/")[2].lower() for one in change["after"]["users"]}
