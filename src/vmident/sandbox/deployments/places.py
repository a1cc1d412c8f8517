"""Where a template is deployed: a resource group, a subscription or a management group; and what that means.

Source: Microsoft's pages 'Subscription deployments with ARM templates', 'Management group deployments with ARM
templates' and 'Scope functions for ARM templates'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vmident.sandbox.tenant import MANAGEMENT_GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping

# The file of a template's `$schema` at each scope.
_SCHEMAS = {
    "group": "deploymenttemplate.json",
    "subscription": "subscriptiondeploymenttemplate.json",
    "managementGroup": "managementgroupdeploymenttemplate.json",
}


@dataclass(frozen=True)
class Place:
    """Where a template is deployed; what it is deployed to, as GET shows it.

    `group` and `group_name` are empty at a subscription, `subscription` and `subscription_id` too at a management
    group. `deployment` is what `deployment()` answers.
    """

    subscription_id: str
    group_name: str
    group: Mapping[str, Any]
    subscription: Mapping[str, Any]
    management_group: Mapping[str, Any] = field(default_factory=dict)
    deployment: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """`group`, `subscription` or `managementGroup`."""
        if self.group_name:
            return "group"
        return "subscription" if self.subscription_id else "managementGroup"

    @property
    def scope_id(self) -> str:
        """The id of what it is deployed to."""
        if self.group_name:
            return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.group_name}"
        if self.subscription_id:
            return f"/subscriptions/{self.subscription_id}"
        return f"{MANAGEMENT_GROUPS}/{self.management_group['name']}"

    @property
    def needs_location(self) -> bool:
        """Whether a deployment says in which region it is kept: all but those to a resource group."""
        return not self.group_name

    def fits(self, schema: Any) -> bool:
        """Return whether a template with this `$schema` can be deployed here.

        One without a schema is taken for a group, as Azure was seen to; other scopes need it, which is assumed.
        """
        if schema is None:
            return bool(self.group_name)
        return str(schema).lower().rstrip("#").rpartition("/")[2] == _SCHEMAS[self.kind]

    def scope_of(self, text: str | None) -> str:
        """Return the id of a resource's `scope`: an id, or one relative to the tenant, or to the resource group."""
        if not text:
            return self.scope_id
        if text.startswith("/"):
            return text.rstrip("/")
        is_above = text.lower().startswith("microsoft.management/managementgroups/")
        return f"/providers/{text}" if is_above else f"{self.scope_id}/providers/{text}"
