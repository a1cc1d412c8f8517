"""What applying an exported configuration changes on VMs, for the warnings of a plan."""

from __future__ import annotations

from collections.abc import Iterable

from vmident.core.desired_state.plan import PlannedVm, planned_vm
from vmident.core.export.managed_resources import SelectedMachine
from vmident.core.transition import SetIdentities


def changes_by_terraform(selected: Iterable[SelectedMachine]) -> tuple[PlannedVm, ...]:
    """Return the change of each VM, without what Terraform cannot express (Z1 and Z3 of `terraform.machines`)."""
    return tuple(
        planned_vm(one.machine.id, one.machine.identity, _expressible(one.goal), one.machine.dependents)
        for one in selected
    )


def _expressible(goal: SetIdentities) -> SetIdentities:
    if goal.exactly == frozenset():
        return SetIdentities(goal.system, exactly=frozenset())
    return SetIdentities(goal.system, goal.include | (goal.exactly or frozenset()))
