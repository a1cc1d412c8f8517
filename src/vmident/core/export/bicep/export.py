"""The files of an export to Bicep."""

from __future__ import annotations

from vmident.core.export.bicep.modules import modules_of
from vmident.core.export.bicep.template import template_text
from vmident.core.export.bicep.text import main_text, module_file, module_text
from vmident.core.export.bicep.unsupported import unsupported_by_bicep
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.unsupported import Export
from vmident.core.export.unsupported_rules import flexible_credentials, unselected


def bicep_export(state: ExportedState) -> Export:
    """Return the Bicep files and the ARM template for the identities of the VMs that rules select."""
    modules = modules_of(state.resources)
    unsupported = sorted(
        {
            *unsupported_by_bicep(state),
            *unselected(state),
            *flexible_credentials(state.existing.credentials, state.selected),
        }
    )
    header = f"Generated from {state.title} by vmident."
    files = {
        "main.bicep": main_text(modules, header),
        "main.json": template_text(modules),
        **{module_file(one): module_text(one, header) for one in modules},
    }
    return Export(files, tuple(unsupported))
