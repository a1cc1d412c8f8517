"""What a role definition is, and what many of Azure's own have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Role:
    """A role definition; `name` is its GUID, `title` what people call it."""

    name: str
    title: str
    description: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    is_custom: bool = False
    scopes: tuple[str, ...] = ("/",)

    @property
    def permissions(self) -> dict[str, Any]:
        """Return what it allows, as answers carry it."""
        return {
            "actions": list(self.actions),
            "notActions": list(self.not_actions),
            "dataActions": list(self.data_actions),
            "notDataActions": list(self.not_data_actions),
        }


EVERYDAY = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
)
"""What nearly every contributor role of Azure allows beside its own service."""
