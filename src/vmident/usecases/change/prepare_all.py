"""Read the VMs of a run and work out their changes, before anybody is asked and anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.consequences import may_affect_dependents
from vmident.core.resource_id import ResourceId
from vmident.core.run_record import RunEntry
from vmident.core.selection import SelectedChange
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import capitalized, titled
from vmident.errors import Interrupted, NotFound, StateDrifted, TimedOut, UnexpectedError, VmidentError
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult, Status
from vmident.usecases.change.execute import removes_more
from vmident.usecases.change.prepare import (
    ChangeRequest,
    Prepared,
    loss_from,
    prepare_change,
    read_when_idle,
    removing_roles,
)
from vmident.usecases.resolve.vm_batch import VmBatch
from vmident.usecases.resolve.vms import Where, not_found_with_near_names
from vmident.usecases.roles.assignment_cache import AssignmentCache, HeldBy


class Task(Struct, frozen=True):
    """One VM to change: the word that names it, and what is to become of it.

    `entry` is what is on record where an earlier process has begun it, `seen` the VM where it was read already.
    """

    word: str
    change_request: ChangeRequest
    entry: RunEntry | None = None
    seen: VirtualMachine | None = None

    @property
    def is_in_flight(self) -> bool:
        """Return whether an earlier process has sent something whose outcome is not on record."""
        return self.entry is not None and self.entry.stage.is_in_flight


class Ready(Struct, frozen=True):
    """A VM that was read, and its change worked out; `entry` as in `Task`."""

    word: str
    prepared: Prepared
    change_request: ChangeRequest
    entry: RunEntry | None = None

    @property
    def has_something_to_do(self) -> bool:
        """Return whether a request is needed, or may be once an operation that runs on the VM is over."""
        return self.prepared.is_to_do or not self.prepared.machine.is_idle

    @property
    def takes_more_than(self) -> bool:
        """Return whether something is lost that was not confirmed, now or by an earlier process."""
        now = self.prepared.transition
        return removes_more(now, self.entry.transition) if self.entry else now.takes_away


def prepare_all(
    tasks: Sequence[Task], where: Where | None, ports: Ports, *, dry_run: bool
) -> list[Ready | ChangeResult]:
    """Find and read every VM, and work out its change; one each, in the order of the tasks, a VM named twice once.

    What fails for one is its result. The end of the time allowed and an interruption skip those that come after.
    """
    named = VmBatch([task.word for task in tasks if task.seen is None], where, ports.machines)
    assignments_of = AssignmentCache(ports.roles)
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
        machine: VirtualMachine | None = None
        try:
            vm = task.seen.id if task.seen else named.find(task.word)
            if vm not in seen:
                seen.add(vm)
                machine = _read(task, task.seen or named.listed(vm), vm, ports, at_rest=at_rest)
                outcomes.append(_prepared(task, machine, ports, assignments_of))
        except VmidentError as failure:
            outcomes.append(_failed(task, vm, machine, failure, ports))
        except KeyboardInterrupt:
            outcomes.append(_failed(task, vm, machine, Interrupted("Interrupted. Nothing was sent."), ports))
        except Exception as stray:  # noqa: BLE001 - one VM's trouble is no other VM's
            outcomes.append(_failed(task, vm, machine, UnexpectedError.of(stray), ports))
    return outcomes


def _read(task: Task, seen: VirtualMachine | None, vm: ResourceId, ports: Ports, *, at_rest: bool) -> VirtualMachine:
    """Return the VM as it was seen, where that will do, else as it is."""
    # An etag keeps a write from going to a VM that has moved on since it was seen.
    is_fit = seen is not None and seen.etag is not None and (seen.is_idle or not (at_rest or task.is_in_flight))
    return seen if seen and is_fit else read_when_idle(vm, ports, at_rest=at_rest)


def _prepared(task: Task, machine: VirtualMachine, ports: Ports, assignments_of: HeldBy) -> Ready:
    earlier = task.entry.sent_write if task.entry else None
    prepared = prepare_change(
        machine,
        task.change_request,
        ports,
        may_be_done=earlier is not None,
        earlier=earlier,
        assignments_of=assignments_of,
    )
    if machine.has_unread_extensions and may_affect_dependents(prepared.transition):
        # A list names extensions by id alone: what uses the identities, only the VM's own GET says.
        ports.prompt.progress(f"{machine.id.name}: reading its extensions")
        own = replace(ports.machines.read(machine.id), has_unread_extensions=False)
        return _prepared(task, own, ports, assignments_of)
    return Ready(task.word, prepared, task.change_request, task.entry)


def _failed(
    task: Task, vm: ResourceId | None, machine: VirtualMachine | None, failure: VmidentError, ports: Ports
) -> ChangeResult:
    """Return what is said of a VM whose change could not be worked out.

    What an earlier process sent to it stays unknown, unless the VM is gone or was read and does not show it.
    """
    is_gone = isinstance(failure, NotFound) and machine is None
    if task.is_in_flight and not is_gone and not isinstance(failure, StateDrifted):
        return ChangeResult(task.word, Status.UNKNOWN, vm, error=failure)
    if isinstance(failure, TimedOut):
        subject = capitalized(titled(vm)) if vm else f"'{task.word}'"
        failure = failure.with_message(f"{failure.message} {subject} was not changed.")
    if vm and isinstance(failure, NotFound):
        failure = not_found_with_near_names(task.word, vm, failure, ports.machines)
    return ChangeResult(task.word, Status.FAILED, vm, error=failure)


def has_stopped_at(outcome: Ready | ChangeResult) -> bool:
    """Return whether the time was over, or Ctrl-C was pressed, while this VM was read."""
    return isinstance(outcome, ChangeResult) and outcome.error is not None and outcome.error.ends_run


def approved(
    ready: list[Ready | ChangeResult], ports: Ports, selected: SelectedChange | None = None
) -> list[Ready | ChangeResult]:
    """Ask about what will be lost, and then whether to delete orphaned role assignments.

    Who says yes to that gets what `--remove-roles` asks for; raises `NotAllowed` where they clearly may not.
    """
    losing = [one for one in ready if isinstance(one, Ready) and one.takes_more_than]
    changing = [one for one in ready if isinstance(one, Ready) and one.has_something_to_do]
    # The question about losses says how many VMs lose something; where that is all of them, it is enough.
    if selected and len(changing) > len(losing):
        ports.prompt.confirm_selection(selected, [one.prepared.machine.id for one in changing])
    if not losing:
        return ready
    ports.prompt.confirm([loss_from(one.prepared) for one in losing])
    orphans = [orphan for one in losing if not one.change_request.remove_roles for orphan in one.prepared.orphans]
    if not orphans or not ports.prompt.confirm_role_removal(orphans):
        return ready
    return [_removing(one, ports) if isinstance(one, Ready) and one.takes_more_than else one for one in ready]


def _removing(one: Ready, ports: Ports) -> Ready:
    prepared = removing_roles(one.prepared, ports)
    return replace(one, prepared=prepared, change_request=replace(one.change_request, remove_roles=True))


def planned_result(word: str, prepared: Prepared) -> ChangeResult:
    """Return what `--dry-run` says of a change."""
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
    """Return what is said of a VM that a stopped run never came to."""
    return ChangeResult(one.word, Status.SKIPPED, one.prepared.machine.id, before=one.prepared.machine.identity)
