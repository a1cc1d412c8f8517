"""What of a desired-state file Terraform cannot express."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmident.core.desired_state.rules import Rule
from vmident.core.export.managed_resources import SelectedMachine
from vmident.core.export.unsupported import Unsupported

_KEEPS_OTHERS = "azapi_update_resource cannot detach one identity and keep others."


def unsupported_by_terraform(rules: Sequence[Rule], selected: Sequence[SelectedMachine]) -> Iterator[Unsupported]:
    """Yield what Terraform cannot express of rules: see Z1 and Z3 of `terraform.machines`."""
    for rule in rules:
        for named in rule.exclude:
            yield Unsupported(named.line, "'exclude'", _KEEPS_OTHERS)
        if rule.exactly and rule.exactly.identities:
            reason = f"{_KEEPS_OTHERS} With --partial, the listed identities are attached."
            yield Unsupported(rule.exactly.line, "'exactly'", reason)
    for one in selected:
        for rule in one.rules:
            if one.machine.is_flexible and rule.system and rule.system.is_wanted:
                reason = "Scale sets in Flexible orchestration mode do not support the system-assigned identity."
                yield Unsupported(rule.system.line, "'system: true'", reason)
