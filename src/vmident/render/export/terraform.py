"""The README of an exported Terraform configuration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill

from vmident.core.export.exported_state import ExportedState
from vmident.core.export.unsupported import Export
from vmident.render.export.readme import document, missing_section, plain, plan_command, shell_block

_COLUMNS = 110
_README = """\
# Managed identities of VMs as Terraform configuration

This folder was generated from {file} by `vmident export terraform`. Do not edit the files: export again
instead. An export replaces the files that it wrote and keeps all others, such as Terraform's state.

## Deploy

```sh
terraform init
terraform plan
terraform apply
```

{counts}{losses}

`azapi_update_resource` cannot be imported, so the first `terraform apply` updates each VM once, even if its
identity already matches the file.

Then check that the VMs match the file:

{plan}

## VMs that Terraform manages elsewhere

If another Terraform resource manages one of these VMs, add this to that resource. Otherwise, the two resources
overwrite each other's changes to the VM's identity.

```hcl
lifecycle {{
  ignore_changes = [identity]
}}
```

## What Terraform does not do

* It does not add new VMs. Names with `*`, tags, groups and regions were resolved when this folder was written,
  and the configuration lists each VM by its ID. Export again to add VMs.
* It does not detect that one of several identities was detached, because azapi compares only what Azure
  returns. `vmident plan` does.
* It does not detach one identity and keep others. `exclude`, and `exactly` with identities, cannot be
  exported.
* It does not adapt `identity.type`, which is fixed at the time of the export. If a VM gets another type of
  identity in some other way, Terraform plans to change the type back. Export again to keep the new type.
* It does not protect VMs against concurrent changes: azapi reads a VM and sends it back as a whole, without an
  etag. A change between the two requests is overwritten. Do not run `terraform apply` while another tool changes
  these VMs.
* It does not remove identities from VMs with `terraform destroy`, which deletes only the user-assigned identities,
  federated credentials and role assignments of this folder.
"""


def terraform_files(made: Export, state: ExportedState) -> dict[str, str]:
    """Return the text of each file by its name, with the README."""
    return {
        **made.files,
        "README.md": document([_readme(state), *_removed_section(made.removed), *missing_section(made.unsupported)]),
    }


def _removed_section(removed: Sequence[str]) -> list[str]:
    if not removed:
        return []
    explained = [
        "An earlier export to this folder had these resources, and this one has not. The `removed` blocks in",
        "`removed.tf` make Terraform stop managing them. It keeps them in Azure:",
    ]
    return ["## No longer managed", "", *explained, "", *(f"* `{one}`" for one in removed), ""]


def _readme(state: ExportedState) -> str:
    resources = state.resources
    exist = [*(one.exists for one in resources.identities), *(one.exists for one in resources.assignments)]
    created, machines = exist.count(False), len(resources.machines)
    imported = exist.count(True) + len(resources.credentials)
    imports = f"{imported} to import and " if imported else ""
    new = f"{created} new identities and role assignments, and " if created else ""
    return _README.format(
        file=plain(state.title),
        counts=fill(
            f"The first `terraform plan` shows {imports}{created + machines} to add: {new}an "
            f"`azapi_update_resource` for each VM and scale set ({machines}). Terraform destroys no resources.",
            _COLUMNS,
            break_on_hyphens=False,
        ),
        losses="".join(f"\n\n{one}" for one in _losses(state)),
        plan=shell_block(plan_command(state.file, "--exit-code")),
    )


def _losses(state: ExportedState) -> Iterator[str]:
    """Yield a paragraph for each kind of identity that the update of a VM removes."""
    disabled = sum(one.goal.system is False and one.machine.identity.system is not None for one in state.selected)
    emptied = sum(one.goal.exactly == frozenset() and bool(one.machine.identity.users) for one in state.selected)
    if disabled:
        yield (
            f"`terraform apply` disables the system-assigned identity of {_vms(disabled)}. Azure permanently\n"
            "deletes each principal, which leaves its role assignments orphaned."
        )
    if emptied:
        yield f"`terraform apply` detaches all user-assigned identities of {_vms(emptied)}."


def _vms(count: int) -> str:
    return "1 VM or scale set" if count == 1 else f"{count} VMs and scale sets"
