"""Apply a plan: change each VM that is pending, and grant the roles that go with it in the same job."""

from __future__ import annotations

from msgspec.structs import replace

from vmident.core.desired_state.plan import Plan, PlannedVm
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult, RoleStatus, planned_roles
from vmident.usecases.change.change_vms import ExecutionOptions, change_each
from vmident.usecases.change.prepare import ChangeRequest
from vmident.usecases.change.prepare_all import Task
from vmident.usecases.roles.grant import check_may


def apply_plan(
    plan: Plan, ports: Ports, execution: ExecutionOptions, *, exactly: bool, remove_roles: bool = False
) -> tuple[ChangeResult, ...]:
    """Apply every pending change of `plan`; one result per VM, sorted by id.

    With `exactly`, a VM that has other identities than the plan saw fails with `StateDrifted`; otherwise it gets
    what the rules say. Raises as `change_each` does, and `NotAllowed`, with nothing written, where roles
    clearly may not be granted.
    """
    check_may([role for one in plan.pending for role in planned_roles(one)], ports)
    tasks = [
        Task(str(one.vm), _change_request(one, exactly=exactly, remove_roles=remove_roles)) for one in plan.pending
    ]
    return change_each(tasks, ports, execution)


def _change_request(planned: PlannedVm, *, exactly: bool, remove_roles: bool) -> ChangeRequest:
    # What the plan saw of principals and assignments is looked up again when the VM is read.
    roles = [replace(one, principal_id=None, status=RoleStatus.PLANNED) for one in planned_roles(planned)]
    return ChangeRequest(
        lambda _ids: planned.change,
        remove_roles=remove_roles,
        assignments=tuple(roles),
        expected=planned.before if exactly else None,
    )
