"""Recordings of 2024 to 2026 of which excerpts are left, replayed on the sandbox.

Their bodies are in part: each member that is recorded must be there with its value, identities as a whole and in their
spelling. Two of the recorders kept every header, so theirs say when Azure sends no `Retry-After`.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.contract import (
    test_every_recording,
    test_recorded_identities_and_roles,
    test_recordings_against_sandbox,
)
from tests.contract.test_every_recording import STEERING, budgets_in
from tests.sandbox.cloud import Cloud
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMPLETE_HEADERS = ("vm-identities-java-2024-excerpt", "vm-update-2025-excerpt")
# Exchanges that the sandbox answers otherwise, with what differs and why.
DIFFERENCES = {
    ("vm-update-2025-excerpt", 8): "once Azure showed `{}` after the end; `serve --faults` rehearses it",
}
# What the recording leaves out and a replay needs: another client's write before an exchange, or the body of its own.
_ID = "/subscriptions/S/resourceGroups/{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{}"
_BOTH = "SystemAssigned, UserAssigned"
_FIRST, _SECOND = (_ID.format("clitest.rg000001", name) for name in ("id1", "id2"))
_POLICY = _ID.format("AzSecPackAutoConfigRG", "AzSecPackAutoConfigUA-westus2")
WRITES_BEFORE: dict[tuple[str, int], Any] = {
    ("vm-update-2025-excerpt", 7): {"type": _BOTH, "userAssignedIdentities": {_POLICY: {}}},
    ("vm-user-identities-2026-excerpt", 6): {"type": _BOTH, "userAssignedIdentities": {_FIRST: None}},
}
BODIES: dict[tuple[str, int], Any] = {
    ("vm-user-identities-2026-excerpt", 2): {
        "identity": {"type": _BOTH, "userAssignedIdentities": {_FIRST: {}, _SECOND: {}}}
    },
}
# What each VM had before the first exchange about it.
VMS: dict[str, dict[str, Any]] = {
    "vm-identities-java-2024-excerpt": {"name": "javavm", "location": "westus2"},
    "vm-update-2025-excerpt": {
        "name": "testVM-5870",
        "location": "westus2",
        "system": True,
        "tags": {"azsecpack": "nonprod"},
    },
    "vm-user-identities-2026-excerpt": {"name": "vm1", "system": True, "identities": ("id1",)},
}
GROUPS = {
    "vm-identities-java-2024-excerpt": ("9dd7c0031cb4495", ("msi-1",)),
    "vm-update-2025-excerpt": ("testRG-1626", ()),
    "vm-user-identities-2026-excerpt": ("clitest.rg000001", ()),
}
# A value that the excerpt replaced: any text may be in its place. Times are never the recorded ones.
_REPLACED = re.compile(r"\(.*\)|(SYSTEM-)?(PRINCIPAL|CLIENT|TENANT|GUID|OP)(-\w+)?|\d{4}-\d\d-\d\dT.*")
_UNREAD = ("(left out)", "(others)")


class Replay:
    """One excerpt on a sandbox that lets writes overlap, as Azure was seen to do in 2025."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.cloud = Cloud(folder, operation_seconds=6, is_throttling=False, busy="allow")
        group, identities = GROUPS[name]
        self.cloud.sandbox.add_group(group, location="westus2")
        self.cloud.sandbox.add_group("AzSecPackAutoConfigRG")
        self.cloud.sandbox.add_identity("AzSecPackAutoConfigRG", "AzSecPackAutoConfigUA-westus2")
        for identity in identities:
            self.cloud.sandbox.add_identity(group, identity)
        self._vm, self._group = dict(VMS[name]), group
        self._operation = self._principal = ""
        self._assignment = str(uuid.UUID(int=7))
        self._is_there = False

    def played(self, number: int, exchange: Any) -> Any:
        request, response = exchange["request"], exchange["response"]
        url = urlsplit(request["url"])
        place = f"{url.path}?{url.query}".replace("/S/", f"/{SUBSCRIPTION}/").replace("/GUID?", f"/{self._assignment}?")
        if "/virtualMachines/" in place and not self._is_there:
            self._is_there = True
            self.cloud.sandbox.add_vm(self._group, self._vm.pop("name"), **self._vm)
        if (self.name, number) in WRITES_BEFORE:
            self._write(WRITES_BEFORE[self.name, number])
        body = BODIES.get((self.name, number), request["body"])
        if "/operations/" in place:
            place = self._operation
        # Time passes where Azure had ended its operation, or the directory had heard of the principal.
        if _is_ended(response) or (response["status"] == 201 and "/roleAssignments/" in place):
            self.cloud.now += 60
        answer = self.cloud.send(request["method"], place, self._here(body))
        self._operation = answer.headers.get("Azure-AsyncOperation", self._operation)
        if "userAssignedIdentities" in place:
            self._principal = answer.json()["properties"]["principalId"]
        return answer

    def _write(self, identity: Any) -> None:
        vm = f"/subscriptions/S/resourceGroups/{self._group}/providers/Microsoft.Compute/virtualMachines"
        url = f"{vm}/{VMS[self.name]['name']}?api-version=2024-11-01".replace("/S/", f"/{SUBSCRIPTION}/")
        answer = self.cloud.send("PATCH", url, self._here({"identity": identity}))
        assert answer.status == 200
        self._operation = answer.headers["Azure-AsyncOperation"]

    def _here(self, body: Any) -> Any:
        if body is None:
            return None
        kept = {name: value for name, value in body.items() if value not in _UNREAD}
        text = json.dumps(kept).replace("/S/", f"/{SUBSCRIPTION}/")
        return json.loads(re.sub(r"PRINCIPAL-\d", self._principal, text))


def _is_ended(response: dict[str, Any]) -> bool:
    body = response["body"] or {}
    state = body.get("status") or body.get("properties", {}).get("provisioningState")
    return str(state) == "Succeeded"


class Said:
    """What the two must agree on; etags are counted from the first one that is seen."""

    def __init__(self, *, with_retry_after: bool) -> None:
        self._with_retry_after = with_retry_after
        self._first: int | None = None

    def of(self, status: int, headers: dict[str, str]) -> dict[str, Any]:
        lower = {name.lower(): value for name, value in headers.items()}
        said: dict[str, Any] = {"status": status, "headers": [name for name in STEERING if name in lower]}
        if self._with_retry_after:
            said["retry-after"] = "retry-after" in lower
        if "etag" in lower:
            number = int(lower["etag"].strip('"'))
            self._first = number if self._first is None else self._first
            said["etag"] = number - self._first
        return said


def differences(recorded: Any, ours: Any, path: str = "") -> Iterator[str]:
    """Name the members of a recorded body that are not in ours, or with another value."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        is_whole = path.startswith(".identity") or not recorded
        if is_whole and set(recorded) != set(ours):
            yield f"{path}: {sorted(recorded)} and {sorted(ours)}"
        for name in recorded.keys() - {"(others)", "etag", "name"}:
            if name in ours:
                yield from differences(recorded[name], ours[name], f"{path}.{name}")
            else:
                yield f"{path}.{name} is missing"
    elif isinstance(recorded, str) and isinstance(ours, str) and _REPLACED.fullmatch(recorded):
        if not ours:
            yield f"{path} is empty"
    elif path.endswith("error.message"):
        if recorded.partition("Principal")[2][-200:] != ours[-200:]:
            yield f"{path}: {ours}"
    elif recorded != ours:
        yield f"{path}: {recorded!r} and {ours!r}"


def test_every_recording_is_replayed_somewhere(recordings: Path) -> None:
    whole = {*test_every_recording.FILES, "refusals"}
    others = (*test_recordings_against_sandbox.FILES, *test_recorded_identities_and_roles.FILES)
    replayed = {*whole, *VMS, *(name.removesuffix(".json") for name in others)}
    assert {file.stem for file in recordings.glob("*.json")} == replayed


@pytest.mark.parametrize("name", VMS)
def test_the_sandbox_answers_as_azure_answered(name: str, recordings: Path, tmp_path: Path) -> None:
    exchanges = json.loads((recordings / f"{name}.json").read_text(encoding="utf-8"))
    replay = Replay(name, tmp_path)
    azure, sandbox = (Said(with_retry_after=name in COMPLETE_HEADERS) for _ in range(2))
    for number, exchange in enumerate(exchanges):
        response = exchange["response"]
        answer = replay.played(number, exchange)
        expected = azure.of(response["status"], response["headers"])
        assert (number, sandbox.of(answer.status, answer.headers)) == (number, expected)
        budgets = budgets_in(response["headers"])
        assert not budgets or budgets_in(answer.headers) == budgets
        here = json.loads(json.dumps(response["body"]).replace("/S/", f"/{SUBSCRIPTION}/"))
        found = list(differences(here, answer.json())) if answer.body else []
        assert (number, bool(found)) == (number, (name, number) in DIFFERENCES), found
    replay.cloud.sandbox.close()
