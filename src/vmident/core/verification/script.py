"""The script that runs inside a VM: one request to the token service for each identity, and what it prints of it.

For each request it prints one line, framed by a nonce that makes it this script's own (`output` reads it):

    NONCE tool curl                        what sends requests: curl, wget, python3, powershell, or none
    NONCE 0 200 OID APPID MIRID            the claims of a token; `-` for one that is missing, `=` for the ID expected
    NONCE 1 400 some text                  the answer's status and description of the error; 000 is no answer

The token itself stays in a variable of the script: it is in no file, in no argument of another program, and in nothing
that is printed. Every text is cut so that all lines fit into the 4,096 bytes that Run Command returns.

404, 410, 429 and 5xx are asked again for up to `RETRY_SECONDS`, all requests together; 410 may last 70 s (wire facts,
'The token service inside a VM (IMDS)').
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from vmident.core.verification.checks import TokenRequest
from vmident.core.verification.powershell_template import POWERSHELL
from vmident.core.verification.shell_template import SHELL

REQUESTS_AT_MOST = 30
"""Requests of one script: more do not fit into its output with the texts that explain a failure."""
RETRY_SECONDS = 90
TOKEN_SERVICE = "http://169.254.169.254"  # noqa: S105 - an address, and no token
_PATH = "/metadata/identity/oauth2/token?api-version=2018-02-01"
_OUTPUT_BYTES = 4_000
# The nonce, the number, the status, two GUIDs, the spaces between them and the end of the line.
_LINE_BYTES = 96
_TOOL_LINE_BYTES = 40
_SAFE_ID = re.compile(r"[A-Za-z0-9/_.()-]*")


def shell_script(requests: Sequence[TokenRequest], resource: str, nonce: str, *, service: str = TOKEN_SERVICE) -> str:
    """Return the script for `sh`: POSIX, for curl, wget or python3, whichever is there."""
    return _filled(SHELL, requests, resource, nonce, service)


def powershell_script(
    requests: Sequence[TokenRequest], resource: str, nonce: str, *, service: str = TOKEN_SERVICE
) -> str:
    """Return the script for Windows PowerShell 5.1 and later."""
    return _filled(POWERSHELL, requests, resource, nonce, service)


def _filled(template: str, requests: Sequence[TokenRequest], resource: str, nonce: str, service: str) -> str:
    width = (_OUTPUT_BYTES - _TOOL_LINE_BYTES) // max(1, len(requests)) - _LINE_BYTES
    filled = template.replace("@NONCE@", nonce).replace("@WIDTH@", str(min(width, 300)))
    filled = filled.replace("@SECONDS@", str(RETRY_SECONDS))
    base = f"{service}{_PATH}&resource={quote(resource, safe='')}"
    return filled + "".join(_line(number, one, base) for number, one in enumerate(requests))


def _line(number: int, request: TokenRequest, base: str) -> str:
    # Both shells take this line as it is: neither text has a character that means anything between single quotes.
    expected = request.expected_resource_id if _SAFE_ID.fullmatch(request.expected_resource_id) else ""
    url = f"{base}&{request.selector}" if request.selector else base
    return f"Check {number} '{expected}' '{url}'\n"
