"""Every recorded exchange about VMs, scale sets, extensions and run commands, replayed on the sandbox.

Compared of each: the status, the headers that steer a client, the budgets that it draws on, the identity with its
spelling, the state and the step of the etag, and the members of the body. What differs is in `DIFFERENCES`, with its
reason. Recordings of which only excerpts are left: `test_recorded_excerpts.py`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.observations import identity_in
from tests.sandbox.cloud import Cloud
from vmident.sandbox.established import put_extension
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILES = (
    "vm-identities-2024",
    "vm-system-identity-and-role-2024",
    "vm-run-command-action-2024",
    "vm-run-command-managed-2024",
    "vm-with-extension-and-identities-2024",
    "vm-encryption-identity-2024",
    "vmss-system-identity-2024",
    "vmss-user-identities-2024",
    "vmss-run-command-action-2024",
    "vmss-run-command-managed-2024",
)
RECORDED_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
STEERING = ("azure-asyncoperation", "azure-asyncnotification", "location", "etag")

# What is not compared, and why: exchanges by a part of their path, members of a body by their name.
DIFFERENCES = {
    "/microsoft.network/": "the sandbox's network has no operations: what is written is there at once",
    "instanceView": "agents report at once here, and no script is run: it succeeds, and stderr says that nothing ran",
}


class Replay:
    """One recording, its clock and its resources, played to a sandbox."""

    def __init__(self, folder: Path) -> None:
        self.cloud = Cloud(folder, operation_seconds=6, is_throttling=False)
        self._urls = {"": "", "monitor": ""}
        self._known: set[str] = set()
        self._principals: dict[str, str] = {}

    def played(self, exchange: dict[str, Any]) -> Any:
        request = exchange["request"]
        url = request["url"].replace("https://management.azure.com", "").replace(RECORDED_SUBSCRIPTION, SUBSCRIPTION)
        self._provide(exchange)
        self._extensions(exchange)
        if "/operations/" in url:
            if exchange["response"]["body"] is None or exchange["response"]["body"].get("status") != "InProgress":
                self.cloud.now += 60
            url = self._urls["monitor" if "monitor=true" in url else ""]
        elif request["method"] == "GET":
            self.cloud.now += 60
        body = here(request.get("body"))
        for theirs, mine in self._principals.items():
            body = json.loads(json.dumps(body).replace(theirs, mine))
        answer = self.cloud.send(request["method"], url, body)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        self._urls[""] = headers.get("azure-asyncoperation", self._urls[""])
        self._urls["monitor"] = headers.get("location", self._urls["monitor"])
        played = {"status": answer.status, "headers": headers, "body": answer.json() if answer.body else None}
        recorded, ours = (principal_in(one["body"]) for one in (exchange["response"], played))
        if recorded and ours:
            self._principals[recorded] = ours
        return played

    def _provide(self, exchange: dict[str, Any]) -> None:
        """Put there what the recording's test frame had made, as it is first seen."""
        path = urlsplit(exchange["request"]["url"]).path
        segments = path.split("/")
        if len(segments) > 4 and f"group/{segments[4]}".lower() not in self._known:
            self._known.add(f"group/{segments[4]}".lower())
            if segments[3].lower() == "resourcegroups":
                self.cloud.sandbox.add_group(segments[4])
        sent = here(exchange["request"].get("body"))
        named = (sent.get("identity") or {}).get("userAssignedIdentities") if isinstance(sent, dict) else None
        for text in named or {}:
            self._identity(text)
        if len(segments) < 9 or segments[7].lower() not in ("virtualmachines", "virtualmachinescalesets"):
            return
        kind, group, name = segments[7].lower(), segments[4], segments[8]
        if "/".join((kind, group, name)).lower() in self._known:
            return
        self._known.add("/".join((kind, group, name)).lower())
        body = here(exchange["response"]["body"] or {}) if len(segments) == 9 else {}
        identity = body.get("identity", {})
        for text in identity.get("userAssignedIdentities", {}):
            self._identity(text)
        if kind == "virtualmachines":
            users = identity.get("userAssignedIdentities", {})
            self.cloud.sandbox.add_vm(group, name, system="principalId" in identity, identities=users)
            self._shape(group, name, body)
            return
        made: dict[str, Any] = {
            "location": body.get("location", "westus"),
            "sku": {"name": "Standard_DS1_v2", "capacity": 4},
        }
        before = {key: value for key, value in identity.items() if key not in ("principalId", "tenantId")}
        url = f"{path.replace(RECORDED_SUBSCRIPTION, SUBSCRIPTION)}?api-version=2024-07-01"
        url = "/".join(url.split("?", maxsplit=1)[0].split("/")[:9]) + "?api-version=2024-07-01"
        recorded = body.get("properties", {}).get("virtualMachineProfile") or {"osProfile": {}}
        recorded.pop("timeCreated", None)
        profile = {"virtualMachineProfile": recorded}
        content = {**made, "properties": profile, **({"identity": _emptied(before)} if before else {})}
        assert self.cloud.send("PUT", url, content).status == 201
        self.cloud.finish()

    def _shape(self, group: str, name: str, body: Any) -> None:
        """Make a VM of what the recorded one is made of."""
        members = ("hardwareProfile", "storageProfile", "osProfile", "securityProfile", "networkProfile")
        profile = {one: body["properties"][one] for one in members if one in body.get("properties", {})}
        if profile:
            with self.cloud.sandbox._store.transaction() as rows:
                rows.replace("vm", group, name, rows.held("vm", group, name) | {"profile": profile})

    def _extensions(self, exchange: dict[str, Any]) -> None:
        """Put an extension there that the recording's client did not install by a request of its own."""
        body = here(exchange["response"]["body"]) if exchange["request"]["method"] == "GET" else None
        for one in (body or {}).get("resources", ()):
            group, vm, name = (one["id"].split("/")[at] for at in (4, 8, 10))
            with self.cloud.sandbox._store.transaction() as rows:
                if rows.find("extension", group, f"{vm}/{name}") is None:
                    put_extension(rows, group, vm, name, one["properties"])

    def _identity(self, text: str) -> None:
        segments = text.split("/")
        if text.lower() in self._known:
            return
        self._known.add(text.lower())
        url = f"{text}?api-version=2023-01-31"
        if self.cloud.send("GET", url).status == 404:
            self.cloud.sandbox.add_identity(segments[4], segments[8])


def _emptied(identity: dict[str, Any]) -> dict[str, Any]:
    users = identity.get("userAssignedIdentities")
    return {**identity, "userAssignedIdentities": {key: {} for key in users}} if users else identity


def principal_in(body: Any) -> str | None:
    """Return the principal of a system-assigned identity."""
    return (body.get("identity") or {}).get("principalId") if isinstance(body, dict) else None


def here(value: Any) -> Any:
    return json.loads(json.dumps(value).replace(RECORDED_SUBSCRIPTION, SUBSCRIPTION))


def is_replayed(exchange: dict[str, Any]) -> bool:
    path = urlsplit(exchange["request"]["url"]).path.lower()
    return not any(part in path for part in DIFFERENCES)


class Said:
    """What the two must agree on; etags are counted from the first one seen of each resource."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}

    def of(self, exchange: dict[str, Any], response: Any) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in response["headers"].items()}
        body = response["body"]
        said: dict[str, Any] = {
            "status": response["status"],
            "headers": [name for name in STEERING if name in headers and self._steers(name, response)],
            "budgets": budgets_in(headers),
        }
        url = urlsplit(exchange["request"]["url"])
        if not isinstance(body, dict):
            return {**said, "body": None}
        if "properties" in body and "type" in body:
            properties = body["properties"]
            said["members"] = sorted(body)
            said["properties"] = sorted(set(properties) - set(DIFFERENCES))
            said["state"] = properties.get("provisioningState")
            said["identity"] = identity_in(body)
            if "etag" in body and re.search(r"/virtualmachine(scaleset)?s/[^/]+$", url.path.lower()):
                number = int(body["etag"].strip('"'))
                said["etag"] = number - self._first.setdefault(url.path.lower(), number)
            if "instanceView" in parse_qs(url.query).get("$expand", []):
                said["instanceView"] = "instanceView" in properties
            return said
        if "startTime" in body:
            return {**said, "operation": body["status"], "members": sorted(body)}
        return {**said, "members": sorted(body), "count": len(body.get("value", []))}

    @staticmethod
    def _steers(name: str, response: Any) -> bool:
        # The location of an identity that is made is its id, not where to look for a result.
        return name != "location" or response["status"] == 202


def budgets_in(headers: Mapping[str, str]) -> list[str]:
    """Return the names of the budgets that compute says a request drew on."""
    text = headers.get("x-ms-ratelimit-remaining-resource", "")
    return sorted(part.partition(";")[0] for part in text.split(",") if part)


@pytest.mark.parametrize("name", FILES)
def test_the_sandbox_answers_as_azure_answered(name: str, recordings: Path, tmp_path: Path) -> None:
    exchanges = json.loads((recordings / f"{name}.json").read_text(encoding="utf-8"))
    replay, azure, ours = Replay(tmp_path), Said(), Said()
    compared = 0
    for number, exchange in enumerate(exchanges):
        if not is_replayed(exchange):
            continue
        expected = azure.of(exchange, here(exchange["response"]))
        assert (number, ours.of(exchange, replay.played(exchange))) == (number, expected)
        compared += 1
    replay.cloud.sandbox.close()
    assert compared >= 4
