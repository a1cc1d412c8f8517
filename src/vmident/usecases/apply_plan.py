"""Carry out a plan: the VMs that are not yet as described, each by its own change, like any other change."""

from __future__ import annotations

from vmident.core.plan import Plan
from vmident.results import ChangeResult
from vmident.usecases.change_vms import Manner, change_each
from vmident.usecases.find_vms import Where
from vmident.usecases.prepare_change import Wish, World


def apply_plan(
    plan: Plan, where: Where, world: World, manner: Manner, *, exactly: bool, remove_roles: bool = False
) -> tuple[ChangeResult, ...]:
    """Make every pending change of `plan`; one result a VM, sorted by id.

    With `exactly`, a VM that has other identities than the plan saw fails with `MovedOn`; else it is taken to what the
    rules say, whatever it has by now. Raises as `change_each` does.
    """
    wishes = {
        str(one.vm): Wish(
            lambda _ids, change=one.change: change,  # type: ignore[misc]
            remove_roles=remove_roles,
            expected=one.before if exactly else None,
        )
        for one in plan.pending
    }
    return change_each(wishes, where, world, manner)
