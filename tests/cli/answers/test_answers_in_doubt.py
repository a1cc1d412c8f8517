"""An answer to a write that is neither a success nor a refusal: the resource is read back, and it decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.program import GROUP, Misbehaviour, Program, answering_with, identity_id, vm_id

HTML = b"<html><body>Sign in to the hotel's network</body></html>"
ANOTHER = {"id": vm_id("dbVM"), "location": "westus", "identity": {"type": "SystemAssigned"}}


def _raw(status: int, body: bytes, headers: dict[str, str] | None = None) -> Misbehaviour:
    def act(request: requests.PreparedRequest, _onward: Callable[[], requests.Response]) -> requests.Response:
        answer = answering_with(status, {}, headers)(request, _onward)
        answer._content = body
        return answer

    return act


STRANGE: dict[str, Misbehaviour] = {
    "an empty object": answering_with(200, {}),
    "a list": answering_with(200, []),
    "null": answering_with(200, None),
    "nothing at all": _raw(200, b""),
    "a page": _raw(200, HTML),
    "half of a document": _raw(200, b'{"id": "/subscr'),
    "bytes that are no text": _raw(200, b'{"id": "\xff\xfe"}'),
    "a redirect": _raw(302, b"", {"Location": "https://portal.example/sign-in"}),
    "a number for an id": answering_with(200, {"id": 7}),
    "another VM": answering_with(200, ANOTHER),
}


def _after_it_was_done(act: Misbehaviour) -> Misbehaviour:
    def acting(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        onward()
        return act(request, onward)

    return acting


@pytest.mark.parametrize("was_done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("act", STRANGE.values(), ids=STRANGE)
def test_the_vm_decides_after_a_strange_answer_to_a_patch(program: Program, act: Misbehaviour, was_done: bool) -> None:
    program.when("PATCH", "myVM", _after_it_was_done(act) if was_done else act)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert outcome.json["after"]["type"] == "SystemAssigned"
    assert len(program.patches) == (1 if was_done else 2)
    assert program.identity_of("myVM")["type"] == "SystemAssigned"


def test_an_answer_about_another_vm_is_refused_and_nothing_is_written(program: Program) -> None:
    program.when("GET", "virtualMachines/myVM", answering_with(200, ANOTHER), times=9)

    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["error"]["code"], program.patches) == (1, "wrong-resource", [])
    assert "dbVM" in outcome.json["error"]["message"]


@pytest.mark.parametrize("was_done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("act", list(STRANGE.values())[:9], ids=list(STRANGE)[:9])
@pytest.mark.parametrize(
    ("method", "part", "words"),
    [
        ("PUT", "userAssignedIdentities/new", f"identity create new -g {GROUP}"),
        ("PUT", "resourceGroups/new", "group create new --location westus"),
        ("PUT", "roleAssignments", f"enable-system myVM -g {GROUP} --role Reader --scope {{group}}"),
    ],
    ids=["identity", "group", "role"],
)
def test_what_is_there_decides_after_a_strange_answer_to_a_put(
    program: Program, method: str, part: str, words: str, act: Any, was_done: bool
) -> None:
    program.when(method, part, _after_it_was_done(act) if was_done else act)

    outcome = program(words.format(group=identity_id("x").partition("/providers")[0]))

    assert outcome.code == 0, outcome
    assert len([one for one in program.sent if one.method == method]) == (1 if was_done else 2)
