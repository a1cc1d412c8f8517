"""Parts of rules that neither Terraform nor a template can express, as both name each VM and identity by its ID."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vmident.core.desired_state.plan import SUGGESTIONS_AT_MOST
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.managed_resources import SelectedMachine
from vmident.core.export.unsupported import Unsupported
from vmident.core.naming import did_you_mean
from vmident.core.resource_id import ResourceId
from vmident.core.resources import CredentialResource
from vmident.core.vm_kind import either, kind_of


def unselected(state: ExportedState) -> Iterator[Unsupported]:
    """Yield each VM that a rule names and does not select, with near names, and each other rule without VMs."""
    by_rule: dict[int, list[ResourceId]] = {id(rule): [] for rule in state.rules}
    for one in state.selected:
        for rule in one.rules:
            by_rule[id(rule)].append(one.machine.id)
    known = {name.lower() for name in state.machine_names}
    suggested = 0
    for rule in state.rules:
        found = by_rule[id(rule)]
        names = {vm.name.lower() for vm in found}
        missing = [name for name in rule.selector.names if "*" not in name and name.lower() not in names]
        if not found and not missing:
            yield Unsupported(rule.line, "the rule", "It selects no VMs, and the export names each VM by its ID.")
            continue
        for vm in sorted(rule.selector.ids - set(found)):
            yield Unsupported(rule.line, f"{kind_of(vm).noun} '{vm}'", "It does not exist.")
        for name in missing:
            is_unknown = name.lower() not in known and suggested < SUGGESTIONS_AT_MOST
            suggested += is_unknown
            alike = did_you_mean(name, state.machine_names) if is_unknown else ""
            noun = either(rule.selector.kinds_meant)
            reason = f"It does not exist.{alike}" if name.lower() not in known else "The rule does not select it."
            yield Unsupported(rule.line, f"{noun} '{name}'", reason)


def flexible_credentials(
    credentials: Iterable[CredentialResource], selected: Sequence[SelectedMachine]
) -> Iterator[Unsupported]:
    """Yield each federated credential that matches an expression, at the first line that names its identity."""
    lines = lines_of_identities(selected)
    for one in credentials:
        if one.is_flexible:
            what = f"federated credential '{one.name}' of identity '{one.identity.name}'"
            yield Unsupported(lines[one.identity], what, "It matches an expression, not a subject.")


def lines_of_identities(selected: Iterable[SelectedMachine]) -> dict[ResourceId, int]:
    """Return the first line that attaches each identity."""
    lines: dict[ResourceId, int] = {}
    for one in selected:
        for rule in one.rules:
            for named in (*rule.include, *(rule.exactly.identities if rule.exactly else ())):
                identity = named.beside(one.machine.id)
                lines[identity] = min(named.line, lines.get(identity, named.line))
    return lines
