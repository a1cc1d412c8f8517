"""What a VM shows of a write whose answer does not say how it ended; the rules are named O1 to O5 above the code."""

from __future__ import annotations

import pytest

from vmident.core.identity import IdentityState
from vmident.core.resource_id import vm_id
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.write_outcome import SentWrite, Shown, shown_by

VM = vm_id("0b1f6471-1bf0-4dda-aec3-cb9272f09590", "group", "vm")
NONE, SYSTEM = IdentityState(), IdentityState.of(system=True)


def a_vm(identity: IdentityState = NONE, etag: str | None = "1", state: str = "Succeeded") -> VirtualMachine:
    return VirtualMachine(VM, "westus", identity, etag, state)


@pytest.mark.parametrize(
    ("rule", "now", "sent", "has_target", "shown"),
    [
        ("O1", a_vm(SYSTEM, "2", "Updating"), SentWrite(NONE, "1"), True, Shown.RUNNING),
        ("O1", a_vm(NONE, "1", "Updating"), SentWrite(NONE, "1"), False, Shown.RUNNING),
        ("O2", a_vm(SYSTEM, "2"), SentWrite(NONE, "1"), True, Shown.DONE),
        ("O2", a_vm(SYSTEM, "9"), SentWrite(NONE, "1", is_accepted=True), True, Shown.DONE),
        ("O2", a_vm(SYSTEM, "2", "Failed"), SentWrite(NONE, "1"), True, Shown.DONE),
        ("O3", a_vm(NONE, "1"), SentWrite(NONE, "1"), False, Shown.NEVER_ARRIVED),
        ("O4", a_vm(NONE, "2"), SentWrite(NONE, "1"), False, Shown.OVERTAKEN),
        ("O5", a_vm(NONE, None), SentWrite(NONE, None), False, Shown.NEVER_ARRIVED),
        ("O5", a_vm(NONE, "2"), SentWrite(NONE, None), False, Shown.NEVER_ARRIVED),
        ("O5", a_vm(SYSTEM, None), SentWrite(NONE, None), False, Shown.OVERTAKEN),
        ("O5", a_vm(NONE, "1"), SentWrite(NONE, "1", is_accepted=True), False, Shown.OVERTAKEN),
    ],
)
def test_the_vm_is_the_only_witness(
    rule: str, now: VirtualMachine, sent: SentWrite, has_target: bool, shown: Shown
) -> None:
    assert shown_by(now, sent, has_target=has_target) is shown, rule
