"""`vmident access`."""

from __future__ import annotations

from typing import Annotated

import typer

from vmident.cli.inputs.findings import exit_code_of, finding_filter
from vmident.cli.inputs.vm_selection import is_selection, resolve_vms, selected_vms
from vmident.cli.options.access import FindingOptions, GroupsFlag
from vmident.cli.options.shared import IdentityWords, VmOptions, VmWords
from vmident.cli.run import Run
from vmident.core.access.inventory import subscription_of
from vmident.core.naming import GUID
from vmident.core.selection import Selection
from vmident.core.shell import command_line
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import ExitCode, UsageError
from vmident.render.access import access_document, access_lines, access_rows
from vmident.usecases.access.show_access import AccessQuestion, show_access
from vmident.usecases.resolve.identities import checked_identity_names
from vmident.usecases.resolve.vm_batch import VmBatch

PrincipalWords = Annotated[
    list[str] | None,
    typer.Option(
        "--principal",
        metavar="OBJECT_ID",
        help="User, group, or service principal, by object ID. Repeatable.",
        show_default=False,
    ),
]


def access(
    run: Run,
    *,
    vms: VmWords = None,
    vm_options: VmOptions,
    identity: IdentityWords = None,
    principal: PrincipalWords = None,
    groups: GroupsFlag = False,
    finding: FindingOptions,
) -> ExitCode:
    """Show who can act as an identity and what it can do.

    Evaluates the actions that role assignments allow, not the names of roles: to run commands on the VM, install
    extensions, change the VM or sign in to it, and to use or change the identity itself. Reads Resource Graph, which
    lags by a few minutes, and Microsoft Graph only with --groups. Changes nothing.

    Examples:

      vmident access myVM

      vmident access myVM --groups

      vmident access --identity myUserAssignedIdentity -o json

      vmident access --principal 9e750000-0e5a-4d5b-8f2b-1b7a5c0ffee3

      vmident access --all --fail-on high
    """
    chosen = finding_filter(finding, run)
    for one in principal or ():
        _check_object_id(one)
    identities = checked_identity_names(identity or ())
    meant = selected_vms(vms, vm_options, run) if is_selection(vms, vm_options, run) else None
    if meant is None and not identities and not principal:
        raise UsageError(
            "No VM, identity, or principal specified.",
            hint="Use VM names, --identity, --principal, or a selector. Example: vmident access myVM",
        )
    session = run.open(selecting=isinstance(meant, Selection), kind=vm_options.kind)
    words = resolve_vms(meant, session, run) if meant is not None else ()
    named = VmBatch([one for one in words if isinstance(one, str)], session.where, session.ports.machines)
    machines = tuple(str(one.id if isinstance(one, VirtualMachine) else named.find(one)) for one in words)
    of_machines = dict.fromkeys(subscription_of(one) or "" for one in machines)
    subscriptions = session.subscriptions(run.several_subscriptions) or tuple(of_machines)
    report = show_access(
        AccessQuestion(machines, identities, tuple(principal or ())),
        subscriptions or (session.where.subscription(),),
        session.ports.access_rows,
        chosen,
        run.runtime.wall(),
        directory=session.ports.directory if groups else None,
    )
    run.answer(access_document(report), rows=access_rows(report), lines=lambda: access_lines(report))
    return exit_code_of(report, finding.fail_on)


def _check_object_id(word: str) -> None:
    if not GUID.fullmatch(word):
        show = command_line("az", "ad", "user", "show", "--id", word if "@" in word else "USER")
        raise UsageError(
            f"'{word}' is not an object ID.",
            hint=f"Find the object ID of a user: {show} --query id -o tsv",
        )
