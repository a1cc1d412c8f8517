"""`vmident export bicep`."""

from __future__ import annotations

from vmident.cli.export_job import ExportTarget, export_job
from vmident.cli.inputs.desired_state_file import DescriptionFile
from vmident.cli.options.export import ExportOptions
from vmident.cli.run import Run
from vmident.errors import ExitCode

_BICEP = ExportTarget("bicep", "Bicep")


def bicep(run: Run, *, file: DescriptionFile = None, options: ExportOptions) -> ExitCode:
    """Export the identities of a desired state as a Bicep file.

    Reads the VMs that the rules select now, and writes their user-assigned identities, federated credentials and role
    assignments as Bicep files and as an ARM template, for a deployment stack. The template never changes a VM: use
    'vmident apply' to attach the identities. Changes nothing in Azure. The README in the folder explains how to deploy.

    Parts of rules that a template cannot express, such as 'system' and 'exclude', are an error, and no file is
    written. Use --partial to export the rest.

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
    return job.finish(run, Export(bicep_files(made, state), made.unsupported), notes=notes)
