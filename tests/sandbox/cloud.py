"""A sandbox on a virtual clock, and the shortest way to send it a request."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from vmident.sandbox.http_messages import Request, Response
from vmident.sandbox.sandbox import ENDPOINT, SUBSCRIPTION, TOKEN, Sandbox

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "myResourceGroup"
IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}"
VMS = f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachines"
IDENTITIES = f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
COMPUTE = "2024-07-01"
MSI = "2023-01-31"
RESOURCES = "2021-04-01"

MINE = f"{IDENTITIES}/myUserAssignedIdentity"
OTHER = f"{IDENTITIES}/otherIdentity"
BOTH = "SystemAssigned, UserAssigned"


class Cloud:
    """A sandbox in `folder`; `now` moves only when a test moves it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.now = 1_600_000_000.0
        self._numbers = itertools.count(1)
        settings = {"with_examples": False, **settings}
        self.sandbox = Sandbox(folder, now=lambda: self.now, new_uuid=self._uuid, **settings)

    def _uuid(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._numbers):012x}"

    def send(self, method: str, url: str, body: Any = None, **headers: str) -> Response:
        """Send a request with a token; `body` goes as JSON, bytes as they are; `if_match` becomes `if-match`."""
        sent = {"authorization": f"Bearer {TOKEN}"}
        if body is not None:
            sent["content-type"] = "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.sandbox.answer(Request(method, url if "://" in url else ENDPOINT + url, sent, raw))

    def vm(self, name: str, version: str = COMPUTE) -> dict[str, Any]:
        answer = self.send("GET", f"{VMS}/{name}?api-version={version}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json()
        return found

    def patch(self, name: str, body: Any, version: str = COMPUTE, **headers: str) -> Response:
        return self.send("PATCH", f"{VMS}/{name}?api-version={version}", body, **headers)

    def identify(self, name: str, identity_type: str, **named: Any) -> Response:
        """Send a PATCH of `identity`; `named={ID: {} or None}`."""
        return self.patch(name, {"identity": {"type": identity_type, **_members(named)}})

    def make_vm(self, name: str, properties: Any, **members: Any) -> Response:
        """PUT a VM in westus."""
        body = {"location": "westus", "properties": properties, **members}
        return self.send("PUT", f"{VMS}/{name}?api-version={COMPUTE}", body)

    def finish(self) -> None:
        """Complete every running operation."""
        self.now += 60

    def delete_identity(self, identity_id: str) -> Response:
        return self.send("DELETE", f"{identity_id}?api-version={MSI}")

    def create_identity_resource(self, identity_id: str) -> Response:
        return self.send("PUT", f"{identity_id}?api-version={MSI}", {"location": "westus"})


def _members(named: dict[str, Any]) -> dict[str, Any]:
    return {"userAssignedIdentities": named["named"]} if "named" in named else {}


def code_of(answer: Response) -> tuple[int, str]:
    """Return an answer's status and error code."""
    return answer.status, answer.json()["error"]["code"]


def message_of(answer: Response) -> str:
    message: str = answer.json()["error"]["message"]
    return message


def ids_of(vm: dict[str, Any]) -> list[str]:
    return list(vm.get("identity", {}).get("userAssignedIdentities", {}))


ROLES = "2022-04-01"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
VM_CONTRIBUTOR = "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"


def assignment_url(scope: str, number: int = 1, version: str = ROLES) -> str:
    """Return the URL of an assignment whose name is made of a number."""
    return f"{assignment_id(scope, number)}?api-version={version}"


def assignment_id(scope: str, number: int = 1) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-9000-{number:012x}"


def role_id(name: str) -> str:
    return f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{name}"


def role_body(principal_id: str, role: str = READER, **more: Any) -> dict[str, Any]:
    """Ask for a role for a principal, as templates and SDKs do."""
    return {"properties": {"roleDefinitionId": role_id(role), "principalId": principal_id, **more}}
