"""Where a role assignment goes in templates: a deployment to a group or subscription, and a resource within it."""

from __future__ import annotations

from msgspec import Struct

from vmident.core.rbac.scope import Scope


class TemplateScope(Struct, frozen=True):
    """A scope as a template reaches it.

    `group` is `None` for a subscription. `types` and `names` are those of the resource that is the scope, such as
    `('Microsoft.Storage', 'storageAccounts')` and `('logs',)`, and empty for a group or subscription itself.
    """

    subscription: str
    group: str | None = None
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def resource_type(self) -> str:
        """The type of the resource, such as `Microsoft.Storage/storageAccounts`."""
        return "/".join(self.types)

    @property
    def resource_name(self) -> str:
        """The name of the resource with those above it, such as `logs/default`."""
        return "/".join(self.names)

    @property
    def relative_id(self) -> str:
        """The ID of the resource within its group or subscription, such as `Microsoft.Storage/storageAccounts/logs`."""
        namespace, *types = self.types
        return "/".join([namespace, *(f"{one}/{name}" for one, name in zip(types, self.names, strict=True))])


def template_scope(scope: Scope) -> TemplateScope | None:
    """Return how a template for a subscription reaches a scope.

    `None` for what it cannot reach: management groups, and extensions of other resources.
    """
    _, first, subscription, *rest = str(scope).split("/")
    if first != "subscriptions":
        return None
    group = None
    if rest and rest[0] == "resourceGroups":
        group, rest = rest[1], rest[2:]
    namespace, levels = rest[1:2], rest[2:]
    if "providers" in map(str.lower, levels[::2]):
        return None
    return TemplateScope(subscription, group, (*namespace, *levels[::2]), tuple(levels[1::2]))
