"""Desired-state files to plan and apply."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import Program, identity_id, vm_id

Description = Callable[[str], Path]
USER = "myUserAssignedIdentity"
OTHER = "otherIdentity"
WEB = f"version: 1\nrules:\n- vms: {{names: [webVM, my*]}}\n  identities: {{include: [{OTHER}]}}\n"
LOSING = "version: 1\nrules:\n- vms: {names: ['*']}\n  system: false\n  identities: {exactly: []}\n"


@pytest.fixture
def desired_file(program: Program) -> Description:
    """Write a desired-state file; returns its path."""

    def write(text: str) -> Path:
        file = program.folder / "identities.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def attach(program: Program, vm: str, identity: str) -> None:
    kind = "SystemAssigned, UserAssigned" if "System" in program.identity_of(vm)["type"] else "UserAssigned"
    body = {"identity": {"type": kind, "userAssignedIdentities": {identity_id(identity): {}}}}
    assert program.colleague("PATCH", vm_id(vm), body).status in (200, 202)
    program.time.now += 60
