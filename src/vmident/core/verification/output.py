"""What a script printed inside a VM, read as hostile text.

An administrator of the VM can print anything, so a line proves nothing about a VM that is not trusted. What is held
here is that nothing but this script's lines counts, that none of them can be mistaken for another, and that no text of
the VM is passed on unless it is short, plain and without a token:

O1  A line counts only if it begins with this script's nonce and has the form that the script prints, whole.
O2  Two different lines about the same request make all of the output unusable, as one of them is forged.
O3  IDs are GUIDs or resource IDs in plain characters, else they are missing. Other text is cut, and masked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from vmident.core.naming import GUID
from vmident.core.verification.checks import Principal, TokenRequest
from vmident.core.verification.masking import masked

_TOOL = re.compile(r"tool ([a-z0-9]{1,20})")
_ANSWER = re.compile(r"([0-9]{1,3}) ([0-9]{3})(?: (.*))?")
_CLAIMS = re.compile(r"(\S{1,36}) (\S{1,36}) (\S{1,400})")
_RESOURCE_ID = re.compile(r"[A-Za-z0-9/_.()-]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9 /_.:,()*-]")
_TEXT_CHARACTERS = 300
OK = 200


class TokenAnswer(Struct, frozen=True):
    """The token service's answer to one request: HTTP status (0: none), whose token it gave, or why it gave none."""

    status: int
    principal: Principal | None = None
    text: str = ""


class ScriptOutput(Struct, frozen=True):
    """What the script said: the tool that sent its requests, and the answers by the number of the request.

    `is_forged` says that lines contradict each other.
    """

    tool: str | None = None
    answers: Mapping[int, TokenAnswer] = field(default_factory=dict)
    is_forged: bool = False


def read_output(text: str, nonce: str, requests: Sequence[TokenRequest]) -> ScriptOutput:
    """Read what a script with this nonce printed about these requests; lines of anybody else are passed over."""
    bodies = [line[len(nonce) + 1 :].rstrip() for line in text.splitlines() if line.startswith(f"{nonce} ")]
    tools = {found[1] for found in map(_TOOL.fullmatch, bodies) if found}
    answers: dict[int, TokenAnswer] = {}
    is_forged = len(tools) > 1
    for found in filter(None, map(_ANSWER.fullmatch, bodies)):
        number = int(found[1])
        if number >= len(requests):
            continue
        answer = _answer(int(found[2]), found[3] or "", requests[number])
        is_forged = is_forged or answers.setdefault(number, answer) != answer
    return ScriptOutput(min(tools, default=None), answers, is_forged)


def _answer(status: int, rest: str, request: TokenRequest) -> TokenAnswer:
    claims = _CLAIMS.fullmatch(rest) if status == OK else None
    if claims is None:
        return TokenAnswer(status, text=_UNSAFE.sub("", masked(rest))[:_TEXT_CHARACTERS])
    oid, appid, resource_id = claims.groups()
    found = Principal(_guid(oid), _guid(appid), _resource_id(resource_id, request.expected_resource_id))
    return TokenAnswer(status, found)


def _guid(text: str) -> str | None:
    return text.lower() if GUID.fullmatch(text) else None


def _resource_id(text: str, expected: str) -> str | None:
    if text == "=":
        return expected
    return text if _RESOURCE_ID.fullmatch(masked(text)) and text != "-" else None
