"""Of a hundred VMs one in ten fails, each in a way of its own; the others are done, and the counts add up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.program import (
    Misbehaviour,
    Program,
    answering,
    answering_with,
    identity_id,
    losing_the_request,
    vm_id,
)

GROUP = "fleet"
NAMES = [f"fleet{number:03}" for number in range(100)]
UNLUCKY = NAMES[5::10]
VMS = "/providers/Microsoft.Compute/virtualMachines/"
FAILED_OPERATION = {
    "status": "Failed",
    "error": {"code": "VMExtensionProvisioningError", "message": "The extension did not come up."},
}
CANCELED_OPERATION = {"status": "Canceled"}


def operation_of(name: str, document: dict[str, Any]) -> Callable[[Program], None]:
    """Have the operation of a VM end like this."""

    def arrange(program: Program) -> None:
        def noting(_request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
            answer = onward()
            operation = answer.headers["Azure-AsyncOperation"].split("?")[0].rsplit("/", 1)[-1]
            program.when("GET", operation, answering_with(200, document), times=-1)
            return answer

        program.when("PATCH", f"{VMS}{name}", noting)

    return arrange


def patch_of(name: str, act: Misbehaviour) -> Callable[[Program], None]:
    """Have every write to a VM meet this."""
    return lambda program: program.when("PATCH", f"{VMS}{name}", act, times=-1)


def deleted(name: str) -> Callable[[Program], None]:
    """Have somebody delete the VM just before it is written to."""
    refusal = f"The Resource 'Microsoft.Compute/virtualMachines/{name}' under resource group '{GROUP}' was not found."

    def arrange(program: Program) -> None:
        program.when("PATCH", f"{VMS}{name}", answering(404, "ResourceNotFound", refusal), times=-1)
        program.when("GET", f"{VMS}{name}", answering(404, "ResourceNotFound", refusal), times=-1)

    return arrange


def with_dead_identity(name: str) -> Callable[[Program], None]:
    """Have an identity that is attached to the VM be gone."""

    def arrange(program: Program) -> None:
        program.sandbox.add_identity(GROUP, "short-lived")
        body = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity_id("short-lived", GROUP): {}}}}
        assert program.colleague("PATCH", vm_id(name, GROUP), body).status == 200
        program.time.sleep(60)
        assert program.colleague("DELETE", identity_id("short-lived", GROUP)).status == 200

    return arrange


def changed_for_ever(name: str) -> Callable[[Program], None]:
    """Have somebody else's change of the VM never end."""
    return lambda program: program.sandbox.add_operation(GROUP, name, seconds=100_000)


WAYS: tuple[tuple[Callable[[Program], None], str, str], ...] = (
    (deleted(UNLUCKY[0]), "ResourceNotFound", "was not found"),
    (patch_of(UNLUCKY[1], answering(409, "ScopeLocked", "The scope is locked.")), "ScopeLocked", "locked"),
    (
        patch_of(UNLUCKY[2], answering(403, "AuthorizationFailed", "You do not have permission to")),
        "AuthorizationFailed",
        "do not have permission",
    ),
    (with_dead_identity(UNLUCKY[3]), "FailedIdentityOperation", "short-lived"),
    (operation_of(UNLUCKY[4], FAILED_OPERATION), "VMExtensionProvisioningError", "did not come up"),
    (operation_of(UNLUCKY[5], CANCELED_OPERATION), "Canceled", "Canceled"),
    (changed_for_ever(UNLUCKY[6]), "conflict", "seconds; another operation has not completed."),
    (patch_of(UNLUCKY[7], answering(503, "ServerBusy", "Try later.")), "ServerBusy", "Try later."),
    (patch_of(UNLUCKY[8], losing_the_request), "unreachable", "No response"),
    (
        patch_of(UNLUCKY[9], answering(403, "RequestDisallowedByPolicy", "The policy 'no-identities' forbids it.")),
        "RequestDisallowedByPolicy",
        "no-identities",
    ),
)


UNKNOWN = {UNLUCKY[number] for number in (4, 5, 7, 8)}
"""Those whose writes may have been done all the same: the VM shows what its operation did not do, or no answer came."""


@pytest.fixture
def unlucky(program: Program) -> Program:
    program.sandbox.add_group(GROUP)
    for name in NAMES:
        program.sandbox.add_vm(GROUP, name)
    for arrange, _, _ in WAYS:
        arrange(program)
    return program


def test_each_that_fails_says_why_and_the_others_are_done(unlucky: Program) -> None:
    outcome = unlucky(f"enable-system --all -g {GROUP} --yes")

    assert outcome.code == 5
    by_name = {one["name"]: one for one in outcome.json}
    assert list(by_name) == NAMES
    for name, (_, code, reason) in zip(UNLUCKY, WAYS, strict=True):
        status = "unknown" if name in UNKNOWN else "failed"
        assert (by_name[name]["status"], by_name[name]["error"]["code"]) == (status, code)
        assert reason in by_name[name]["error"]["message"]
        assert by_name[name]["error"]["hint"]
        assert name in outcome.err
    lucky = [name for name in NAMES if name not in UNLUCKY]
    assert {by_name[name]["status"] for name in lucky} == {"changed"}
    unlucky.time.sleep(3600)
    assert {(unlucky.identity_of(name, GROUP) or {}).get("type") for name in lucky} == {"SystemAssigned"}


def test_the_summary_and_the_record_count_every_vm_once(unlucky: Program) -> None:
    outcome = unlucky(f"enable-system --all -g {GROUP} --yes -o human")

    assert outcome.out.splitlines()[-1] == "100 VMs: 90 changed, 6 failed, 4 unknown"
    recorded = json.loads(unlucky("runs show").out)
    assert sum(recorded["counts"].values()) == len(NAMES)
    stages = Counter(one["status"] for one in recorded["vms"])
    assert stages["done"] == 90
    assert stages == recorded["counts"]
