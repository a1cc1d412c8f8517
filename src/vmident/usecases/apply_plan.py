"""Carry out a plan: the VMs that are not yet as described, each by its own change, like any other change."""

from __future__ import annotations

from functools import partial

from vmident.core.plan import Plan
from vmident.core.resource_id import ResourceId
from vmident.results import ChangeResult
from vmident.usecases.change_vms import Manner, Task, change_each
from vmident.usecases.prepare_change import Wish, World


def apply_plan(
    plan: Plan, world: World, manner: Manner, *, exactly: bool, remove_roles: bool = False
) -> tuple[ChangeResult, ...]:
    """Make every pending change of `plan`; one result a VM, sorted by id.

    With `exactly`, a VM that has other identities than the plan saw fails with `MovedOn`; else it is taken to what the
    rules say, whatever it has by now. Raises as `change_each` does.
    """
    tasks = [
        Task(
            str(one.vm),
            partial(_as_planned, one.vm),
            Wish(
                lambda _ids, change=one.change: change,  # type: ignore[misc]
                remove_roles=remove_roles,
                expected=one.before if exactly else None,
            ),
        )
        for one in plan.pending
    ]
    return change_each(tasks, world, manner)


def _as_planned(vm: ResourceId) -> ResourceId:
    return vm
