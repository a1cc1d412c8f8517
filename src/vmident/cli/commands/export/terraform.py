"""`vmident export terraform`."""

from __future__ import annotations

from msgspec.structs import replace

from vmident.cli.export_job import ExportTarget, export_job
from vmident.cli.inputs.desired_state_file import DescriptionFile
from vmident.cli.options.export import ExportOptions
from vmident.cli.run import Run
from vmident.errors import ExitCode

_TERRAFORM = ExportTarget("terraform", "Terraform")


def terraform(run: Run, *, file: DescriptionFile = None, options: ExportOptions) -> ExitCode:
    """Export a desired state as Terraform configuration.

    Reads the VMs that the rules currently select, and writes import blocks and resources for their user-assigned
    identities, federated credentials, and role assignments, and an azapi_update_resource for the identity of each VM
    and scale set. The command changes nothing in Azure. The README in the folder explains how to apply the
    configuration.

    Fails without writing a file if the desired state has parts that Terraform cannot express, such as 'exclude'. Use
    --partial to export the rest.

    Examples:

      vmident export terraform -f identities.yaml --to terraform

      vmident export terraform -f identities.yaml --to terraform --partial
    """
    from vmident.cli.exported_state import exported_state
    from vmident.core.export.terraform.export import terraform_export
    from vmident.core.export.terraform.removed import known_resources
    from vmident.render.export.terraform import terraform_files
    from vmident.render.plan import plan_warning_lines
    from vmident.usecases.export_resources import plan_terraform

    session = run.open()
    job = export_job(_TERRAFORM, file, options, run)
    state, notes = exported_state(job, session)
    made = terraform_export(state, known_resources(job.folder.earlier_files().values()))
    job.check_not_empty(made.unsupported, is_empty=state.resources.is_empty)
    warnings = plan_warning_lines(plan_terraform(state, session.ports.machines), job.file)
    return job.finish(run, replace(made, files=terraform_files(made, state)), notes=[*notes, *warnings])
