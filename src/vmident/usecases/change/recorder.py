"""Record what a run is about to send, and the outcome; `core.run_record` has the stages and the rules.

The order is what matters. An entry is on disk before its request leaves, so that a process that is killed at any
moment leaves a VM either `planned` (never written to) or `sent` (a read decides). If it cannot be written, nothing is
sent. The outcome is on disk before it is printed; if that fails, the change stands and the result carries a warning:
an error would say that the change failed. A VM that goes back to `planned` keeps its entry.

The recorder keeps two views of each VM: `_begun`, the entry with which this process started, and `_now`, the last one
on disk. In a resumed run, a role assignment that exists and was planned in `_begun` was created by the run itself,
though the response to its request was lost: it is recorded as granted, so that undo deletes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from vmident.core.consequences import Notice
from vmident.core.rbac.role_result import RoleResult, RoleStatus
from vmident.core.resource_id import ResourceId
from vmident.core.run_record import EarlyFailure, IdentityDeletion, RunEntry, RunRecord, Stage
from vmident.core.transition import Transition
from vmident.errors import (
    JournalUnusable,
    NotFound,
    StateDrifted,
    StoppedEarly,
    TakenOver,
)
from vmident.ports.journal import Journal
from vmident.results.changes import ChangeResult, Status
from vmident.usecases.change.prepare import ChangeRequest, Prepared
from vmident.usecases.change.prepare_all import Ready

NOT_RECORDED = "not-recorded"


class RunRecorder:
    """One run in progress; a VM without an entry is not on record."""

    def __init__(self, journal: Journal, run: str | None, entries: Iterable[RunEntry]) -> None:
        self._journal = journal
        self._run = run
        self._begun = {entry.vm: entry for entry in entries}
        self._now = dict(self._begun)

    def sending(self, prepared: Prepared) -> None:
        """Record what is about to be sent; where it raises `JournalUnusable` or `TakenOver`, nothing is sent."""
        entry = self._now[prepared.machine.id]
        self._put(
            replace(
                entry,
                transition=prepared.transition,
                request=prepared.request,
                roles=_as_planned_here(prepared.roles, self._begun[entry.vm]),
                etag=prepared.machine.etag,
                stage=Stage.SENT,
            )
        )

    def granting(self, result: ChangeResult) -> None:
        """Record which roles are about to be granted or deleted, and the VM's state; raises as above."""
        assert result.id is not None
        entry = self._now[result.id]
        self._put(_ended_entry(entry, self._begun[entry.vm], result, Stage.SENT))

    def ended(self, result: ChangeResult) -> ChangeResult:
        """Record the result of a VM, and return it with the assignments that this run created.

        What is done is done: where it cannot be recorded, the result says so in a warning.
        """
        entry = self._now.get(result.id) if result.id else None
        if entry is None or result.status is Status.SKIPPED:
            return result
        begun = self._begun[entry.vm]
        result = replace(result, status=_status(result, begun), roles=_as_planned_here(result.roles, begun))
        stage = _stage(result)
        if isinstance(result.error, (JournalUnusable, TakenOver)) or stage is entry.stage is Stage.PLANNED:
            # The entry on disk is right: the journal was lost or taken over, or nothing was sent.
            return result
        try:
            still_due = stage is Stage.PLANNED
            self._put(replace(entry, stage=stage) if still_due else _ended_entry(entry, begun, result, stage))
        except (JournalUnusable, TakenOver) as failure:
            return replace(result, warnings=(*result.warnings, Notice(NOT_RECORDED, failure.message)))
        return result

    def deletion(self, deletion: IdentityDeletion) -> None:
        """Record the progress of an identity's deletion; raises as `sending` does."""
        assert self._run is not None
        self._journal.put(self._run, deletion)

    def is_open(self, vm: ResourceId) -> bool:
        """Return whether `runs resume` would change this VM."""
        return vm in self._now and self._now[vm].stage.is_open

    def is_in_flight(self, vm: ResourceId) -> bool:
        """Return whether a request has left for a VM whose outcome is not on record."""
        return vm in self._now and self._now[vm].stage.is_in_flight

    def close(self) -> None:
        """Record the end of the run; a journal that cannot be written does not fail what was done."""
        if self._run is None:
            return
        try:
            self._journal.end(self._run)
        except JournalUnusable:
            return

    def _put(self, entry: RunEntry) -> None:
        assert self._run is not None
        self._journal.put(self._run, entry)
        self._now[entry.vm] = entry


def start_recording(
    ready: Iterable[Ready | ChangeResult],
    journal: Journal,
    undoes: str | None = None,
    deletions: Sequence[IdentityDeletion] = (),
) -> RunRecorder:
    """Record a new run of the VMs that may get a request; none if there are no such VMs.

    VMs that have failed already are kept as failures of the run. `deletions` are the identities that the run deletes
    after its VMs. Raises `JournalUnusable`: nothing has been sent then.
    """
    entries: list[RunEntry] = []
    failures: list[EarlyFailure] = []
    for one in ready:
        if isinstance(one, ChangeResult):
            if one.error:
                name = str(one.id) if one.id else one.vm
                failures.append(EarlyFailure(name, one.error.code, one.error.message))
        elif one.has_something_to_do:
            entries.append(_planned_entry(one.prepared, one.change_request))
    has_something = entries or deletions
    return RunRecorder(journal, journal.begin(entries, undoes, deletions, failures) if has_something else None, entries)


def _planned_entry(one: Prepared, change_request: ChangeRequest) -> RunEntry:
    return RunEntry(
        one.machine.id, one.change, one.transition, one.request, one.grants, one.roles, expected=change_request.expected
    )


def resume_recording(record: RunRecord, journal: Journal) -> RunRecorder:
    """Resume a run that this process has taken over."""
    return RunRecorder(journal, record.id, record.entries)


def _status(result: ChangeResult, begun: RunEntry) -> Status:
    """A write of an earlier process that turns out to have been done is a change."""
    if result.status is Status.UNCHANGED and begun.stage.is_in_flight and not begun.transition.is_nothing:
        return Status.CHANGED
    return result.status


def _stage(result: ChangeResult) -> Stage:
    """Decide the stage of a VM: a result that failed says that nothing it knows of is in flight (H1)."""
    if result.status is Status.ACCEPTED:
        return Stage.ACCEPTED
    if result.status is Status.UNKNOWN:
        return Stage.UNKNOWN
    if result.error is None:
        return Stage.DONE
    was_read = result.before is not None or isinstance(result.error, (StateDrifted, NotFound))
    is_cut_short = isinstance(result.error, StoppedEarly) or result.error.ends_run or result.error.outcome_is_unknown
    if was_read and not is_cut_short:
        return Stage.FAILED
    # Where the identities are changed, it is the roles that are left to do.
    return Stage.PLANNED if result.after is None else Stage.UNKNOWN


def _ended_entry(entry: RunEntry, begun: RunEntry, result: ChangeResult, stage: Stage) -> RunEntry:
    before = result.before or entry.transition.before
    if begun.stage.is_in_flight and result.request is None:
        # It was sent by an earlier process: what the VM had then is on record alone.
        before = begun.transition.before
    goal = entry.transition.after if result.after is None else result.after
    return replace(
        entry,
        transition=Transition(before, goal),
        roles=_still_due(_as_planned_here(result.roles, begun), entry) if stage.is_in_flight else result.roles,
        stage=stage,
        after=result.after or (entry.after if stage.is_in_flight else None),
        error_code=result.error.code if result.error else None,
        error_message=result.error.message if result.error else None,
    )


def _as_planned_here(roles: tuple[RoleResult, ...], begun: RunEntry) -> tuple[RoleResult, ...]:
    """Return what is there and was not when the run planned it as granted: the run itself has made it."""
    ours = [one for one in begun.roles if one.status in {RoleStatus.PLANNED, RoleStatus.GRANTED}]
    if begun.stage is Stage.PLANNED:
        return roles
    return tuple(
        replace(one, status=RoleStatus.GRANTED)
        if one.status is RoleStatus.EXISTING and any(one.is_same_assignment(other) for other in ours)
        else one
        for one in roles
    )


def _still_due(roles: tuple[RoleResult, ...], entry: RunEntry) -> tuple[RoleResult, ...]:
    """Return what is recorded for a resumed run: what has become of each assignment, or what is planned for it."""
    if not roles:
        return entry.roles
    return tuple(
        next((other for other in entry.roles if other.is_same_assignment(one)), one) if one.status.is_undone else one
        for one in roles
    )
