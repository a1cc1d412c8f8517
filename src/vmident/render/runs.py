"""Runs on record, as documents, rows and lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from vmident.core.identity import identity_document
from vmident.core.resource_id import ResourceId
from vmident.core.run_record import EarlyFailure, IdentityDeletion, RunEntry, RunRecord, Stage
from vmident.core.shell import command_line
from vmident.core.vm_kind import is_machine, kind_of
from vmident.render.document import Document, roles_member
from vmident.render.formats import as_table
from vmident.render.human import difference_lines, role_lines
from vmident.render.line import Line, Tone
from vmident.render.moment import age, ago, lasting, utc

_STAGES = {
    Stage.PLANNED: "not started",
    Stage.SENT: "sent, outcome not recorded",
    Stage.DONE: "done",
    Stage.FAILED: "failed",
    Stage.ACCEPTED: "accepted, result not read",
    Stage.UNKNOWN: "sent, outcome unknown",
}


def run_document(record: RunRecord) -> Document:
    """Return what `runs list` prints of a run: who, when, what, where, and how many VMs have come how far."""
    origin = record.origin
    return {
        "run": record.id,
        "status": record.status,
        "command": origin.command,
        "began": utc(record.began),
        "ended": utc(record.ended) if record.ended is not None else None,
        "undoes": record.undoes,
        "caller": origin.caller_name,
        "callerId": origin.caller_id,
        "cloud": origin.cloud,
        "endpoint": origin.endpoint,
        "counts": {stage.value: count for stage in Stage if (count := record.stages.get(stage, 0))},
    }


def whole_run_document(record: RunRecord) -> Document:
    """Return what `runs show` prints: the run, in `vms` each VM with what was sent and what came of it.

    `identities` are those that the run deletes, and absent where there are none.
    """
    deletions = [_deletion_document(one) for one in record.deletions]
    return {
        **run_document(record),
        "vms": [*map(_entry_document, record.entries), *map(_failure_document, record.failures)],
        **({"identities": deletions} if deletions else {}),
    }


def run_row(record: RunRecord) -> Document:
    """Return a run as one flat row, for a table or tsv."""
    document = run_document(record)
    kept = ("run", "began", "status", "command", "undoes", "caller", "cloud")
    return {key: document[key] for key in kept} | {"vms": sum(record.stages.values())}


def entry_row(entry: RunEntry) -> Document:
    """Return a VM of a run as one flat row, for a table or tsv."""
    return {
        "name": entry.vm.name,
        "resourceGroup": entry.vm.group,
        "status": entry.stage.value,
        "before": entry.transition.before.type.value,
        "after": entry.after.type.value if entry.after else None,
        "error": entry.error_code,
    }


def failure_row(failure: EarlyFailure) -> Document:
    """Return a VM that failed before the run began as one flat row, for a table or tsv."""
    kept = ("name", "resourceGroup", "status", "before", "after")
    document = _failure_document(failure)
    return {key: document[key] for key in kept} | {"error": failure.error_code}


def run_list_lines(
    records: Sequence[RunRecord], now_seconds: float, width_columns: int | None = None, *, with_cloud: bool = False
) -> Iterator[Line]:
    """Draw runs one a line, the newest first, with how long ago each started; of several clouds each with its own."""
    if not records:
        yield Line("No runs.", Tone.FAINT)
        return
    kept = ("run", "started", "status", "vms", *(("cloud",) if with_cloud else ()), "command")
    rows: list[dict[str, Any]] = [
        {key: {**run_row(record), "started": ago(record.began, now_seconds)}[key] for key in kept} for record in records
    ]
    heading, *others = as_table(rows, width_columns=width_columns, spare=("vms", "command")).splitlines()
    yield Line(heading, Tone.HEADING)
    for text in others:
        yield Line(text)


def left_out_lines(older: int, elsewhere: int) -> Iterator[Line]:
    """Count the runs that a list leaves out: older ones, and those of other clouds."""
    if older:
        yield Line(f"{_counted(older, 'older run')} not shown. Use a higher --limit to see more.", Tone.FAINT)
    if elsewhere:
        yield Line(f"{_counted(elsewhere, 'run')} in other clouds not shown. Use --all to see all runs.", Tone.FAINT)


def _counted(runs: int, what: str) -> str:
    return f"{runs} {what}{'' if runs == 1 else 's'}"


def whole_run_lines(record: RunRecord, now_seconds: float) -> Iterator[Line]:
    """Draw a run: where it came from, then each VM with what was changed and what came of it."""
    lasted = "" if record.ended is None else f", took {lasting(record.ended - record.began)}"
    yield Line(f"{record.id}: {record.status}", Tone.HEADING)
    yield Line(f"  command {record.origin.command}")
    yield Line(f"  started {age(int(now_seconds - record.began))} ({utc(record.began)}){lasted}")
    yield Line(
        f"  cloud   {record.origin.cloud}{f', as {record.origin.caller_name}' if record.origin.caller_name else ''}"
    )
    if record.undoes:
        yield Line(f"  undoes  {record.undoes}")
    for entry in record.entries:
        yield from _entry_lines(entry)
    for failure in record.failures:
        yield Line(f"{_failure_document(failure)['name']}: failed", Tone.HEADING)
        yield Line(f"  ! {failure.error_code}: {failure.error_message}", Tone.ERROR)
    for deletion in record.deletions:
        yield from _deletion_lines(deletion)
    if record.status == "unfinished":
        yield Line(f"To resume: {command_line('vmident', 'runs', 'resume', record.id)}", Tone.FAINT)


def _deletion_document(deletion: IdentityDeletion) -> Document:
    return {
        "id": str(deletion.identity),
        "name": deletion.identity.name,
        "resourceGroup": deletion.identity.group,
        "status": deletion.stage.value,
        **roles_member(deletion.roles),
        "error": _error_document(deletion),
    }


def _deletion_lines(deletion: IdentityDeletion) -> Iterator[Line]:
    name = f"identity {deletion.identity.name} ({deletion.identity.group})"
    stage = "deleted" if deletion.stage is Stage.DONE else f"deletion {_STAGES[deletion.stage]}"
    yield Line(f"{name}: {stage}", Tone.HEADING)
    yield from role_lines(deletion.roles)
    if deletion.error_code:
        yield Line(f"  ! {deletion.error_code}: {deletion.error_message}", Tone.ERROR)


def _error_document(entry: RunEntry | IdentityDeletion) -> Document | None:
    return {"code": entry.error_code, "message": entry.error_message} if entry.error_code is not None else None


def _entry_document(entry: RunEntry) -> Document:
    return {
        "id": str(entry.vm),
        "name": entry.vm.name,
        "resourceGroup": entry.vm.group,
        "kind": kind_of(entry.vm).value,
        "status": entry.stage.value,
        "before": identity_document(entry.transition.before),
        "wanted": identity_document(entry.transition.after),
        "after": identity_document(entry.after) if entry.after else None,
        "request": entry.request,
        **roles_member(entry.roles),
        "error": _error_document(entry),
    }


def _failure_document(failure: EarlyFailure) -> Document:
    """Return a VM that failed before the run began in the shape of the others; `name` may be all that is known."""
    vm = ResourceId.parse(failure.vm) if failure.vm.startswith("/") else None
    return {
        "id": failure.vm if vm else None,
        "name": vm.name if vm else failure.vm,
        "resourceGroup": vm.group if vm else None,
        "kind": kind_of(vm).value if vm and is_machine(vm) else None,
        "status": Stage.FAILED.value,
        "before": None,
        "wanted": None,
        "after": None,
        "request": None,
        "error": {"code": failure.error_code, "message": failure.error_message},
    }


def _entry_lines(entry: RunEntry) -> Iterator[Line]:
    yield Line(f"{entry.vm.name} ({entry.vm.group}): {_STAGES[entry.stage]}", Tone.HEADING)
    yield from difference_lines(entry.outcome)
    yield from role_lines(entry.roles)
    if entry.error_code:
        yield Line(f"  ! {entry.error_code}: {entry.error_message}", Tone.ERROR)
