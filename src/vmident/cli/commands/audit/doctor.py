"""`vmident doctor`."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import Struct

from vmident.cli.composition.session import Session
from vmident.cli.inputs.vm_selection import is_selection, resolve_vms, selected_vms
from vmident.cli.options.shared import IdentityWords, VmOptions, VmWords, Yes
from vmident.cli.run import Run
from vmident.core.selection import Selection
from vmident.core.transition import RemoveUsers
from vmident.errors import ConfirmationNeeded, ExitCode, UsageError, VmidentError
from vmident.render.diagnosis import check_rows, diagnosis_document, diagnosis_lines
from vmident.results.account import DoctorReport
from vmident.results.changes import ChangeResult
from vmident.usecases.change.change_vms import ExecutionOptions, change_each
from vmident.usecases.change.prepare import ChangeRequest
from vmident.usecases.change.prepare_all import Task
from vmident.usecases.doctor import VmsToCheck, run_checks
from vmident.usecases.resolve.identities import checked_identity_names


class FixOptions(Struct, frozen=True):
    """Whether what can be mended is mended."""

    fix: Annotated[bool, typer.Option("--fix", help="Detach identities that no longer exist.")] = False
    yes: Yes = False


def doctor(
    run: Run, *, vms: VmWords = None, vm_options: VmOptions, identity: IdentityWords = None, fixing: FixOptions
) -> ExitCode:
    """Check sign-in, permissions, and VMs for problems.

    Checks the sign-in, subscription, clock, network, and resource providers. For each VM, also checks your permissions
    on the VM and on the identities given with --identity, whether attached identities exist, which identity is the
    default for programs in the VM, and whether the VM is running. Changes nothing without --fix. Does not check locks
    and policies.

    Examples:

      vmident doctor

      vmident doctor myVM --identity myId

      vmident doctor -g myResourceGroup --fix
    """
    identities = checked_identity_names(identity or ())
    meant = selected_vms(vms, vm_options, run) if is_selection(vms, vm_options, run) else None
    if meant is None and (identities or fixing.fix):
        raise UsageError("--identity and --fix require a VM.", hint="Example: vmident doctor myVM")
    session = run.open(selecting=isinstance(meant, Selection), yes=fixing.yes, kind=vm_options.kind)
    patients = VmsToCheck(lambda: resolve_vms(meant, session, run), identities) if meant is not None else None
    names_vms = meant is not None and (isinstance(meant, Selection) or len(meant) > 1 or vm_options.ids is not None)

    def look() -> DoctorReport:
        several = run.several_subscriptions
        return run_checks(
            patients, session.where, session.ports, session.local_network, lambda: session.subscriptions(several)
        )

    found = look()
    try:
        fixed = _fixed(found, session) if fixing.fix else ()
    except VmidentError as failure:
        # Nothing was mended; what was found is worth knowing all the same.
        _answer(run, found, (), names_vms=names_vms)
        if isinstance(failure, ConfirmationNeeded):
            raise failure.with_message(failure.message, hint="Use --yes to confirm.") from failure
        raise
    if any(one.error is None for one in fixed):
        found = look()
    _answer(run, found, fixed, names_vms=names_vms)
    for one in fixed:
        if one.error:
            run.explain_vm(one.error, one.id)
    return ExitCode.FAILED if any(one.has_failed for one in found.findings) else ExitCode.DONE


def _answer(run: Run, found: DoctorReport, fixed: tuple[ChangeResult, ...], *, names_vms: bool) -> None:
    run.answer(
        diagnosis_document(found, fixed, names_vms=names_vms),
        rows=check_rows(found, names_vms=names_vms),
        lines=lambda: diagnosis_lines(found, fixed, run.runtime.wall(), names_vms=names_vms),
    )


def _fixed(found: DoctorReport, session: Session) -> tuple[ChangeResult, ...]:
    tasks = [
        Task(str(one.vm), ChangeRequest(RemoveUsers, tuple(str(identity) for identity in one.dead)))
        for one in found.vms
        if one.dead
    ]
    return change_each(tasks, session.ports, ExecutionOptions()) if tasks else ()
