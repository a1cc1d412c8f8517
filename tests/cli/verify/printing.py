"""What a VM answers to the script of `vmident verify`, when it is not the sandbox that answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import requests

from tests.program import Misbehaviour, Program, answering_with

OID, APPID = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"


def nonce_of(program: Program) -> str:
    """The nonce of the script that was sent last."""
    script = next(one.body["script"] for one in reversed(program.sent) if one.url.split("?")[0].endswith("/runCommand"))
    found = re.search(r"nonce ?= ?'?([0-9a-f]+)", "\n".join(script))
    assert found
    return found[1]


def operation(message: str, status: str = "Succeeded", **more: Any) -> dict[str, Any]:
    """An operation of Run Command at its end, in the shape of the recordings."""
    value = [{"code": "ProvisioningState/succeeded", "level": "Info", "message": message}]
    return {"name": "x", "status": status, "properties": {"output": {"value": value}}, **more}


def printing(program: Program, *lines: str, stderr: str = "") -> Misbehaviour:
    """Have the script print these lines, in which `@` is its nonce."""

    def act(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        printed = "\n".join(lines).replace("@", nonce_of(program))
        message = f"Enable succeeded: \n[stdout]\n{printed}\n\n[stderr]\n{stderr}\n"
        return answering_with(200, operation(message))(request, onward)

    return act
