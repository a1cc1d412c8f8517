from __future__ import annotations

import pytest

from tests.core.worlds import STATES, THREE
from vmident.core.consequences import default_identity
from vmident.core.diagnosis import (
    Finding,
    Verdict,
    on_attachments,
    on_clock,
    on_default,
    on_failure,
    on_network,
    on_permission,
    on_provider,
    on_state,
    on_subscription,
)
from vmident.core.identity import IdentityState
from vmident.core.rbac.permissions import VM_WRITE, Permission
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import vm_id
from vmident.core.virtual_machine import Machine

VM = vm_id("s", "g", "myVM")


def machine(provisioning_state: str = "Succeeded") -> Machine:
    return Machine(VM, "westus", IdentityState(), provisioning_state=provisioning_state)


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (on_subscription("mine", "s", "Enabled"), Verdict.OK),
        (on_subscription("mine", "s", "Warned"), Verdict.PROBLEM),
        (on_clock(300), Verdict.OK),
        (on_clock(-300), Verdict.OK),
        (on_clock(301), Verdict.PROBLEM),
        (on_clock(-301), Verdict.PROBLEM),
        (on_clock(None), Verdict.SKIPPED),
        (on_network("without a proxy", None), Verdict.OK),
        (on_network("without a proxy", "/no/such/file"), Verdict.WARNING),
        (on_provider("Microsoft.Compute", "registered"), Verdict.OK),
        (on_provider("Microsoft.Compute", "NotRegistered"), Verdict.PROBLEM),
        (on_state(machine(), "running"), Verdict.OK),
        (on_state(machine(), None), Verdict.OK),
        (on_state(machine(), "deallocated"), Verdict.WARNING),
        (on_state(machine("Failed"), "running"), Verdict.WARNING),
        (on_permission(VM_WRITE, "change it", Scope(str(VM)), [Permission(("*",))], None), Verdict.OK),
        (on_permission(VM_WRITE, "change it", Scope(str(VM)), [Permission(("*/read",))], None), Verdict.PROBLEM),
        (on_failure("vm", "Gone.", None), Verdict.PROBLEM),
    ],
)
def test_each_thing_seen_has_its_verdict(finding: Finding, verdict: Verdict) -> None:
    assert finding.verdict is verdict
    assert finding.is_amiss is (verdict in (Verdict.WARNING, Verdict.PROBLEM))
    assert finding.check == "vm" or finding.hint or not finding.is_amiss


def test_every_attachment_that_is_dead_or_another_is_named_with_its_way_out() -> None:
    gone, another = THREE[:2]
    found = on_attachments(VM, [gone], [another], 3)
    assert [one.verdict for one in found] == [Verdict.PROBLEM] * 2
    for finding, identity in zip(found, (gone, another), strict=True):
        assert str(identity) in finding.message
        assert f"vmident remove-user {VM} --identity {identity}" in str(finding.hint)


@pytest.mark.parametrize("count", [0, 2])
def test_attachments_that_are_all_there_are_well(count: int) -> None:
    assert [one.verdict for one in on_attachments(VM, [], [], count)] == [Verdict.OK]


@pytest.mark.parametrize("state", STATES)
def test_a_vm_is_warned_of_where_the_token_service_has_no_answer_for_it(state: IdentityState) -> None:
    expected = Verdict.WARNING if default_identity(state).is_ambiguous else Verdict.OK
    assert on_default(state).verdict is expected
