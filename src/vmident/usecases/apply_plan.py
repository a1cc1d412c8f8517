"""Carry out a plan: the VMs that are not yet as described, each by its own change, then the roles that go with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from vmident.core.plan import Plan, PlannedVm
from vmident.core.roles import Grant
from vmident.errors import OperationFailed, StoppedEarly, VmidentError
from vmident.results import ChangeResult, RoleResult, RoleStatus, Status, planned_roles
from vmident.usecases.change_vms import Manner, change_each
from vmident.usecases.grant_roles import Settling, check_may, grant
from vmident.usecases.plan_described_roles import principal_of
from vmident.usecases.prepare_change import Wish, World
from vmident.usecases.ready_vms import Task


def apply_plan(
    plan: Plan, world: World, manner: Manner, *, exactly: bool, remove_roles: bool = False
) -> tuple[ChangeResult, ...]:
    """Make every pending change of `plan`; one result a VM, sorted by id.

    With `exactly`, a VM that has other identities than the plan saw fails with `MovedOn`; else it is taken to what the
    rules say, whatever it has by now. Roles are granted when all VMs are changed. Raises as `change_each` does, and
    `NotAllowed`, with nothing written, where roles clearly may not be granted.
    """
    check_may([role for one in plan.pending for role in planned_roles(one)], world.roles)
    tasks = [
        Task(
            str(one.vm),
            Wish(
                lambda _ids, change=one.change: change,  # type: ignore[misc]
                remove_roles=remove_roles,
                expected=one.before if exactly else None,
            ),
        )
        for one in plan.pending
    ]
    results = change_each(tasks, world, manner)
    return _with_roles(results, plan.pending, world, manner, are_looked_up=exactly)


def _with_roles(
    results: Sequence[ChangeResult],
    pending: Sequence[PlannedVm],
    world: World,
    manner: Manner,
    *,
    are_looked_up: bool,
) -> tuple[ChangeResult, ...]:
    """Grant what goes with each VM; the end of the time allowed, an interruption, too many failures leave the others.

    A run that has stopped before grants nothing to VMs whose identities it had not to change: they are skipped. What a
    plan of an earlier day found there is looked up again.
    """
    done: list[ChangeResult] = []
    stopped: VmidentError | None = None
    has_stopped = any(result.status is Status.SKIPPED for result in results)
    failed = sum(result.error is not None for result in results)
    for result, planned in zip(results, pending, strict=True):
        if not planned.grants:
            done.append(result)
        elif manner.dry_run:
            done.append(_previewed(result, planned))
        elif has_stopped and result.status is Status.UNCHANGED and any(not one.is_there for one in planned.grants):
            done.append(ChangeResult(result.vm, Status.SKIPPED, result.id, before=result.before))
        else:
            granted, failure = _granted(result, planned, world, stopped, are_looked_up=are_looked_up)
            done.append(granted)
            stopped = failure if failure and failure.ends_run else stopped
            if failure and not stopped:
                failed += 1
                reason = manner.policy.reason_to_stop(failed, len(results))
                stopped = StoppedEarly(reason) if reason else None
    return tuple(done)


def _previewed(result: ChangeResult, planned: PlannedVm) -> ChangeResult:
    if result.status not in {Status.PLANNED, Status.UNCHANGED}:
        return result
    is_due = any(not one.is_there for one in planned.grants)
    status = Status.PLANNED if is_due else result.status
    return replace(result, status=status, roles=(*result.roles, *planned_roles(planned)))


def _granted(
    result: ChangeResult,
    planned: PlannedVm,
    world: World,
    stopped: VmidentError | None,
    *,
    are_looked_up: bool,
) -> tuple[ChangeResult, VmidentError | None]:
    if result.status not in {Status.CHANGED, Status.UNCHANGED} or result.after is None:
        return result, None
    settling = Settling(failure=stopped)
    for one in planned.grants:
        principal_id = principal_of(one.receiver, result.after)
        is_there = one.is_there and principal_id == one.principal_id
        status = RoleStatus.EXISTING if is_there else RoleStatus.PLANNED
        role = RoleResult(one.grant.role, one.grant.scope, principal_id, status)
        if is_there and not are_looked_up:
            settling.done.append(role)
        else:
            settling.attempt(role, partial(_grant, role, world))
    roles = (*result.roles, *settling.done)
    if any(one.status is RoleStatus.FAILED for one in settling.done) and settling.failure:
        error = settling.failure.saying(
            f"VM '{planned.vm.name}' has its identities, but without these roles: {settling.undone}. "
            f"{settling.failure.message}",
            hint="Apply the description again: what is done is left alone.",
        )
        return replace(result, status=Status.FAILED, roles=roles, error=error), settling.failure
    has_acted = any(one.status is RoleStatus.GRANTED for one in settling.done)
    return replace(result, status=Status.CHANGED if has_acted else result.status, roles=roles), None


def _grant(role: RoleResult, world: World) -> RoleResult:
    if role.principal_id is None:
        raise OperationFailed(f"Azure has not said which principal is to get role '{role.role.name}'.")
    if role.status is RoleStatus.EXISTING:
        found = world.roles.find(Grant(role.role, role.scope), role.principal_id)
        if found:
            return replace(role, id=found)
    return grant(role, role.principal_id, world.roles, world.clock, world.person)
