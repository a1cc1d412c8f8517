"""The README of an exported Bicep file."""

from __future__ import annotations

from collections.abc import Sequence

from vmident.core.export.bicep.modules import Module
from vmident.core.export.markdown import fenced, not_exported, plain
from vmident.core.export.unsupported import Unsupported
from vmident.core.shell import command_line

_README = """\
# Managed identities as a Bicep file

`vmident export bicep` wrote this folder from {file}. It contains {identities} user-assigned identities,
{credentials} federated credentials and {assignments} role assignments. `main.json` is the ARM template that says the
same as the `.bicep` files, for use without a Bicep compiler.

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


def readme(modules: Sequence[Module], unsupported: Sequence[Unsupported], file: str) -> str:
    """Return the README as Markdown; `file` is the name of the desired-state file."""
    location = next((one.location for module in modules for one in module.identities), "westus")
    place = ("--location", location, "--template-file", "main.json")
    stack = ("--action-on-unmanage", "detachAll", "--deny-settings-mode", "none")
    text = _README.format(
        file=plain(file),
        identities=sum(len(one.identities) for one in modules),
        credentials=sum(len(one.credentials) for one in modules),
        assignments=sum(len(one.assignments) for one in modules),
        what_if=fenced([command_line("az", "deployment", "sub", "what-if", *place)]),
        deploy=fenced([command_line("az", "stack", "sub", "create", "--name", "vmident", *place, *stack)]),
        plan=fenced([command_line("vmident", "plan", "-f", file)]),
    )
    return "\n".join([text, *not_exported(unsupported, file)])
