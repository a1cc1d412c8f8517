"""Resume an interrupted run, and undo a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from msgspec.structs import replace

from vmident.core.consequences import Notice
from vmident.core.rbac.role_result import RoleResult, RoleStatus
from vmident.core.resource_id import ResourceId
from vmident.core.run_record import RunEntry, RunRecord, Stage
from vmident.core.shell import command_line
from vmident.core.transition import Change, Transition
from vmident.core.undo import change_back, inverse, roles_back, succeeded, successors
from vmident.core.vm_kind import capitalized, titled
from vmident.errors import NotAllowed, NotFound
from vmident.ports.azure import Identities
from vmident.ports.journal import Journal
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult, Status
from vmident.usecases.change.change_vms import ExecutionOptions, change_each
from vmident.usecases.change.prepare import ChangeRequest
from vmident.usecases.change.prepare_all import Task
from vmident.usecases.resolve.roles import RoleNames

NEW_PRINCIPAL = "new-principal"


def resume_run(record: RunRecord, ports: Ports, execution: ExecutionOptions) -> tuple[ChangeResult, ...]:
    """Carry the open VMs of a run to their end; one result for each.

    Every VM is read before anything is sent to it, and the change computed again from what it has: what an earlier
    process sent and Azure has done is not sent again. Confirmation is needed only where more would be lost than the run
    was to take. The run is taken over first, so that the earlier process, where it still lives, sends nothing more.
    """
    if not any(entry.stage.is_open for entry in record.entries):
        return ()
    if not execution.dry_run:
        record = ports.journal.take_over(record.id)
    tasks = [
        Task(str(entry.vm), _resume_request(entry, record), entry) for entry in record.entries if entry.stage.is_open
    ]
    return change_each(tasks, ports, execution, record=record)


def undo_run(
    record: RunRecord, ports: Ports, execution: ExecutionOptions, *, remove_roles: bool
) -> tuple[ChangeResult, ...]:
    """Undo a run by a new run; return a result for each VM to which the run sent anything.

    A VM that is no longer as the run left it fails with `StateDrifted`. One whose outcome is unknown is undone
    if the change was made, and left alone if it was not. One whose identity would be attached again, but has
    been deleted, fails with `NotFound`, with nothing sent; so does a run that did nothing but delete identities.
    """
    entries = _as_they_are_now([entry for entry in record.entries if _has_done_something(entry)], ports.journal)
    gone = _deleted({identity for entry in entries for identity in inverse(entry.outcome).added}, ports.identities)
    if not entries:
        for deletion in record.deletions:
            if _deleted({deletion.identity}, ports.identities):
                raise _cannot_come_back(deletion.identity)
    lost = {entry.vm: sorted(gone.intersection(inverse(entry.outcome).added)) for entry in entries}
    tasks = [
        Task(str(entry.vm), _undo_request(entry, remove_roles=remove_roles)) for entry in entries if not lost[entry.vm]
    ]
    results = iter(change_each(tasks, ports, execution, undoes=record.id))
    return tuple(
        ChangeResult(entry.vm.name, Status.FAILED, entry.vm, error=_cannot_come_back(lost[entry.vm][0], entry.vm))
        if lost[entry.vm]
        else _saying_new_principal(next(results))
        for entry in entries
    )


def _deleted(identities: Collection[ResourceId], there: Identities) -> frozenset[ResourceId]:
    """Return the identities that do not exist; one that may not be read is taken to exist, and Azure decides."""
    deleted = set()
    for identity in sorted(identities):
        try:
            if there.find(identity) is None:
                deleted.add(identity)
        except NotAllowed:
            continue
    return frozenset(deleted)


def _cannot_come_back(identity: ResourceId, vm: ResourceId | None = None) -> NotFound:
    left = f" {capitalized(titled(vm))} was not changed." if vm else ""
    create = command_line("vmident", "identity", "create", identity.name, "-g", identity.group)
    hint = f"To create an identity with that name, which gets a new principal: {create}"
    if vm:
        word = identity.name if identity.group.lower() == vm.group.lower() else identity
        attach = command_line("vmident", "add-user", vm.name, "-g", vm.group, "--identity", word)
        hint = f"Create an identity with that name (it gets a new principal) and attach it: {create} && {attach}"
    return NotFound(
        f"Identity '{identity.name}' has been deleted, and a deleted identity cannot be restored.{left}",
        code="identity-not-found",
        hint=hint,
    )


def _as_they_are_now(entries: Sequence[RunEntry], journal: Journal) -> list[RunEntry]:
    """Return the entries with principals that undoing has brought in the place of those that have vanished."""
    pairs = journal.undo_history({entry.vm for entry in entries})
    by = successors((done.outcome, back.outcome) for done, back in pairs)
    return [
        replace(
            entry,
            transition=Transition(succeeded(entry.transition.before, by), succeeded(entry.transition.after, by)),
            after=succeeded(entry.after, by) if entry.after else None,
            roles=tuple(
                replace(one, principal_id=by.get(str(one.principal_id), one.principal_id)) for one in entry.roles
            ),
        )
        for entry in entries
    ]


def _resume_request(entry: RunEntry, record: RunRecord) -> ChangeRequest:
    roles = tuple(dict.fromkeys(grant.role.id for grant in entry.grants))
    scopes = tuple(dict.fromkeys(str(grant.scope) for grant in entry.grants))
    return ChangeRequest(
        _always(entry.change),
        roles=RoleNames(roles, scopes),
        expected=entry.expected,
        assignments=tuple(_assignments_again(entry)),
        only_from=(entry.transition.before,) if record.undoes else (),
    )


def _assignments_again(entry: RunEntry) -> Iterator[RoleResult]:
    """Yield assignments that the VM no longer shows: those of a deleted principal, and those that undo planned."""
    told_by_grants = {RoleStatus.PLANNED, RoleStatus.GRANTED, RoleStatus.EXISTING} if entry.grants else set()
    for one in entry.roles:
        if one.status not in told_by_grants:
            yield one


def _undo_request(entry: RunEntry, *, remove_roles: bool) -> ChangeRequest:
    done = entry.outcome
    return ChangeRequest(
        _always(change_back(done)),
        remove_roles=remove_roles,
        assignments=tuple(_roles_back(entry)),
        only_from=(done.after, done.before) if entry.stage.is_in_flight else (done.after,),
    )


def _roles_back(entry: RunEntry) -> Iterator[RoleResult]:
    """Return what is to become of the run's role assignments; which are there is looked up when the VM is read.

    Of a VM in flight, what was planned may have been done.
    """
    may_be = {RoleStatus.PLANNED: RoleStatus.GRANTED, RoleStatus.PLANNED_REMOVAL: RoleStatus.REMOVED}
    roles = entry.roles
    if entry.stage.is_in_flight:
        roles = tuple(replace(one, status=may_be.get(one.status, one.status)) for one in roles)
    for one in roles_back(entry.outcome, roles):
        yield replace(one, id=None)


def _has_done_something(entry: RunEntry) -> bool:
    if entry.stage is Stage.PLANNED or (entry.stage is Stage.FAILED and entry.after is None):
        return False
    return any(_roles_back(entry)) or not entry.outcome.is_nothing


def _saying_new_principal(result: ChangeResult) -> ChangeResult:
    if result.status in {Status.UNCHANGED, Status.FAILED, Status.SKIPPED} or not (result.before and result.after):
        return result
    if result.before.system or not result.after.system:
        return result
    verb = "gets" if result.status is Status.PLANNED else "has"
    message = (
        f"The system-assigned identity {verb} a new principal. Grant it the roles that the old principal had outside "
        "this subscription, and update anything that uses the old ID."
    )
    return replace(result, warnings=(*result.warnings, Notice(NEW_PRINCIPAL, message)))


def _always(change: Change) -> Callable[[frozenset[ResourceId]], Change]:
    return lambda _ids: change
