"""No token is printed, logged or written, wherever one comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.verify.printing import APPID, OID, operation, printing
from tests.program import WIDE_TERMINAL, Program, answering, answering_with
from tests.token_service import jwt

TOKEN = jwt({"oid": OID, "sub": "a-token-that-must-not-get-out"})
HEAD, PAYLOAD, _ = TOKEN.split(".")
Placing = Callable[[Program], None]


def in_output(*lines: str, stderr: str = "") -> Placing:
    return lambda program: program.when("GET", "/operations/", printing(program, *lines, stderr=stderr), times=9)


def in_failure(**error: str) -> Placing:
    answer = answering_with(200, operation(TOKEN, "Failed", error=error))
    return lambda program: program.when("GET", "/operations/", answer, times=9)


def in_refusal(method: str, part: str, status: int = 403) -> Placing:
    answer = answering(status, "AuthorizationFailed", f"Denied to {TOKEN} over scope '{TOKEN}'.")
    return lambda program: program.when(method, part, answer, times=99)


def in_unreadable_answer(program: Program) -> None:
    broken: Any = {"status": {"a": TOKEN}, "name": TOKEN}
    program.when("GET", "/operations/", answering_with(200, broken), times=99)


PLACES: dict[str, Placing] = {
    "its own line": in_output(TOKEN),
    "the whole answer": in_output("@ tool curl", f'{{"access_token":"{TOKEN}"}}'),
    "a principal": in_output("@ tool curl", f"@ 0 200 {TOKEN} {TOKEN} {TOKEN}"),
    "a resource": in_output("@ tool curl", f"@ 0 200 {OID} {APPID} {TOKEN}"),
    "an error text": in_output("@ tool curl", f"@ 0 400 {TOKEN}"),
    "a cut error text": in_output("@ tool curl", f"@ 0 400 {TOKEN[:-20]}"),
    "the tool": in_output(f"@ tool {TOKEN.lower()}", f"@ tool {TOKEN}"),
    "standard error": in_output("@ tool curl", f"@ 0 200 {OID} {APPID} =", stderr=TOKEN),
    "an operation's error": in_failure(code="VMExtensionProvisioningError", message=f"stdout: {TOKEN} end"),
    "an operation's code": in_failure(code=TOKEN, message="Failed."),
    "a refused script": in_refusal("POST", "runCommand"),
    "a refused poll": in_refusal("GET", "/operations/"),
    "a refused read": in_refusal("GET", "instanceView"),
    "a conflict": in_refusal("POST", "runCommand", 409),
    "an answer of another shape": in_unreadable_answer,
}


@pytest.mark.parametrize(
    ("place", "output"),
    [*((one, "json") for one in PLACES), ("an error text", "human"), ("an operation's error", "human")],
)
def test_a_token_from_anywhere_gets_nowhere(program: Program, place: str, output: str) -> None:
    PLACES[place](program)
    program.terminal = WIDE_TERMINAL
    outcome = program(f"verify webVM --identity [system] --yes --debug -o {output}")
    assert outcome.out
    kept = "".join(path.read_bytes().decode("utf-8", "replace") for path in program.folder.rglob("*") if path.is_file())
    for text in (outcome.out, outcome.err, kept):
        assert PAYLOAD not in text
        assert HEAD not in text
