"""Every exchange of real traffic about groups, identities, VMs and roles, replayed against the sandbox.

Bodies are compared after renaming GUIDs by the order in which they first appear: so the same value must stand in the
same places, from the first exchange to the last, whatever the value is.
"""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sandbox.cloud import Cloud
from vmident.sandbox.sandbox import SUBSCRIPTION

RECORDINGS = Path(__file__).resolve().parents[2].parent / "shared" / "azure-recordings"
FILES = ("vm-user-identities-2020.json", "vm-system-identity-2020.json")
RECORDED_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
# What these answer is the sandbox's own: operations that it began, roles that it brings.
NOTHING_TO_PROVIDE = re.compile(r"/(operations/[^/]+|roledefinitions)$")
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not beside this checkout")

Exchange = dict[str, Any]


class Renamer:
    """Gives each GUID a name by the order of first appearance."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def renamed(self, value: Any) -> Any:
        return json.loads(GUID.sub(self._name, json.dumps(value, sort_keys=True)))

    def _name(self, found: re.Match[str]) -> str:
        return self._names.setdefault(found[0], f"guid-{len(self._names) + 1}")


class Replay:
    """One recording, its clock and its resources, played to a sandbox."""

    def __init__(self, folder: Path) -> None:
        self.cloud = Cloud(folder, operation_seconds=6)
        self.operation_url = ""
        self._known: set[str] = set()

    def played(self, exchange: Exchange) -> Any:
        self.cloud.now = parsedate_to_datetime(exchange["response"]["headers"]["date"]).timestamp()
        self._provide(exchange)
        url = exchange["request"]["url"].replace("https://management.azure.com", "")
        if "/operations/" in url:
            url = self.operation_url
        answer = self.cloud.send(
            exchange["request"]["method"],
            url.replace(RECORDED_SUBSCRIPTION, SUBSCRIPTION),
            with_subscription(exchange["request"]["body"]),
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        self.operation_url = headers.get("azure-asyncoperation", self.operation_url)
        return {"status": answer.status, "headers": headers, "body": answer.json()}

    def _provide(self, exchange: Exchange) -> None:
        """Create what the recording's templates had created: groups, and VMs as first seen."""
        body = exchange["response"]["body"]
        path = urlsplit(exchange["request"]["url"]).path.lower()
        if exchange["request"]["method"] != "GET" or path in self._known or NOTHING_TO_PROVIDE.search(path):
            return
        self._known.add(path)
        if "/virtualmachines/" not in path:
            self.cloud.sandbox.add_group(body["name"], location=body["location"], tags=body["tags"])
            return
        identity = with_subscription(body.get("identity", {}))
        self.cloud.sandbox.add_vm(
            path.split("/")[4],
            body["name"],
            location=body["location"],
            system="principalId" in identity,
            identities=identity.get("userAssignedIdentities", {}),
        )


def with_subscription(value: Any) -> Any:
    return json.loads(json.dumps(value).replace(RECORDED_SUBSCRIPTION, SUBSCRIPTION))


def is_about_identities(exchange: Exchange) -> bool:
    path = urlsplit(exchange["request"]["url"]).path.lower()
    return exchange["response"]["status"] != 503 and (
        re.fullmatch(r"/subscriptions/[^/]+/resourcegroups/[^/]+", path) is not None
        or re.search(r"/(userassignedidentities|virtualmachines|operations)/[^/]+$", path) is not None
        or path.endswith("/roledefinitions")
    )


def said(response: Any) -> dict[str, Any]:
    """Return what the two must agree on: of a VM its identity, its state and which members it has."""
    headers, body = response["headers"], response["body"]
    if "virtualMachines" in body.get("type", ""):
        properties = body["properties"]
        body = {
            "members": sorted(body),
            "identity": body.get("identity"),
            "properties": sorted(properties),
            "state": properties["provisioningState"],
            "named": [body["id"], body["name"], body["type"], body["location"], body["tags"]],
        }
    if "startTime" in body:
        body = {member: re.sub(r"\d", "9", text) for member, text in body.items() if member != "name"}
    return {
        "status": response["status"],
        "content-type": headers["content-type"],
        "location": headers.get("location"),
        "operation": "azure-asyncoperation" in headers,
        "retry-after": headers.get("retry-after"),
        "body": body,
    }


@pytest.mark.parametrize("file", FILES)
def test_the_sandbox_answers_as_azure_answered(file: str, tmp_path: Path) -> None:
    recorded = json.loads((RECORDINGS / file).read_text(encoding="utf-8"))
    numbered = [(number, exchange) for number, exchange in enumerate(recorded) if is_about_identities(exchange)]
    replay, azure, ours = Replay(tmp_path), Renamer(), Renamer()
    azure.renamed(RECORDED_SUBSCRIPTION)
    ours.renamed(SUBSCRIPTION)

    expected = [(number, azure.renamed(said(exchange["response"]))) for number, exchange in numbered]
    answered = [(number, ours.renamed(said(replay.played(exchange)))) for number, exchange in numbered]
    replay.cloud.sandbox.close()

    assert any(exchange["request"]["method"] == "PATCH" for _, exchange in numbered)
    for theirs, mine in zip(expected, answered, strict=True):
        assert theirs == mine
