"""`vmident export bicep`."""

from __future__ import annotations

from vmident.cli.export_job import ExportTarget, export_job
from vmident.cli.inputs.desired_state_file import DescriptionFile
from vmident.cli.options.export import ExportOptions
from vmident.cli.run import Run
from vmident.errors import ExitCode

_BICEP = ExportTarget("bicep", "Bicep", "'include'")


def bicep(run: Run, *, file: DescriptionFile = None, options: ExportOptions) -> ExitCode:
    """Export the identities of a desired state as Bicep files.

    Reads the VMs that the rules currently select, and writes their user-assigned identities, federated credentials and
    role assignments as Bicep files and as an ARM template. The template never changes a VM: use 'vmident apply' to
    attach the identities. The command changes nothing in Azure. The README in the folder explains how to deploy the
    template.

    Fails without writing a file if the desired state has parts that a template cannot express, such as 'system' and
    'exclude'. Use --partial to export the rest.

    Examples:

      vmident export bicep -f identities.yaml --to bicep

      vmident export bicep -f identities.yaml --to bicep --partial
    """
    from vmident.cli.exported_state import exported_state
    from vmident.core.export.bicep.export import bicep_export
    from vmident.core.export.unsupported import Export
    from vmident.render.export.bicep import bicep_files

    session = run.open()
    job = export_job(_BICEP, file, options, run)
    state, notes = exported_state(job, session)
    made = bicep_export(state)
    job.check_not_empty(made.unsupported, is_empty=state.resources.has_only_machines)
    return job.finish(run, Export(bicep_files(made, state), made.unsupported), notes=notes)
