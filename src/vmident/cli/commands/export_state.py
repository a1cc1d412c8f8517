"""`vmident export-state`."""

from __future__ import annotations

from vmident.cli.run import Run
from vmident.errors import ExitCode
from vmident.render.plan import state_document, state_row, state_text
from vmident.usecases.show_vms import list_vms


def export_state(run: Run) -> ExitCode:
    """Write the description of what VMs have now.

    Describes the VMs of the group given with -g, else of the default group, else of the subscription: what 'plan -f'
    finds no change for. It is YAML, also off a terminal, unless -o says otherwise.

    Examples:

      vmident export-state > identities.yaml

      vmident export-state -g myResourceGroup
    """
    session = run.open()
    document = state_document(list_vms(session.where, session.machines))
    run.answer_file(document, text=state_text(document), rows=[state_row(rule) for rule in document["rules"]])
    return ExitCode.DONE
