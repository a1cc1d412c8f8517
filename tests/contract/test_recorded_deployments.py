"""Every exchange of the recorded `az vm create` deployments, replayed against the sandbox, whole bodies compared.

GUIDs are renamed by the order in which they first appear. What else may differ is in `DIFFERENCES`, each with its
reason; times and durations keep their form.
"""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.test_recordings_against_sandbox import (
    RECORDED_SUBSCRIPTION,
    RECORDINGS,
    Exchange,
    Renamer,
    with_subscription,
)
from tests.sandbox.cloud import Cloud
from vmident.sandbox.sandbox import ENDPOINT, SUBSCRIPTION

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not beside this checkout")

DIFFERENCES = (
    # The hash of a template is Azure's own.
    (r'"templateHash": "\d+"', '"templateHash": "HASH"'),
    # The deployment's real name is in the answers, a made-up one in the requests of the recording.
    (r"(?:vm_deploy_\w+|mock-deployment(?:-\d+)?)", "DEPLOYMENT"),
    (r"operationStatuses/\d{20}", "operationStatuses/DIGITS"),
    # Addresses, and names made of random letters.
    (r'"macAddress": "00-22-48-[0-9A-F-]{8}"', '"macAddress": "MAC"'),
    (r'"ipAddress": "[\d.]+"', '"ipAddress": "ADDRESS"'),
    (r'"[0-9a-z]{26}\.dx\.internal\.cloudapp\.net"', '"SUFFIX"'),
    # Debian's disk was called `vm1_OsDisk_1_…`, Ubuntu's `vm2_disk1_…`: the sandbox calls every disk as Ubuntu's.
    (r"_(?:disk1|OsDisk_1)_[0-9a-f]{32}", "_DISK"),
    # The group's real name, in upper case, escaped the recording's renaming.
    (r"resourceGroups/[A-Z0-9_.]+/providers/Microsoft.Compute/disks", "resourceGroups/GROUP/providers/disks"),
    (r'"vmAgentVersion": "[\d.]+"', '"vmAgentVersion": "VERSION"'),
    # A scale set had been made in the same subnet, outside the recording, and has addresses there.
    (r', \{"id": "[^"]+/virtualMachineScaleSets/[^"]+"\}', ""),
    (r'"privateIPAddress": "10\.0\.0\.\d+"', '"privateIPAddress": "ADDRESS"'),
    # The clock runs at the recording's pace, but a deployment ends when the sandbox's does.
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?", "TIME"),
    (r'"PT(?:\d+H)?(?:\d+M)?[\d.]+S"', '"DURATION"'),
)
PASSWORD = "a-Password-of-4-kinds"  # the recording's own was replaced by one that Azure would refuse

# File, first exchange, the one after the last, and how many seconds a VM took to be made.
SPANS = [
    ("vm-user-identities-2020.json", 0, 24, 30),
    ("vm-system-identity-2020.json", 0, 20, 60),
]


class Replay:
    """A recording, played to a sandbox by the recording's clock."""

    def __init__(self, folder: Path, creation_seconds: float) -> None:
        self.cloud = Cloud(folder, operation_seconds=6, creation_seconds=creation_seconds)
        self._operation_url = ""
        self._deployments = 0

    def played(self, exchange: Exchange) -> dict[str, Any]:
        self.cloud.now = parsedate_to_datetime(exchange["response"]["headers"]["date"]).timestamp()
        request, body = exchange["request"], exchange["response"]["body"]
        if re.search(r"/resourcegroups/[^/]+\?", request["url"]) and self.cloud.sandbox.status()["groups"] == 1:
            self.cloud.sandbox.add_group(body["name"], location=body["location"], tags=body["tags"])
        url = request["url"].replace("https://management.azure.com", ENDPOINT)
        if request["method"] == "PUT" and "/deployments/" in url:
            self._deployments += 1
        url = url.replace("mock-deployment", f"mock-deployment-{self._deployments}")
        url = self._operation_url if "/operationStatuses/" in url else url
        answer = self.cloud.send(
            request["method"],
            url.replace(RECORDED_SUBSCRIPTION, SUBSCRIPTION),
            json.loads(json.dumps(with_subscription(request["body"])).replace('"a-password"', f'"{PASSWORD}"')),
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        self._operation_url = headers.get("azure-asyncoperation", self._operation_url)
        return {"status": answer.status, "headers": headers, "body": answer.json()}


def said(response: Any) -> dict[str, Any]:
    names = ("content-type", "azure-asyncoperation", "location", "etag", "retry-after")
    headers = {name: response["headers"].get(name) for name in names}
    text = json.dumps({"status": response["status"], "headers": headers, "body": response["body"]})
    text = text.replace("https://management.azure.com", ENDPOINT)
    for pattern, name in DIFFERENCES:
        text = re.sub(pattern, name, text)
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize(("file", "first", "end", "creation_seconds"), SPANS)
def test_a_deployment_goes_as_it_went(file: str, first: int, end: int, creation_seconds: float, tmp_path: Path) -> None:
    recorded = json.loads((RECORDINGS / file).read_text(encoding="utf-8"))[first:end]
    exchanges = [exchange for exchange in recorded if exchange["response"]["status"] != 503]
    replay, azure, ours = Replay(tmp_path, creation_seconds), Renamer(), Renamer()
    azure.renamed(RECORDED_SUBSCRIPTION)
    ours.renamed(SUBSCRIPTION)

    for exchange in exchanges:
        theirs = azure.renamed(said(exchange["response"]))
        mine = ours.renamed(said(replay.played(exchange)))
        assert mine == theirs, exchange["request"]["url"]
    replay.cloud.sandbox.close()
    kept = (tmp_path / "sandbox.sqlite3").read_bytes()
    assert PASSWORD.encode() not in kept
