"""What `vmident verify` runs in a VM, recognized by its last lines, and what it would print: pure. No script is run.

The script ends in a line `Check NUMBER 'RESOURCE_ID' 'URL'` for each request to the token service, in `sh` and in
PowerShell alike, and it sets `nonce`. It prints `NONCE tool NAME`, and for each request `NONCE NUMBER 200 OID APPID
MIRID`, with `=` for the resource ID that is expected, or `NONCE NUMBER 400 DESCRIPTION`.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_NONCE = re.compile(r"(?P<variable>\$?)nonce ?= ?'?(?P<nonce>[0-9a-f]{8,32})'?")
_CHECK = re.compile(r"Check (\d+) '([^']*)' '(http://169\.254\.169\.254/metadata/identity/oauth2/token\?[^']+)'")


def output_of_verification(script: Sequence[str], answer_of: Callable[[str], Mapping[str, str]]) -> str | None:
    """Return what the script prints; `None` where it is another one. `answer_of` is the token service."""
    nonce = next(filter(None, map(_NONCE.fullmatch, script)), None)
    checks = [found for found in map(_CHECK.fullmatch, script) if found]
    if nonce is None or not checks:
        return None
    tool = "powershell" if nonce["variable"] else "curl"
    lines = [f"tool {tool}", *(f"{one[1]} {_answer(answer_of(one[3]), one[2])}" for one in checks)]
    return "".join(f"{nonce['nonce']} {line}\n" for line in lines)


def _answer(answer: Mapping[str, str], expected: str) -> str:
    if "access_token" not in answer:
        return f"400 {answer['error_description']}"
    payload = answer["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    resource_id = "=" if claims["xms_mirid"].lower() == expected.lower() else claims["xms_mirid"]
    return f"200 {claims['oid']} {claims['appid']} {resource_id}"
