"""What tests of `vm create` share: a person with SSH keys, and looks at what was sent and at what Azure holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.program import GROUP, Program
from vmident.sandbox.sandbox import SUBSCRIPTION

IN_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
NETWORK = f"{IN_GROUP}/providers/Microsoft.Network"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDDnpkccBNNUHpUn0wQLyLjxx2XqqQeglLFIJ2vRzjWf somebody@somewhere"
PASSWORD = "Correct-horse-7"
CREATE = f"vm create newVM -g {GROUP} --image Ubuntu2204"
NETWORK_VERSION = "2024-05-01"
# A size that Azure offers nowhere, which it says at once, and one that it has no room for, found out on the way.
NEVER_OFFERED, NEVER_ROOM = "--size Standard_NC6", "--size Standard_NC24"


def give_key(program: Program) -> Path:
    """Write a public key to the usual place; returns the folder."""
    folder = program.folder / "home" / ".ssh"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "id_rsa.pub").write_text(f"{KEY}\n", encoding="utf-8")
    return folder


def deployments_sent(program: Program) -> list[Any]:
    """The PUTs of deployments that the last command sent."""
    return [one for one in program.sent if one.method == "PUT" and "/deployments/" in one.path]


def resources_sent(program: Program) -> dict[str, Any]:
    """The resources of the deployment that the last command sent, by type."""
    resources = deployments_sent(program)[-1].body["properties"]["template"]["resources"]
    return {one["type"].rsplit("/", 1)[-1]: one for one in resources}


def held(program: Program, path: str, version: str = NETWORK_VERSION) -> Any:
    """What Azure holds of a resource; `None` where it is not there."""
    answer = program.colleague("GET", path, version=version)
    return answer.json() if answer.status == 200 else None


def writes(program: Program) -> list[str]:
    return [f"{one.method} {one.path}" for one in program.sent if one.method in {"PUT", "PATCH", "DELETE"}]
