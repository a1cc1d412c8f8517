"""Why no script runs in a VM: by its instance view, and by what Azure says."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from vmident.core.identity import IdentityState
from vmident.core.resource_id import vm_id
from vmident.core.verification.host import Agent, Host, explained, is_busy, reason_not_to_verify
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import VmKind
from vmident.errors import Conflict, OperationFailed, VmidentError

MACHINE = VirtualMachine(vm_id("s", "g", "web"), "westus", IdentityState())
BUSY = Conflict(
    "Run command extension execution is in progress. Please wait for completion before invoking a run command."
)
DISALLOWED = Conflict(
    "This operation cannot be performed when extension operations are disallowed. To allow, please ensure VM Agent is "
    "installed on the VM and the osProfile.allowExtensionOperations property is true."
)


@pytest.mark.parametrize(
    ("power", "agent", "code"),
    [
        ("running", Agent.READY, None),
        ("Running", Agent.UNKNOWN, None),
        (None, Agent.UNKNOWN, None),
        ("deallocated", Agent.MISSING, "vm-not-running"),
        ("starting", Agent.READY, "vm-not-running"),
        ("running", Agent.MISSING, "agent-missing"),
        ("running", Agent.NOT_READY, "agent-missing"),
    ],
)
def test_the_instance_view_tells_whether_a_script_may_run(power: str | None, agent: Agent, code: str | None) -> None:
    reason = reason_not_to_verify(Host(MACHINE, power=power, agent=agent))
    assert (reason.code if reason else None) == code


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Conflict("The operation requires the VM to be running (or set to run)."), "vm-not-running"),
        (DISALLOWED, "agent-missing"),
        (OperationFailed("VM 'web' has not reported status for VM agent or extensions."), "agent-missing"),
        (BUSY, "conflict"),
        (OperationFailed("Something else."), "operation-failed"),
    ],
)
def test_azures_refusals_are_explained_as_what_they_say_about_the_vm(failure: VmidentError, code: str) -> None:
    assert explained(failure, Host(MACHINE)).code == code
    assert is_busy(failure) == (failure is BUSY)


def test_a_scale_set_runs_scripts_in_its_instances_alone() -> None:
    scale_set = VirtualMachine(VmKind.SCALE_SET.id_of("s", "g", "web"), "westus", IdentityState())
    flexible, empty = Host(replace(scale_set, is_flexible=True)), Host(scale_set)
    stopped = Host(scale_set, instance="3", power="deallocated")
    reasons = [reason_not_to_verify(host) for host in (flexible, empty, stopped)]
    assert [reason.code for reason in reasons if reason] == ["no-instance", "no-instance", "vm-not-running"]
    assert [reason.message for reason in reasons if reason] == [
        "The instances of scale set 'web' are VMs, because it uses Flexible orchestration mode.",
        "Scale set 'web' has no instances.",
        "Instance 3 of scale set 'web' is deallocated.",
    ]
    assert reasons[-1]
    assert reasons[-1].hint == "Start it: az vmss start --subscription s -g g -n web --instance-ids 3"
