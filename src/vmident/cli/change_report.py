"""What every command that changes identities does with its words: check them, change, report each VM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vmident.cli.inputs.stop_policy import policy_of
from vmident.cli.inputs.vm_selection import resolve_vms, selected_vms
from vmident.cli.options.shared import FleetOptions, VmOptions
from vmident.cli.run import Run, one_or_all
from vmident.core.resource_id import looks_like_id
from vmident.core.selection import SelectedChange, Selection
from vmident.core.shell import command_line, with_typed_words
from vmident.errors import ExitCode, Interrupted, UsageError, VmidentError
from vmident.render.document import change_document, change_row
from vmident.render.human import (
    change_lines,
    counted_results,
    summary_line,
    warning_lines,
    warnings_about,
)
from vmident.render.line import ONE_BY_ONE_AT_MOST, Line, Tone
from vmident.render.resources import deletion_document, deletion_lines, deletion_row
from vmident.results.changes import ChangeResult, Status, exit_code_for
from vmident.usecases.change.change_vms import ExecutionOptions, change_vms
from vmident.usecases.change.prepare import ChangeRequest
from vmident.usecases.resolve.identities import checked_identity_names

if TYPE_CHECKING:
    from vmident.cli.composition.session import Session
    from vmident.render.many import OnRecord
    from vmident.results.resources import DeletionResult


def change(
    run: Run,
    wish: ChangeRequest,
    vms: Sequence[str] | None,
    vm_options: VmOptions,
    execution: FleetOptions,
    *,
    action: str,
    verifying: Sequence[str] | None = None,
) -> ExitCode:
    """Change the VMs named or selected, and report how it ended for each.

    `action` begins the question that confirms a selection, such as `Enable the system-assigned identity on`. The
    identities named by `verifying` are verified from inside the VMs afterwards; `None` verifies nothing.
    """
    if verifying is not None and execution.no_wait:
        raise UsageError(
            "--verify cannot be used with --no-wait: the identity is verified after the change.",
            hint="Remove --no-wait.",
        )
    meant = selected_vms(vms, vm_options, run, changes=True)
    checked = replace(wish, identities=checked_identity_names(wish.identities))
    if execution.no_wait and (wish.roles or wish.remove_roles):
        raise UsageError(
            "--no-wait cannot be used with roles, which are changed after the identity.",
            hint="Remove --no-wait.",
        )
    policy = policy_of(execution.canary, execution.max_failures, no_wait=execution.no_wait)
    session = run.open(selecting=isinstance(meant, Selection), yes=execution.yes, kind=vm_options.kind)
    words = resolve_vms(meant, session, run)
    selected = SelectedChange(action, _place(meant, session, run)) if isinstance(meant, Selection) else None
    how = ExecutionOptions(execution.dry_run, execution.no_wait, policy, selected)
    is_verifying = verifying is not None and not execution.dry_run
    if is_verifying:
        from vmident.cli.verify_change import confirm_verification

        confirm_verification(words, session)
    changed = change_vms(words, session.where, checked, session.ports, how)
    results = tuple(_with_typed_names(one, checked.identities, run) for one in changed)
    if verifying is not None and is_verifying:
        from vmident.cli.verify_change import with_verifications

        results = with_verifications(results, verifying, session)
    named_one = isinstance(meant, tuple) and len(meant) == 1 and vm_options.ids is None
    return report_changes(run, results, session, named_one=named_one)


def _with_typed_names(result: ChangeResult, identities: Sequence[str], run: Run) -> ChangeResult:
    """Return a result whose hint names the VM and its identities as the command line did."""
    error = result.error
    if error is None or error.hint is None or result.id is None:
        return result
    is_id = looks_like_id(result.vm)
    words = [result.vm] if is_id else [result.vm, "-g", result.id.group, *run.subscription_options]
    names = [one for one in identities if not looks_like_id(one)]
    hint = with_typed_words(error.hint, str(result.id), words, names)
    return replace(result, error=error.with_message(error.message, hint))


_STOPPED = "The run stopped. After you fix the cause, resume it"


def _place(meant: Selection, session: Session, run: Run) -> str:
    several = run.several_subscriptions
    if several:
        where = "in all subscriptions" if len(several) == 1 else f"in {len(several)} subscriptions"
    else:
        where = "" if meant.group else f"in subscription {session.where.subscription()}"
    return f"{meant} {where}".strip()


def report_changes(
    run: Run,
    results: Sequence[ChangeResult],
    session: Session,
    *,
    named_one: bool,
    nothing: str = "No changes.",
    deletions: Sequence[DeletionResult] = (),
) -> ExitCode:
    """Print how each change ended, its warnings and failures on standard error; gives the exit code.

    People read of many VMs what they have in common, the count last. A run that stopped on its way, and is open on
    record, says how to resume it. `nothing` is what people read of no VM at all. `deletions` are identities that
    the run deletes.
    """
    # Who was asked has read some of them above the question.
    unsaid = [replace(one, warnings=session.prompt.unsaid(one.id, one.warnings)) for one in results]
    are_many = len(results) > ONE_BY_ONE_AT_MOST
    if are_many:
        _explain_many(run, unsaid, session)
    run.answer(
        one_or_all([*map(change_document, results), *map(deletion_document, deletions)], named_one=named_one),
        rows=[*map(change_row, results), *map(deletion_row, deletions)],
        lines=lambda: (*_lines(results, nothing, deletions),),
    )
    if not are_many:
        _explain_each(run, unsaid)
    for one in deletions:
        explain_deletion(run, one, session)
    code = end_of_run(run, [*results, *deletions], session)
    verifications = [one.verification for one in results if one.verification]
    if not verifications:
        return code
    from vmident.cli.verification_report import explain_verifications
    from vmident.results.verification import verification_exit_code

    explain_verifications(run, verifications)
    return verification_exit_code(verifications) if code is ExitCode.DONE else code


def explain_deletion(run: Run, result: DeletionResult, session: Session) -> None:
    """Print the warnings about the deletion of an identity, and its failure, on standard error."""
    name = result.identity.name if result.identity else result.word
    # Who was asked has read some of the warnings above the question.
    run.console.warn(warnings_about(name, session.prompt.unsaid(result.identity, result.warnings)))
    for one in result.detached:
        run.console.warn(warnings_about(one.vm, session.prompt.unsaid(one.id, one.warnings)))
    if result.error:
        run.explain(result.error, about=name)


def end_of_run(run: Run, results: Sequence[ChangeResult | DeletionResult], session: Session) -> ExitCode:
    """Report why a run stopped early and how to resume it; return the exit code."""
    stopped = session.ports.stopped
    has_stopped = any(one.status is Status.SKIPPED or (one.error and one.error.ends_run) for one in results)
    if stopped and has_stopped:
        run.explain(stopped)
    unknown = [one for one in results if one.status is Status.UNKNOWN]
    open_run = session.ports.journal.left_open() if has_stopped or unknown else None
    if open_run:
        vms = counted_results([one for one in unknown if isinstance(one, ChangeResult)])
        which = f"the change to {vms}" if vms else "a deletion"
        what = f"The outcome of {which} is unknown. To resume the run"
        if has_stopped:
            was_interrupted = stopped is None or isinstance(stopped, Interrupted)
            what = "The run was interrupted. To resume it" if was_interrupted else _STOPPED
        run.console.note([Line(f"{what}: {command_line('vmident', 'runs', 'resume', open_run)}")])
    return ExitCode.INTERRUPTED if isinstance(stopped, Interrupted) and has_stopped else exit_code_for(results)


def _lines(results: Sequence[ChangeResult], nothing: str, deletions: Sequence[DeletionResult]) -> Iterator[Line]:
    if not results and not deletions:
        yield Line(nothing, Tone.FAINT)
    elif len(results) > ONE_BY_ONE_AT_MOST:
        from vmident.render.many import fleet_lines

        yield from fleet_lines(results)
        verifications = [one.verification for one in results if one.verification]
        if verifications:
            from vmident.render.verification import verification_lines

            yield from verification_lines(verifications)
    else:
        for one in results:
            yield from change_lines(one)
        if len(results) > 1:
            yield summary_line(results)
    for deletion in deletions:
        yield from deletion_lines(deletion)


def _explain_each(run: Run, results: Sequence[ChangeResult]) -> None:
    for one in results:
        run.console.warn(warning_lines(one))
        if one.error:
            run.explain_vm(one.error, one.id)


def _explain_many(run: Run, results: Sequence[ChangeResult], session: Session) -> None:
    from vmident.render.many import OnRecord, grouped_failures, grouped_warning_lines

    run.console.warn(grouped_warning_lines(results))
    has_failed = any(one.error for one in results)
    for one in grouped_failures(results, _on_record(session) if has_failed else OnRecord()):
        run.explain(one.error, about=one.about, names=one.names)


def _on_record(session: Session) -> OnRecord:
    """Return the run as `runs show` would; if it cannot be read, the results are still reported."""
    from vmident.render.many import OnRecord

    try:
        record = session.ports.journal.begun_here()
    except VmidentError:
        record = None
    return OnRecord(record.id, {entry.vm for entry in record.entries}) if record else OnRecord()
