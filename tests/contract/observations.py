"""Observed changes of identities, derived from recordings of real traffic: facts, without the traffic.

    python -m tests.contract.observations

rewrites `observed_changes.json` where the recordings are beside the checkout. Each entry has what a VM or a scale set
had before, what a client sent, and what Azure answered at once and after the operation. Ids keep the spelling of their
fixed segments, and no subscription, group or GUID.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

RECORDINGS = Path(__file__).resolve().parents[2].parent / "shared" / "azure-recordings"
OBSERVED = Path(__file__).with_name("observed_changes.json")
# These recorders keep Retry-After; that of the Azure CLI drops it, so its absence there proves nothing.
_KEEPS_RETRY_AFTER = ("vm-identities-java-2024-excerpt.json", "vm-update-2025-excerpt.json")
_RESOURCE = re.compile(r"/(virtualmachines|virtualmachinescalesets)/[^/]+$")
_ID = re.compile(r"^(/\w+/)[^/]+(/\w+/)[^/]+(/.*)$")

Observation = dict[str, Any]


def derived() -> list[Observation]:
    """Read all recordings."""
    found = []
    for file in sorted(RECORDINGS.glob("vm*.json")):
        found += _of_file(file.name, json.loads(file.read_text(encoding="utf-8")))
    return found


def _of_file(name: str, exchanges: list[dict[str, Any]]) -> list[Observation]:
    found = []
    seen: dict[str, dict[str, Any]] = {}
    for at, exchange in enumerate(exchanges):
        request, response = exchange["request"], exchange["response"]
        url = urlsplit(request["url"])
        path = url.path.lower()
        body = response["body"]
        if not _RESOURCE.search(path) or not isinstance(body, dict):
            continue
        sent = request.get("body")
        identity = sent.get("identity") if isinstance(sent, dict) else None
        if request["method"] == "PATCH" and isinstance(identity, dict) and path in seen:
            found.append(_observation(name, exchanges, at, seen[path], parse_qs(url.query)["api-version"][0]))
        seen[path] = response
    return found


def _observation(
    name: str, exchanges: list[dict[str, Any]], at: int, before: dict[str, Any], version: str
) -> Observation:
    exchange = exchanges[at]
    path = urlsplit(exchange["request"]["url"]).path.lower()
    headers = {key.lower(): value for key, value in exchange["response"]["headers"].items()}
    answer = exchange["response"]["body"]
    observation = {
        "source": f"{name.removesuffix('.json')}#{at}",
        "resource": "vmss" if "/virtualmachinescalesets/" in path else "vm",
        "apiVersion": version,
        "before": identity_in(before["body"]),
        "request": _sent(exchange["request"]["body"]["identity"]),
        "status": exchange["response"]["status"],
        "state": answer["properties"]["provisioningState"],
        "answer": identity_in(answer),
        "etagStep": _step(before, exchange["response"]),
        "headers": sorted(key for key in ("azure-asyncoperation", "azure-asyncnotification", "etag") if key in headers),
        "after": _after(exchanges[at + 1 :], path),
    }
    if name in _KEEPS_RETRY_AFTER:
        observation["retryAfter"] = headers.get("retry-after")
    return observation


def identity_in(body: dict[str, Any]) -> dict[str, Any]:
    """Return the identity of an answer: its type, whether it has a principal, and each id with whether it is filled."""
    identity = body.get("identity") or {"type": "None"}
    users = identity.get("userAssignedIdentities") or {}
    return {
        "type": identity["type"],
        "principal": "principalId" in identity,
        "users": {shortened(text): bool(members) for text, members in users.items()},
    }


def shortened(text: str) -> str:
    """Return an id without its subscription and group; its fixed segments keep their spelling."""
    return _ID.sub(r"\g<1>S\g<2>G\g<3>", text)


def _sent(identity: dict[str, Any]) -> dict[str, Any]:
    users = identity.get("userAssignedIdentities")
    if not isinstance(users, dict):
        return identity
    return {**identity, "userAssignedIdentities": {shortened(text): value for text, value in users.items()}}


def _after(later: list[dict[str, Any]], path: str) -> dict[str, Any] | None:
    for exchange in later:
        body = exchange["response"]["body"]
        if urlsplit(exchange["request"]["url"]).path.lower() != path:
            continue
        if exchange["request"]["method"] != "GET":
            return None
        if body["properties"]["provisioningState"] == "Succeeded":
            return identity_in(body)
    return None


def _step(before: dict[str, Any], after: dict[str, Any]) -> int | None:
    numbers = [_number(one) for one in (before, after)]
    return None if None in numbers else int(numbers[1] or 0) - int(numbers[0] or 0)


def _number(response: dict[str, Any]) -> int | None:
    headers = {key.lower(): value for key, value in response["headers"].items()}
    text = str(headers.get("etag") or response["body"].get("etag") or "").strip('"')
    return int(text) if text.isdecimal() else None


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(one) for one in derived())
    OBSERVED.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
