"""One VM of a list that cannot be read: its row says why, and the others are listed and changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.program import Misbehaviour, Program, answering_with, vm_id

BAD = vm_id("dbVM")
Spoil = Callable[[dict[str, Any]], object]

SPOILT: dict[str, Spoil] = {
    "an unknown type of identity": lambda vm: vm.update(identity={"type": "Managed"}),
    "an identity without a type": lambda vm: vm["identity"].pop("type"),
    "a tag that is a number": lambda vm: vm.update(tags={"cost": 7}),
    "an id of an attached identity that is none": lambda vm: vm.update(
        identity={"type": "UserAssigned", "userAssignedIdentities": {"x": {}}}
    ),
    "a state that is a list": lambda vm: vm.update(properties={"provisioningState": []}),
}


def spoiling(spoil: Spoil) -> Misbehaviour:
    """Spoil dbVM wherever an answer has it: in a list, or alone."""

    def act(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        body = onward().json()
        for one in body.get("value", [body]):
            if one.get("name") == "dbVM":
                spoil(one)
        return answering_with(200, body)(request, onward)

    return act


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_the_others_are_listed(program: Program, spoil: Spoil) -> None:
    program.when("GET", "virtualMachines", spoiling(spoil), times=99)

    outcome = program("list")

    assert outcome.code == 5
    names = {one["name"] for one in outcome.json}
    assert names >= {"appVM", "myVM", "webVM"}
    assert "dbVM" not in names
    assert "dbVM" in outcome.err
    assert "$." in outcome.err or "'Managed'" in outcome.err or "'x'" in outcome.err


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_the_others_of_a_selection_are_changed(program: Program, spoil: Spoil) -> None:
    program.when("GET", "virtualMachines", spoiling(spoil), times=99)

    outcome = program("enable-system --all --yes")

    assert outcome.code == 5
    failed = {one["name"]: one["error"]["code"] for one in outcome.json if one["status"] == "failed"}
    assert failed.pop("dbVM") == "invalid-response"
    assert "invalid-response" not in failed.values()
    for name in ("appVM", "myVM", "webVM"):
        assert "SystemAssigned" in program.identity_of(name)["type"]
    assert not [one for one in program.sent if one.method == "PATCH" and "dbVM" in one.path]


@pytest.mark.parametrize("item", [None, 7, [], {}, {"id": None}, {"id": BAD.replace("dbVM", "db VM")}])
def test_an_item_without_an_id_costs_no_other(program: Program, item: Any) -> None:
    def act(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        body = onward().json()
        if "value" in body:
            body["value"] = [item if one["name"] == "dbVM" else one for one in body["value"]]
        return answering_with(200, body)(request, onward)

    program.when("GET", "virtualMachines", act, times=99)

    listed = program("list")
    assert listed.code == 5
    assert {one["name"] for one in listed.json} >= {"appVM", "myVM", "webVM"}

    changed = program("enable-system --all --yes")
    assert changed.code == 5
    assert {one["name"]: one["status"] for one in changed.json}["myVM"] == "changed"


def test_a_plan_leaves_it_out_and_says_so(program: Program) -> None:
    program.when("GET", "virtualMachines", spoiling(SPOILT["a tag that is a number"]), times=99)
    file = program.folder / "state.yaml"
    file.write_text("version: 1\nrules:\n  - vms: {names: ['*VM']}\n    system: true\n")
    outcome = program(f"plan -f {file}")
    assert "unreadable-vm" in outcome.out + outcome.err, outcome
