from __future__ import annotations

import pytest

from tests.core.worlds import STATES, THREE
from vmident.core.consequences import default_identity
from vmident.core.dependents import Dependent, Needs
from vmident.core.diagnosis import (
    Check,
    CheckStatus,
    on_agent,
    on_attachments,
    on_clock,
    on_default,
    on_dependents,
    on_failure,
    on_network,
    on_permission,
    on_provider,
    on_state,
    on_subscription,
)
from vmident.core.identity import IdentityState
from vmident.core.rbac.permissions import Permission
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId, user_identity_id, vm_id
from vmident.core.verification.host import Agent, Host
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import VmKind

VM = vm_id("s", "g", "myVM")
IDENTITY = user_identity_id("s", "g", "agent-identity")
VM_WRITE = "Microsoft.Compute/virtualMachines/write"


def machine(provisioning_state: str = "Succeeded") -> VirtualMachine:
    return VirtualMachine(VM, "westus", IdentityState(), provisioning_state=provisioning_state)


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (on_subscription("mine", "s", "Enabled"), CheckStatus.OK),
        (on_subscription("mine", "s", "Warned"), CheckStatus.PROBLEM),
        (on_clock(300), CheckStatus.OK),
        (on_clock(-300), CheckStatus.OK),
        (on_clock(301), CheckStatus.PROBLEM),
        (on_clock(-301), CheckStatus.PROBLEM),
        (on_clock(None), CheckStatus.SKIPPED),
        (on_network("without a proxy", None), CheckStatus.OK),
        (on_network("without a proxy", ("REQUESTS_CA_BUNDLE", "/no/such/file")), CheckStatus.WARNING),
        (on_provider("Microsoft.Compute", "registered"), CheckStatus.OK),
        (on_provider("Microsoft.Compute", "NotRegistered"), CheckStatus.PROBLEM),
        (on_state(machine(), "running"), CheckStatus.OK),
        (on_state(machine(), None), CheckStatus.OK),
        (on_state(machine(), "deallocated"), CheckStatus.WARNING),
        (on_state(machine("Failed"), "running"), CheckStatus.WARNING),
        (on_permission(VM_WRITE, "change it", Scope(str(VM)), [Permission(("*",))], None), CheckStatus.OK),
        (on_permission(VM_WRITE, "change it", Scope(str(VM)), [Permission(("*/read",))], None), CheckStatus.PROBLEM),
        (on_failure("vm", "Gone.", None), CheckStatus.PROBLEM),
    ],
)
def test_each_thing_seen_has_its_verdict(finding: Check, verdict: CheckStatus) -> None:
    assert finding.verdict is verdict
    assert finding.has_failed is (verdict in (CheckStatus.WARNING, CheckStatus.PROBLEM))
    assert finding.check == "vm" or finding.hint or not finding.has_failed


def test_every_attachment_that_is_dead_or_another_is_named_with_its_way_out() -> None:
    gone, another = THREE[:2]
    found = on_attachments(VM, [gone], [another], 3)
    assert [one.verdict for one in found] == [CheckStatus.PROBLEM] * 2
    ways_out = (f"vmident doctor {VM} --fix", f"vmident remove-user {VM} --identity {another}")
    for finding, identity, remediation in zip(found, (gone, another), ways_out, strict=True):
        assert str(identity) in finding.message
        assert remediation in str(finding.hint)


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "No user-assigned identity is attached."),
        (1, "The attached identity exists."),
        (2, "All attached identities exist."),
    ],
)
def test_attachments_that_are_all_there_are_well(count: int, message: str) -> None:
    (found,) = on_attachments(VM, [], [], count)
    assert (found.verdict, found.message) == (CheckStatus.OK, message)


@pytest.mark.parametrize(("ahead", "words"), [(1.4, "matches"), (-0.4, "matches"), (-2.0, "is 2 s behind")])
def test_a_clock_that_differs_by_less_than_the_answer_tells_matches(ahead: float, words: str) -> None:
    assert on_clock(ahead).message == f"This machine's clock {words} Azure's."


@pytest.mark.parametrize("state", STATES)
def test_a_vm_is_warned_of_where_the_token_service_has_no_answer_for_it(state: IdentityState) -> None:
    expected = CheckStatus.WARNING if default_identity(state).is_ambiguous else CheckStatus.OK
    found = on_default(VM, state)
    assert found.verdict is expected
    assert found.hint is None or found.hint.endswith(f"vmident enable-system {VM}")


def test_a_default_identity_that_no_longer_exists_gives_no_tokens() -> None:
    gone = THREE[0]
    alone, beside = IdentityState.of(users=[gone]), IdentityState.of(users=[gone], system=True)
    assert on_default(VM, alone, [gone]).verdict is CheckStatus.PROBLEM
    assert f"vmident doctor {VM} --fix" in str(on_default(VM, alone, [gone]).hint)
    warned = on_default(VM, alone, remade=[gone])
    assert (warned.verdict, warned.hint) == (CheckStatus.WARNING, f"To check: vmident verify {VM}")
    assert on_default(VM, beside, remade=[gone], is_running=False).message == (
        "When the VM runs, programs that do not specify an identity get tokens for the system-assigned identity."
    )
    assert [on_default(VM, *one).verdict for one in ((alone, []), (beside, [gone]))] == [CheckStatus.OK] * 2


@pytest.mark.parametrize(
    ("agent", "power", "verdict"),
    [
        (Agent.READY, "running", CheckStatus.OK),
        (Agent.NOT_READY, "running", CheckStatus.WARNING),
        (Agent.MISSING, "Running", CheckStatus.WARNING),
        (Agent.MISSING, "deallocated", CheckStatus.SKIPPED),
        (Agent.MISSING, None, CheckStatus.SKIPPED),
        (Agent.UNKNOWN, "running", CheckStatus.SKIPPED),
    ],
)
def test_an_agent_that_does_not_report_in_a_vm_that_runs_is_a_finding(
    agent: Agent, power: str | None, verdict: CheckStatus
) -> None:
    assert [one.verdict for one in on_agent(Host(machine(), power=power, agent=agent))] == [verdict]


@pytest.mark.parametrize(
    ("needs", "verdict", "hint"),
    [
        (Needs.SYSTEM, CheckStatus.OK, ""),
        (Needs.DEFAULT, CheckStatus.OK, ""),
        (IDENTITY, CheckStatus.WARNING, "vmident add-user"),
        ("client-id", CheckStatus.WARNING, ""),
    ],
)
def test_a_dependent_without_the_identity_that_it_uses_is_a_finding(
    needs: Needs | ResourceId | str, verdict: CheckStatus, hint: str
) -> None:
    vm = VirtualMachine(VM, "westus", IdentityState.of(system=True), dependents=(Dependent("code", "Agent", needs),))

    (found,) = on_dependents(vm)

    assert found.verdict is verdict
    assert hint in (found.hint or "")


def test_a_dependent_that_needs_the_system_assigned_identity_is_told_how_to_get_it() -> None:
    vm = VirtualMachine(VM, "westus", IdentityState(), dependents=(Dependent("code", "Agent", Needs.SYSTEM),))

    (found,) = on_dependents(vm)

    assert "vmident enable-system" in str(found.hint)


def test_a_scale_set_is_called_one() -> None:
    scale_set = VmKind.SCALE_SET.id_of("s", "g", "web")

    assert on_state(VirtualMachine(scale_set, "westus", IdentityState()), None).message == "Scale set 'web' exists."
    assert "The scale set has no identity" in on_default(scale_set, IdentityState()).message
