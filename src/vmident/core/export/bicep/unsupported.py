"""What of a desired-state file a Bicep file cannot express: all that changes a VM, and scopes out of its reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmident.core.export.bicep.modules import is_templatable
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.managed_resources import SelectedMachine
from vmident.core.export.unsupported import Unsupported
from vmident.core.export.unsupported_rules import lines_of_identities
from vmident.core.resource_id import ResourceId
from vmident.core.vm_kind import is_machine

_CHANGES_VMS = "The template never changes a VM."


def unsupported_by_bicep(state: ExportedState) -> Iterator[Unsupported]:
    """Yield what a Bicep file cannot express of rules, and of role assignments that exist."""
    for rule in state.rules:
        for named in rule.exclude:
            yield Unsupported(named.line, "'exclude'", _CHANGES_VMS)
        if rule.exactly:
            reason = f"{_CHANGES_VMS} With --partial, the listed identities are exported."
            yield Unsupported(rule.exactly.line, "'exactly'", reason)
        if rule.system:
            yield Unsupported(rule.system.line, "'system'", _CHANGES_VMS)
    lines = _lines(state.selected)
    for one in state.resources.assignments:
        if not is_templatable(one) and not (is_machine(one.receiver) and one.principal_id is None):
            reason = "A template at subscription scope cannot create role assignments there."
            yield Unsupported(lines[one.receiver], f"role '{one.role_name}' at {one.at}", reason)


def _lines(selected: Sequence[SelectedMachine]) -> dict[ResourceId, int]:
    """Return the line that names each identity, and the first line of a rule that grants roles on each VM."""
    granting = {
        one.machine.id: next((rule.line for rule in one.rules if rule.roles), one.rules[0].line) for one in selected
    }
    return {**granting, **lines_of_identities(selected)}
