"""`vmident show` and `vmident list`; what they do is loaded when they do it, as completion reads their signatures."""

from __future__ import annotations

from vmident.cli.options import SelectionOptions, VmOptions, VmWords
from vmident.cli.running import Run, one_or_all
from vmident.errors import ExitCode


def show(run: Run, *, vms: VmWords = None, vm_options: VmOptions) -> ExitCode:
    """Show the identities that VMs have.

    Examples:

      vmident show myVM

      vmident show myVM -g myResourceGroup --query identity.principalId -o tsv
    """
    from vmident.cli.vm_words import vms_found, vms_meant
    from vmident.core.selection import Selection
    from vmident.render.document import machine_document, machine_row
    from vmident.render.human import machine_lines
    from vmident.results import exit_code_for
    from vmident.usecases.show_vms import show_vms

    meant = vms_meant(vms, vm_options, run)
    session = run.open(selecting=isinstance(meant, Selection))
    words = vms_found(meant, session, run)
    shown = show_vms(words, session.where, session.machines)
    machines = [one.machine for one in shown if one.machine]
    named_one = isinstance(meant, tuple) and len(meant) == 1 and vm_options.ids is None
    if machines or not named_one:
        run.answer(
            one_or_all([machine_document(one) for one in machines], named_one=named_one),
            rows=[machine_row(one) for one in machines],
            lines=lambda: (line for one in machines for line in machine_lines(one)),
        )
    for one in shown:
        if one.error:
            run.failed(one.error)
    return exit_code_for(shown)


def list_(run: Run, *, selecting: SelectionOptions) -> ExitCode:
    """List VMs and the identities they have.

    Lists the VMs of the group given with -g, else of the default group, else of the subscription. With --tag, --where
    or --all the default group plays no part.

    Examples:

      vmident list

      vmident list -g myResourceGroup -o table

      vmident list --tag team=web
    """
    from vmident.cli.vm_words import selection_in, vms_found
    from vmident.core.selection import Selection
    from vmident.render.document import machine_document, machine_row
    from vmident.render.human import table_lines
    from vmident.results import Shown, exit_code_for
    from vmident.usecases.show_vms import list_vms, show_vms

    selection = selection_in(selecting, run)
    if selection is None and run.several_subscriptions:
        selection = Selection(run.group_given)
    session = run.open(selecting=selection is not None)
    if selection:
        found = show_vms(vms_found(selection, session, run), session.where, session.machines)
    else:
        found = tuple(Shown(str(one.id), one) for one in list_vms(session.where, session.machines))
    machines = [one.machine for one in found if one.machine]
    rows = [machine_row(one) for one in machines]
    run.answer([machine_document(one) for one in machines], rows=rows, lines=lambda: table_lines(rows))
    for one in found:
        if one.error:
            run.failed(one.error)
    return exit_code_for(found)
