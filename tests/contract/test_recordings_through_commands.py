"""Every identity change of the recordings of real traffic, made again by our own commands against Azure's own answers.

The recorded Azure answers in recorded order, whatever is asked in between: a read gives the VM as it then stood, a
PATCH goes on to the next one recorded. The Azure CLI recorded them, so a body of ours is compared without regard to
the case of ids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.program import Outcome, Program, Rule, answering_with

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TOKEN = "a-token-that-stands-in-no-answer"

Exchange = dict[str, Any]


class RecordedAzure:
    """One VM's identity exchanges, or a scale set's; stands where the recording stood when it was last asked."""

    def __init__(self, file: Path, vm: str) -> None:
        every: list[Exchange] = json.loads(file.read_text(encoding="utf-8"))
        first = next(at for at, one in enumerate(every) if re.search("vm(ss)? identity", str(one["command"])))
        self._exchanges = [one for one in every[first:] if self._is_about(vm, one)]
        self._at = 0

    @staticmethod
    def _is_about(vm: str, exchange: Exchange) -> bool:
        path = _path_of(exchange["request"]["url"])
        return bool(re.search(f"/virtualmachine(s|scalesets)/{vm}$", path)) or "/operations/" in path

    def answer(self, request: requests.PreparedRequest, _onward: Callable[[], requests.Response]) -> requests.Response:
        found = self._found(str(request.method), _path_of(str(request.url)))
        response = found["response"]
        kept = {"content-type", "azure-asyncoperation", "retry-after", "x-ms-request-id", "etag"}
        headers = {name: value for name, value in response["headers"].items() if name.lower() in kept}
        return answering_with(response["status"], response["body"], headers)(request, _onward)

    @property
    def patches(self) -> list[Exchange]:
        return [one for one in self._exchanges if one["request"]["method"] == "PATCH"]

    def identities_around(self, number: int) -> tuple[Any, Any]:
        """Return what the VM had when the `number`th PATCH was made, and what it had when that had ended."""
        at = self._exchanges.index(self.patches[number])
        later = [one for one in self._exchanges[at + 1 :] if "/operations/" not in _path_of(one["request"]["url"])]
        return _identity_in(self._exchanges[at - 1]), _identity_in(later[0])

    def etags_before(self, number: int) -> set[str | None]:
        """Return the etags that reads before the `number`th PATCH showed; `None` in API versions without."""
        first = self._exchanges.index(self.patches[number - 1]) if number else 0
        last = self._exchanges.index(self.patches[number])
        reads = (one for one in self._exchanges[first:last] if one["request"]["method"] == "GET")
        return {(one["response"]["body"] or {}).get("etag") for one in reads}

    def _found(self, method: str, path: str) -> Exchange:
        """Look ahead, a read no further than the next PATCH; else give what was answered last time."""
        for at in range(self._at + (method == "PATCH"), len(self._exchanges)):
            exchange = self._exchanges[at]
            is_asked_for = exchange["request"]["method"] == method and _path_of(exchange["request"]["url"]) == path
            if is_asked_for:
                self._at = at
                return exchange
            if exchange["request"]["method"] == "PATCH" and at > self._at:
                break
        behind = [one for one in self._exchanges[: self._at] if _path_of(one["request"]["url"]) == path]
        assert method == "GET"
        assert behind, f"the recording has no {method} of {path} here"
        return behind[-1]


def _path_of(url: str) -> str:
    return urlsplit(url).path.lower()


def _identity_in(exchange: Exchange) -> Any:
    """Return the recorded identity as our documents show one: the map always there, the type of none named."""
    recorded = exchange["response"]["body"].get("identity") or {"type": "None"}
    return {"userAssignedIdentities": {}, **recorded}


def _lower(value: Any) -> Any:
    return json.loads(json.dumps(value).lower())


class Journey:
    """Our program, and the recording that it travels through."""

    def __init__(self, program: Program, azure: RecordedAzure) -> None:
        self.azure = azure
        self._program = program
        self._made = 0
        program.environ = {"VMIDENT_ACCESS_TOKEN": TOKEN, "VMIDENT_SUBSCRIPTION": SUBSCRIPTION}
        # Roles were not recorded beside the VM: nobody holds any.
        program.rules.append(Rule("GET", "roleAssignments", answering_with(200, {"value": []}), 10_000))
        program.rules += [Rule(method, "management.azure.com", azure.answer, 10_000) for method in ("GET", "PATCH")]

    def goes_as_recorded(self, words: str) -> Outcome:
        """Run one change, and hold its request and its answer to what was recorded."""
        recorded = self.azure.patches[self._made]
        before, after = self.azure.identities_around(self._made)
        etags = self.azure.etags_before(self._made)
        self._made += 1
        outcome = self._program(words)
        (patch,) = (one for one in self._program.sent if one.method == "PATCH")
        assert outcome.code == 0
        assert _path_of(patch.url) == _path_of(recorded["request"]["url"])
        assert _lower(patch.body) == _lower(recorded["request"]["body"])
        assert patch.headers.get("If-Match") in etags
        assert patch.headers["Authorization"] == f"Bearer {TOKEN}"
        assert outcome.json["status"] == "changed"
        assert (outcome.json["before"], outcome.json["after"]) == (before, after)
        return outcome


def test_the_journey_from_both_kinds_of_identity_down_to_none_ends_as_recorded(
    program: Program, recordings: Path
) -> None:
    journey = Journey(program, RecordedAzure(recordings / "vm-user-identities-2020.json", "vm1"))
    here = "vm1 -g clitest.rg000001"
    new = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/clitest.rg000001/providers/"
        "Microsoft.ManagedIdentity/userAssignedIdentities/id2"
    )

    journey.goes_as_recorded(f"add-user {here} --identity {new}")
    assert program.shape == ["GET", "PATCH", "POLL", "GET"]
    journey.goes_as_recorded(f"remove-user {here} --identity id1 --yes")
    assert program.shape == ["GET", "PATCH", "POLL"]
    journey.goes_as_recorded(f"remove-user {here} --identity {new.upper()} --yes")
    last = journey.goes_as_recorded(f"disable-system {here} --yes")

    assert last.json["after"] == {"type": "None", "userAssignedIdentities": {}}
    assert program(f"show {here}").json["identity"] == last.json["after"]
    assert program(f"disable-system {here}").json["status"] == "unchanged"


def test_enabling_the_system_assigned_identity_goes_as_recorded(program: Program, recordings: Path) -> None:
    journey = Journey(program, RecordedAzure(recordings / "vm-system-identity-2020.json", "vm2"))
    here = "vm2 -g cli_test_msi_no_scope000001"

    done = journey.goes_as_recorded(f"enable-system {here}")

    assert program.shape == ["GET", "PATCH", "POLL"]
    assert program(f"show {here}").json["identity"] == done.json["after"]
    assert program(f"enable-system {here}").json["status"] == "unchanged"


def test_a_scale_set_goes_from_both_kinds_of_identity_down_to_one_as_recorded(
    program: Program, recordings: Path
) -> None:
    journey = Journey(program, RecordedAzure(recordings / "vmss-user-identities-2024.json", "vmss1"))
    group = "cli_test_vmss_explicit_msi000001"
    here = f"vmss1 -g {group} --kind vmss"
    new = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/"
        "Microsoft.ManagedIdentity/userAssignedIdentities/id2"
    )

    added = journey.goes_as_recorded(f"add-user {here} --identity {new}")
    assert added.json["kind"] == "vmss"
    journey.goes_as_recorded(f"remove-user {here} --identity id1 --yes")
    last = journey.goes_as_recorded(f"remove-user {here} --identity id2 --yes")

    assert program(f"show {here}").json["identity"] == last.json["after"]
    assert program(f"enable-system {here}").json["status"] == "unchanged"


def test_the_system_assigned_identity_of_a_scale_set_comes_and_goes_as_recorded(
    program: Program, recordings: Path
) -> None:
    journey = Journey(program, RecordedAzure(recordings / "vmss-system-identity-2024.json", "vmss3"))
    here = "vmss3 -g cli_test_vmss_msi000001 --kind vmss"
    scale_set = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/cli_test_vmss_msi000001/providers/"
        "Microsoft.Compute/virtualMachineScaleSets/vmss3"
    )

    journey.goes_as_recorded(f"enable-system {scale_set}")
    journey.goes_as_recorded(f"disable-system {here} --yes")

    assert program(f"disable-system {scale_set}").json["status"] == "unchanged"


@pytest.mark.parametrize(
    ("file", "vm", "count"),
    [
        ("vm-user-identities-2020.json", "vm1", 4),
        ("vm-system-identity-2020.json", "vm2", 1),
        ("vmss-user-identities-2024.json", "vmss1", 3),
        ("vmss-system-identity-2024.json", "vmss3", 2),
    ],
)
def test_every_recorded_identity_patch_is_travelled(recordings: Path, file: str, vm: str, count: int) -> None:
    every = json.loads((recordings / file).read_text(encoding="utf-8"))
    patched = [one for one in every if one["request"]["method"] == "PATCH" and "identity" in one["request"]["body"]]

    assert len(patched) == len(RecordedAzure(recordings / file, vm).patches) == count
