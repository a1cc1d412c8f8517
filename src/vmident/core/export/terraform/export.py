"""The files of an export to Terraform."""

from __future__ import annotations

from collections.abc import Iterable

from vmident.core.export.exported_state import ExportedState
from vmident.core.export.terraform.assignments import assignment_blocks
from vmident.core.export.terraform.hcl import hcl_comment
from vmident.core.export.terraform.identities import credential_blocks, identity_blocks
from vmident.core.export.terraform.machines import machine_blocks
from vmident.core.export.terraform.providers import provider_blocks, subscriptions_of
from vmident.core.export.terraform.unsupported import unsupported_by_terraform
from vmident.core.export.unsupported import Export
from vmident.core.export.unsupported_rules import flexible_credentials, unselected


def terraform_export(state: ExportedState) -> Export:
    """Return the configuration for the VMs that rules select."""
    resources, file = state.resources, state.file
    unsupported = sorted(
        {
            *unsupported_by_terraform(state.rules, state.selected),
            *unselected(state.rules, state.selected),
            *flexible_credentials(state.existing.credentials, state.selected),
        }
    )
    machines = (one.id.subscription for one in resources.machines)
    subscriptions = subscriptions_of((*(one.id.subscription for one in resources.identities), *machines))
    default = subscriptions[0] if subscriptions else ""
    files = {
        "providers.tf": _text(provider_blocks(subscriptions), file),
        "identities.tf": _text(identity_blocks(resources.identities, default), file),
        "federated_credentials.tf": _text(credential_blocks(resources.credentials, default), file),
        "role_assignments.tf": _text(assignment_blocks(resources.assignments), file),
        "machines.tf": _text(machine_blocks(resources.machines), file),
    }
    return Export({name: text for name, text in files.items() if text}, tuple(unsupported))


def _text(blocks: Iterable[str], file: str) -> str:
    written = list(blocks)
    header = hcl_comment(f"Generated from {file} by vmident.")
    return "\n\n".join([header, *written]) + "\n" if written else ""
