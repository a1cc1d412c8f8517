"""Read the VMs of a run and work out their changes, before anybody is asked and anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vmident.core.resource_id import ResourceId
from vmident.core.run_record import Entry
from vmident.core.virtual_machine import Machine
from vmident.errors import Interrupted, NotFound, TimedOut, VmidentError
from vmident.results.changes import ChangeResult, Status
from vmident.usecases.change.execute import goes_further
from vmident.usecases.change.prepare import Prepared, Wish, World, loss_of, prepare_change, read_at_rest, removing_roles
from vmident.usecases.resolve.vm_batch import NamedVms
from vmident.usecases.resolve.vms import Where, not_found_with_near_names
from vmident.usecases.roles.assignment_cache import HeldBy, HeldOnce


@dataclass(frozen=True)
class Task:
    """One VM to change: the word that names it, and what is to become of it.

    `entry` is what is on record where an earlier process has begun it, `seen` the VM where it was read already.
    """

    word: str
    wish: Wish
    entry: Entry | None = None
    seen: Machine | None = None

    @property
    def is_in_flight(self) -> bool:
        """Tell whether an earlier process has sent something whose outcome is not on record."""
        return self.entry is not None and self.entry.stage.is_in_flight


@dataclass(frozen=True)
class Ready:
    """A VM that was read, and its change worked out; `entry` as in `Task`."""

    word: str
    prepared: Prepared
    wish: Wish
    entry: Entry | None = None

    @property
    def has_something_to_do(self) -> bool:
        """Tell whether anything is to be sent, or may be once an operation that runs on the VM is over."""
        return self.prepared.is_to_do or not self.prepared.machine.is_at_rest

    @property
    def takes_more_thanapproved(self) -> bool:
        """Tell whether something is lost that nobody has said yes to, now or when an earlier process began."""
        now = self.prepared.transition
        return goes_further(now, self.entry.transition) if self.entry else now.takes_away


def prepare_all(
    tasks: Sequence[Task], where: Where | None, world: World, *, dry_run: bool
) -> list[Ready | ChangeResult]:
    """Find and read every VM, and work out its change; one each, in the order of the tasks, a VM named twice once.

    What fails for one is its result. The end of the time allowed and an interruption skip those that come after.
    """
    named = NamedVms([task.word for task in tasks if task.seen is None], where, world.machines)
    held_by = HeldOnce(world.roles)
    outcomes: list[Ready | ChangeResult] = []
    seen: set[ResourceId] = set()
    # Many are not waited for one after the other: each is when its turn comes.
    at_rest = len(tasks) == 1 and not dry_run
    has_stopped = False
    for task in tasks:
        has_stopped = has_stopped or bool(outcomes and has_stopped_at(outcomes[-1]))
        if has_stopped:
            outcomes.append(ChangeResult(task.word, Status.SKIPPED))
            continue
        vm: ResourceId | None = None
        try:
            vm = task.seen.id if task.seen else named.find(task.word)
            if vm not in seen:
                seen.add(vm)
                machine = _read(task, task.seen or named.listed(vm), vm, world, at_rest=at_rest)
                outcomes.append(_prepared(task, machine, world, held_by))
        except VmidentError as failure:
            outcomes.append(_failed(task.word, vm, failure, world))
        except KeyboardInterrupt:
            error = Interrupted("Interrupted. Nothing was sent.")
            outcomes.append(ChangeResult(task.word, Status.FAILED, vm, error=error))
    return outcomes


def _read(task: Task, seen: Machine | None, vm: ResourceId, world: World, *, at_rest: bool) -> Machine:
    """Give the VM as it was seen, where that will do, else as it is."""
    # An etag keeps a write from going to a VM that has moved on since it was seen.
    is_fit = seen is not None and seen.etag is not None and (seen.is_at_rest or not (at_rest or task.is_in_flight))
    return seen if seen and is_fit else read_at_rest(vm, world, at_rest=at_rest)


def _prepared(task: Task, machine: Machine, world: World, held_by: HeldBy) -> Ready:
    prepared = prepare_change(machine, task.wish, world, may_be_done=task.is_in_flight, held_by=held_by)
    return Ready(task.word, prepared, task.wish, task.entry)


def _failed(word: str, vm: ResourceId | None, failure: VmidentError, world: World) -> ChangeResult:
    if isinstance(failure, TimedOut):
        failure = failure.saying(f"{failure.message} VM '{vm.name if vm else word}' was not changed.")
    if vm and isinstance(failure, NotFound):
        failure = not_found_with_near_names(word, vm, failure, world.machines)
    return ChangeResult(word, Status.FAILED, vm, error=failure)


def has_stopped_at(outcome: Ready | ChangeResult) -> bool:
    """Tell whether the time was over, or Ctrl-C was pressed, while this VM was read."""
    return isinstance(outcome, ChangeResult) and outcome.error is not None and outcome.error.ends_run


def approved(ready: list[Ready | ChangeResult], world: World) -> list[Ready | ChangeResult]:
    """Ask about what will be lost, and then whether role assignments that point at nobody are to go too.

    Who says yes to that gets what `--remove-roles` asks for; raises `NotAllowed` where they clearly may not.
    """
    losing = [one for one in ready if isinstance(one, Ready) and one.takes_more_thanapproved]
    if not losing:
        return ready
    world.person.approve([loss_of(one.prepared) for one in losing])
    orphans = [orphan for one in losing if not one.wish.remove_roles for orphan in one.prepared.orphans]
    if not orphans or not world.person.wants_roles_removed(orphans):
        return ready
    return [_removing(one, world) if isinstance(one, Ready) and one.takes_more_thanapproved else one for one in ready]


def _removing(one: Ready, world: World) -> Ready:
    prepared = removing_roles(one.prepared, world.roles)
    return replace(one, prepared=prepared, wish=replace(one.wish, remove_roles=True))


def planned_result(word: str, prepared: Prepared) -> ChangeResult:
    """Give what `--dry-run` says of a change."""
    status = Status.PLANNED if prepared.is_to_do else Status.UNCHANGED
    return ChangeResult(
        word,
        status,
        id=prepared.machine.id,
        before=prepared.transition.before,
        after=prepared.transition.after,
        request=prepared.request,
        warnings=prepared.warnings,
        roles=prepared.roles,
    )


def skipped(one: Ready) -> ChangeResult:
    """Give what is said of a VM that a stopped run never came to."""
    return ChangeResult(one.word, Status.SKIPPED, one.prepared.machine.id, before=one.prepared.machine.identity)
