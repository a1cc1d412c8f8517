"""Parts of rules that neither Terraform nor a template can express, as both name each VM and identity by its ID."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vmident.core.desired_state.rules import Rule
from vmident.core.export.managed_resources import SelectedMachine
from vmident.core.export.unsupported import Unsupported
from vmident.core.resource_id import ResourceId
from vmident.core.resources import CredentialResource
from vmident.core.vm_kind import either, kind_of


def unselected(rules: Sequence[Rule], selected: Iterable[SelectedMachine]) -> Iterator[Unsupported]:
    """Yield each rule that selects no VMs, and each VM that a rule names and that does not exist."""
    by_rule: dict[int, list[ResourceId]] = {id(rule): [] for rule in rules}
    for one in selected:
        for rule in one.rules:
            by_rule[id(rule)].append(one.machine.id)
    for rule in rules:
        found = by_rule[id(rule)]
        if not found:
            yield Unsupported(rule.line, "the rule", "It selects no VMs, and the export names each VM by its ID.")
            continue
        for missing in sorted(rule.selector.ids - set(found)):
            yield Unsupported(rule.line, f"{kind_of(missing).noun} '{missing}'", "It does not exist.")
        names = {vm.name.lower() for vm in found}
        for name in rule.selector.names:
            if "*" not in name and name.lower() not in names:
                noun = either(rule.selector.kinds_meant)
                yield Unsupported(rule.line, f"{noun} '{name}'", "The rule selects no such resource.")


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
