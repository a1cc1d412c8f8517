"""The README of exported Bicep files."""

from __future__ import annotations

from vmident.core.export.bicep.modules import modules_of
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.unsupported import Export
from vmident.core.shell import command_line
from vmident.render.export.readme import document, missing_section, plain, plan_command, shell_block

_README = """\
# Managed identities as Bicep files

This folder was generated from {file} by `vmident export bicep`. It contains user-assigned identities ({identities}),
federated credentials ({credentials}) and role assignments ({assignments}). `main.json` is the same template as
`main.bicep` in JSON, so that you can deploy it without the Bicep CLI.

Do not edit the files: export again instead. An export replaces the files that it wrote and keeps all others.

## Deploy

Preview the deployment:

{what_if}

Create a deployment stack, which tracks the resources of the template:

{deploy}

With `detachAll`, Azure does not delete a resource that is missing from a later export. To deploy without a stack, use
`az deployment sub create` with the same location and template file. The resource groups must exist.

Then check which changes remain:

{plan}

## What the template does not do

* It does not change VMs. Use `vmident apply` to attach the identities, or export to Azure Policy or Terraform: see
  `vmident export --help`.
* It does not include `system`, `exclude` and `exactly`, which require changes to VMs.
* It does not adapt to new VMs. Names with `*`, tags, groups and regions were resolved when this folder was written.
  Export again after you add VMs.
* It does not assign roles at management groups, or at extensions of other resources.
* It does not replace the role assignments of an identity that was deleted and created again. Azure rejects the
  deployment until you delete the orphaned role assignments.
"""


def bicep_files(made: Export, state: ExportedState) -> dict[str, str]:
    """Return the text of each file by its name, with the README."""
    return {**made.files, "README.md": document([_readme(state), *missing_section(made.unsupported)])}


def _readme(state: ExportedState) -> str:
    modules = modules_of(state.resources)
    location = next((one.location for module in modules for one in module.identities), "westus")
    place = ("--location", location, "--template-file", "main.json")
    stack = ("--action-on-unmanage", "detachAll", "--deny-settings-mode", "none")
    return _README.format(
        file=plain(state.title),
        identities=sum(len(one.identities) for one in modules),
        credentials=sum(len(one.credentials) for one in modules),
        assignments=sum(len(one.assignments) for one in modules),
        what_if=shell_block(command_line("az", "deployment", "sub", "what-if", *place)),
        deploy=shell_block(command_line("az", "stack", "sub", "create", "--name", "vmident", *place, *stack)),
        plan=shell_block(plan_command(state.file)),
    )
