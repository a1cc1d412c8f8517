"""The files of an export to Terraform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vmident.core.export.exported_state import ExportedState
from vmident.core.export.terraform.assignments import assignment_blocks
from vmident.core.export.terraform.hcl import hcl_comment
from vmident.core.export.terraform.identities import credential_blocks, identity_blocks
from vmident.core.export.terraform.machines import machine_blocks
from vmident.core.export.terraform.providers import provider_blocks, subscriptions_of
from vmident.core.export.terraform.removed import KnownResources, known_resources, removed_blocks
from vmident.core.export.terraform.unsupported import unsupported_by_terraform
from vmident.core.export.unsupported import Export
from vmident.core.export.unsupported_rules import flexible_credentials, unselected

_NOTHING = KnownResources()


def terraform_export(state: ExportedState, earlier: KnownResources = _NOTHING) -> Export:
    """Return the configuration for the VMs that rules select; `earlier` is what the folder named before."""
    resources = state.resources
    unsupported = sorted(
        {
            *unsupported_by_terraform(state.rules, state.selected),
            *unselected(state),
            *flexible_credentials(state.existing.credentials, state.selected),
        }
    )
    machines = (one.id.subscription for one in resources.machines)
    subscriptions = subscriptions_of((*(one.id.subscription for one in resources.identities), *machines))
    files = _files(state, subscriptions)
    removed = tuple(sorted(earlier.addresses - known_resources(files.values()).addresses))
    if removed:
        subscriptions = subscriptions_of((*subscriptions, *earlier.subscriptions))
        files = {**_files(state, subscriptions), "removed.tf": _text(removed_blocks(removed), state.title)}
    return Export({name: text for name, text in files.items() if text}, tuple(unsupported), removed)


def _files(state: ExportedState, subscriptions: Sequence[str]) -> dict[str, str]:
    """Return the text of each file, with a provider for each subscription."""
    resources, title = state.resources, state.title
    default = subscriptions[0] if subscriptions else ""
    return {
        "providers.tf": _text(provider_blocks(subscriptions), title),
        "identities.tf": _text(identity_blocks(resources.identities, default), title),
        "federated_credentials.tf": _text(credential_blocks(resources.credentials, default), title),
        "role_assignments.tf": _text(assignment_blocks(resources.assignments), title),
        "machines.tf": _text(machine_blocks(resources.machines), title),
    }


def _text(blocks: Iterable[str], title: str) -> str:
    written = list(blocks)
    header = hcl_comment(f"Generated from {title} by vmident.")
    return "\n\n".join([header, *written]) + "\n" if written else ""
