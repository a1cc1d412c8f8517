"""`vmident export-state`."""

from __future__ import annotations

from vmident.cli.inputs.kinds import Kind
from vmident.cli.options.shared import KindWord
from vmident.cli.run import Run
from vmident.core.virtual_machine import UnreadVm, VirtualMachine
from vmident.errors import ExitCode
from vmident.render.plan import state_document, state_row, state_text
from vmident.results.changes import exit_code_for
from vmident.usecases.show_vms import list_vms, view_of


def export_state(run: Run, *, kind: KindWord = Kind.VM) -> ExitCode:
    """Write the current identities as a desired-state file.

    Includes the VMs of the resource group given with -g, or of the default resource group. If neither is set, includes
    all VMs of the subscription. Use --kind to include scale sets. 'vmident plan -f' shows no changes for the result.
    Writes YAML unless -o is given.

    Examples:

      vmident export-state > identities.yaml

      vmident export-state -g myResourceGroup --kind any
    """
    session = run.open(kind=kind)
    listed = list(list_vms(session.where, session.ports.machines))
    document = state_document(one for one in listed if isinstance(one, VirtualMachine))
    run.answer_file(document, text=state_text(document), rows=[state_row(rule) for rule in document["rules"]])
    unread = [one for one in listed if isinstance(one, UnreadVm)]
    for one in unread:
        run.failed(one.error)
    return exit_code_for([view_of(one) for one in listed])
