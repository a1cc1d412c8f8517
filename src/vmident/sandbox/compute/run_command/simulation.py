"""What a script would have printed inside a VM with these identities: pure. No script is ever run.

1. A line that echoes plain text prints it; `$1`, `$2` and `$name` in it are the script's parameters.
2. A line that asks the instance metadata service for a token prints what the service of that VM would answer: for the
   identity that `client_id`, `object_id` or `msi_res_id` names, else for the default one (wire facts).
3. The script of `vmident verify` prints what it would print in a VM: see `verify_script`.
4. Every other line prints nothing, and the error stream says that the sandbox runs no scripts.

A token is worth nothing: its payload names the principal as Azure's tokens do (`oid`, `appid`, `xms_mirid`), and it has
no signature.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from vmident.sandbox.compute.run_command.verify_script import output_of_verification

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOTE = "The vmident sandbox does not run scripts. It simulates echo and token requests.\n"
_ECHO = re.compile(r"\s*(?:echo|Write-Output|Write-Host)\s+(?P<text>[^|;&`]*)", re.IGNORECASE)
_TOKEN_URL = re.compile(r"http://169\.254\.169\.254/metadata/identity/oauth2/token\?[^\s'\"`]+", re.IGNORECASE)
_SELECTORS = ("client_id", "object_id", "msi_res_id")
TOKEN_SECONDS = 86_400
"""How long a token is valid, and cached by the service ('Managed identities frequently asked questions')."""
_LAST_BYTES = 4096
_MULTIPLE = (
    "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token "
    "request"
)


@dataclass(frozen=True)
class Issuable:
    """An identity that the service gives tokens for; `resource_id` is empty for the system-assigned one."""

    principal_id: str
    client_id: str
    resource_id: str


@dataclass(frozen=True)
class Guest:
    """What the service knows: the VM's own id, its identities, and how many user-assigned ones are attached.

    One that was deleted since counts among those, though there may be no tokens for it.
    """

    vm_id: str
    tenant: str
    system: Issuable | None
    users: tuple[Issuable, ...]
    attached_count: int
    now_seconds: float


def output_of(script: Sequence[str], parameters: Mapping[str, str], guest: Guest) -> str:
    """Return what the script prints on its output."""
    verification = output_of_verification(script, lambda url: answer_of(url, guest))
    if verification is not None:
        return verification
    printed = []
    for line in script:
        filled = _filled(line, parameters)
        urls = _TOKEN_URL.findall(filled)
        echoed = _ECHO.fullmatch(filled)
        if urls:
            printed += [json.dumps(answer_of(url, guest)) for url in urls]
        elif echoed and "$(" not in filled:
            printed.append(echoed["text"].strip().strip("\"'"))
    return "".join(f"{line}\n" for line in printed)


def end_of(printed: str) -> str:
    """Return the last 4,096 bytes of what a script printed, which is all that Azure keeps (wire facts)."""
    return printed.encode()[-_LAST_BYTES:].decode(errors="ignore")


def answer_of(url: str, guest: Guest) -> dict[str, str]:
    """Return the body that the metadata service answers a request for a token with."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    if "resource" not in query:
        return {"error": "invalid_request", "error_description": "Required query variable 'resource' is missing"}
    chosen = _chosen(query, guest)
    if isinstance(chosen, str):
        return {"error": "invalid_request", "error_description": chosen}
    expires = int(guest.now_seconds) + TOKEN_SECONDS
    return {
        "access_token": _token(chosen, query["resource"], guest, expires),
        "client_id": chosen.client_id,
        "expires_in": str(TOKEN_SECONDS),
        "expires_on": str(expires),
        "not_before": str(int(guest.now_seconds)),
        "resource": query["resource"],
        "token_type": "Bearer",
    }


def _chosen(query: Mapping[str, str], guest: Guest) -> Issuable | str:
    named = next((name for name in _SELECTORS if name in query), None)
    if named is None:
        if guest.system:
            return guest.system
        if guest.attached_count > 1:
            return _MULTIPLE
        return guest.users[0] if guest.users else "Identity not found"
    wanted = query[named].lower()
    issuable: tuple[Issuable, ...] = (*((guest.system,) if guest.system else ()), *guest.users)
    for one in issuable:
        values = {"client_id": one.client_id, "object_id": one.principal_id, "msi_res_id": one.resource_id}
        if values[named].lower() == wanted:
            return one
    return "Identity not found"


def _token(one: Issuable, resource: str, guest: Guest, expires: int) -> str:
    payload = {
        "aud": resource,
        "iss": f"https://sts.windows.net/{guest.tenant}/",
        "iat": int(guest.now_seconds),
        "exp": expires,
        "appid": one.client_id,
        "oid": one.principal_id,
        "sub": one.principal_id,
        "tid": guest.tenant,
        "xms_mirid": one.resource_id or guest.vm_id,
    }
    parts = ({"typ": "JWT", "alg": "none"}, payload)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "sandbox"])


def _filled(line: str, parameters: Mapping[str, str]) -> str:
    """Fill in parameters by position and by name, the longest names first."""
    names = {**{str(at): value for at, value in enumerate(parameters.values(), 1)}, **parameters}
    for name in sorted(names, key=len, reverse=True):
        line = line.replace(f"${{{name}}}", names[name]).replace(f"${name}", names[name])
    return line
