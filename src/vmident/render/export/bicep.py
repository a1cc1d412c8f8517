"""The README of an exported Bicep file."""

from __future__ import annotations

from vmident.core.export.bicep.modules import modules_of
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.unsupported import Export
from vmident.core.shell import command_line
from vmident.render.export.readme import document, missing_section, plain, shell_block

_README = """\
# Managed identities as a Bicep file

`vmident export bicep` wrote this folder from {file}. It contains user-assigned identities ({identities}),
federated credentials ({credentials}) and role assignments ({assignments}). `main.json` is the ARM template that says
the same as the `.bicep` files, for use without a Bicep compiler.

Export again instead of editing these files: an export replaces them and keeps all others.

## Deploy

See what a deployment changes:

{what_if}

Deploy it as a deployment stack, which remembers what belongs to it:

{deploy}

With `detachAll`, a resource that is missing from a later export stays in Azure. Without a stack, use
`az deployment sub create` with the same location and template file. The resource groups must exist.

Then check what is left to do:

{plan}

## What the template does not do

* It never changes a VM. `vmident apply` attaches the identities, and so do Azure Policy and Terraform:
  see `vmident export --help`.
* The system-assigned identity, `exclude` and `exactly` cannot be exported.
* It contains the identities that the rules named for the VMs that they selected when this folder was
  written. Names with `*`, tags, groups and regions were resolved then. Export again after you add VMs.
* It does not reach management groups, or scopes that are extensions of other resources.
* A role assignment keeps its name when its identity is deleted and created again. Azure refuses that
  deployment until the old assignment is deleted.
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
        file=plain(state.file),
        identities=sum(len(one.identities) for one in modules),
        credentials=sum(len(one.credentials) for one in modules),
        assignments=sum(len(one.assignments) for one in modules),
        what_if=shell_block(command_line("az", "deployment", "sub", "what-if", *place)),
        deploy=shell_block(command_line("az", "stack", "sub", "create", "--name", "vmident", *place, *stack)),
        plan=shell_block(command_line("vmident", "plan", "-f", state.file)),
    )
