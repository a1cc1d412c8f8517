"""The README of an exported Terraform configuration."""

from __future__ import annotations

from vmident.core.export.exported_state import ExportedState
from vmident.core.export.unsupported import Export
from vmident.core.shell import command_line
from vmident.render.export.readme import document, missing_section, plain, shell_block

_README = """\
# Managed identities of VMs as Terraform configuration

`vmident export terraform` wrote this folder from {file}. Export again instead of editing these
files: an export replaces them and keeps all others, such as Terraform's state.

## Deploy

```sh
terraform init
terraform plan
terraform apply
```

The first `terraform plan` shows {imported} to import and {added} to add: {created} new identities and role
assignments, and an `azapi_update_resource` for each VM and scale set ({machines}). It cannot be imported, so the
first `terraform apply` sends the identity of each VM once, even if it is as described already.
Nothing is destroyed.

Then check that the VMs match the file:

{plan}

## VMs that Terraform manages elsewhere

Add this to each resource that manages one of these VMs. Otherwise both resources change the VM's
identity in turn.

```hcl
lifecycle {{
  ignore_changes = [identity]
}}
```

## What Terraform does not do

* It manages the VMs that the rules selected when this folder was written, by ID. Names with `*`, tags,
  groups and regions were resolved then. Export again to add new VMs.
* It does not notice that one identity of several was detached, because azapi compares only what Azure
  returns. `vmident plan` does.
* It does not detach one identity and keep others. `exclude`, and `exactly` with identities, cannot be
  exported.
* `identity.type` is the one that the file leads to on the day of the export. If a VM gets another kind of
  identity in some other way, Terraform plans to change the type back. Export again.
* azapi reads a VM and sends all of it back, without an etag. A change between the two requests is
  overwritten. Do not apply while something else changes these VMs.
* `terraform destroy` leaves the identities of VMs as they are. It deletes the user-assigned identities,
  federated credentials and role assignments of this folder.
"""


def terraform_files(made: Export, state: ExportedState) -> dict[str, str]:
    """Return the text of each file by its name, with the README."""
    return {**made.files, "README.md": document([_readme(state), *missing_section(made.unsupported)])}


def _readme(state: ExportedState) -> str:
    resources = state.resources
    exist = [*(one.exists for one in resources.identities), *(one.exists for one in resources.assignments)]
    created, machines = exist.count(False), len(resources.machines)
    return _README.format(
        file=plain(state.file),
        imported=exist.count(True) + len(resources.credentials),
        added=created + machines,
        created=created,
        machines=machines,
        plan=shell_block(command_line("vmident", "plan", "-f", state.file, "--exit-code")),
    )
