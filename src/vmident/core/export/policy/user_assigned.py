"""Assignments of the built-in policy that attaches a user-assigned identity to VMs or scale sets.

1. The built-in policy selects by the scope of its assignment and by region: a management group, a subscription or a
   resource group. Rules that select by name, ID, tag or a pattern of groups cannot be exported.
2. It attaches one identity, by its ID. An identity that a rule names without a group is a different one in each
   resource group, so such a rule needs `groups`.
3. It never detaches: `exclude` and `exactly` cannot be exported. Under `--partial`, an identity that another rule
   excludes, or leaves out of its `exactly`, is not attached at all, as no VM can be left out.

Source: 'Managed Identity/VM_UAI_DINE.json' and 'VMSS_UAI_DINE.json' of the repository Azure/azure-policy, version
1.1.0-preview; Microsoft's page 'Azure Policy assignment structure' for resource selectors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from vmident.core.desired_state.rules import Named, Rule
from vmident.core.export.policy.clauses import ExportScope, check_in_scope, kinds_of, regions_of
from vmident.core.export.policy.patterns import Inexpressible
from vmident.core.export.unsupported import Unsupported
from vmident.core.rbac.builtin_roles import CONTRIBUTOR, USER_ACCESS_ADMINISTRATOR
from vmident.core.rbac.scope import Scope, group_scope, subscription_scope
from vmident.core.resource_id import ResourceId, user_identity_id
from vmident.core.vm_kind import VmKind

USER_ROLES = (CONTRIBUTOR, USER_ACCESS_ADMINISTRATOR)
"""What the built-in definition says that the identity of its assignment needs."""
BUILT_IN = {
    VmKind.VM: "/providers/Microsoft.Authorization/policyDefinitions/d367bd60-64ca-4364-98ea-276775bddd94",
    VmKind.SCALE_SET: "/providers/Microsoft.Authorization/policyDefinitions/516187d4-ef64-4a1b-ad6b-a7348502976c",
}
_DETACHES = "Azure Policy attaches identities and never detaches them."
_MOST_REGIONS = 50


class AttachmentPolicy(Struct, frozen=True, order=True):
    """That one identity is attached to all resources of a kind at a scope, in some regions or in all."""

    scope: str
    identity: str
    kind_word: str
    regions: tuple[str, ...]

    @property
    def kind(self) -> VmKind:
        """The kind of resource."""
        return VmKind(self.kind_word)

    def named(self, prefix: str) -> str:
        """Return the name of the assignment: a name at a management group has at most 24 characters."""
        words = (self.scope.lower(), self.identity.lower(), self.kind_word, *self.regions)
        return f"{prefix}-{hashlib.sha256('|'.join(words).encode()).hexdigest()[:12]}"

    def properties(self) -> dict[str, Any]:
        """Return what distinguishes the assignment from others, as Azure Policy takes it."""
        name = self.identity.rpartition("/")[2]
        selectors = [{"kind": "resourceLocation", "in": list(self.regions)}]
        return {
            "displayName": f"Attach {name} to {self.kind.noun}s"[:128],
            "policyDefinitionId": BUILT_IN[self.kind],
            "parameters": {
                "bringYourOwnUserAssignedManagedIdentity": {"value": True},
                "restrictBringYourOwnUserAssignedIdentityToSubscription": {"value": False},
                "userAssignedIdentityResourceId": {"value": self.identity},
            },
            **({"resourceSelectors": [{"name": "regions", "selectors": selectors}]} if self.regions else {}),
        }


def attachments(
    rules: Sequence[Rule], place: ExportScope
) -> tuple[dict[AttachmentPolicy, tuple[int, ...]], tuple[Unsupported, ...]]:
    """Return the assignments for rules that include identities, each with its lines, and what cannot be expressed."""
    limiting = [rule for rule in rules if rule.exclude or rule.exactly]
    unsupported: set[Unsupported] = set()
    found: dict[AttachmentPolicy, set[int]] = {}
    for rule in rules:
        if rule.exclude:
            unsupported.add(Unsupported(rule.exclude[0].line, "'exclude'", _DETACHES))
        if rule.exactly:
            unsupported.add(Unsupported(rule.exactly.line, "'exactly'", _DETACHES))
        if not rule.include:
            continue
        problems = [*_selector_problems(rule, place)]
        unsupported |= {Unsupported(rule.line, one.what, one.reason) for one in problems}
        for named in rule.include:
            against = _line_against(named, limiting)
            if against is not None:
                reason = f"The rule on line {against} does not allow it on its VMs, which the policy cannot exclude."
                unsupported.add(Unsupported(named.line, f"'include' of {_called(named)}", reason))
            elif not problems:
                try:
                    for one in _attachments(rule, named, place):
                        found.setdefault(one, set()).add(rule.line)
                except Inexpressible as bad:
                    unsupported.add(Unsupported(named.line, bad.what, bad.reason))
    return {one: tuple(sorted(found[one])) for one in sorted(found)}, tuple(sorted(unsupported))


def _selector_problems(rule: Rule, place: ExportScope) -> Iterator[Inexpressible]:
    """Yield what the built-in policy cannot select by (1)."""
    selector = rule.selector
    if selector.ids:
        yield _selecting("ids", "ID")
    if selector.names and not _is_everything(selector.names):
        yield _selecting("names", "name")
    if selector.tags:
        yield _selecting("tags", "tag")
    if any("*" in one for one in selector.groups) and not _is_everything(selector.groups):
        yield _selecting("groups", "a pattern of resource groups")
    try:
        check_in_scope(rule, place)
        regions = regions_of(selector)
    except Inexpressible as bad:
        yield bad
        return
    if len(regions) > _MOST_REGIONS:
        yield Inexpressible(
            f"'regions' with {len(regions)} regions", f"An assignment has at most {_MOST_REGIONS} regions."
        )


def _selecting(key: str, by: str) -> Inexpressible:
    reason = f"The built-in policy that attaches identities selects VMs by scope and region, and not by {by}."
    return Inexpressible(f"'{key}' with 'include'", reason)


def _is_everything(patterns: Sequence[str]) -> bool:
    return any(one.strip("*") == "" for one in patterns)


def _attachments(rule: Rule, named: Named, place: ExportScope) -> Iterator[AttachmentPolicy]:
    regions = tuple(regions_of(rule.selector))
    for scope, group in _scopes(rule, place):
        identity = named.identity
        if not isinstance(identity, ResourceId):
            if group is None:
                reason = "It is another identity in each resource group. Use its ID, or 'groups' in the rule."
                raise Inexpressible(f"the identity '{identity}' without a resource group", reason)
            identity = user_identity_id(group[0], group[1], identity)
        for kind in kinds_of(rule.selector):
            yield AttachmentPolicy(str(scope), str(identity), kind.value, regions)


def _scopes(rule: Rule, place: ExportScope) -> Iterator[tuple[Scope, tuple[str, str] | None]]:
    """Yield the scopes to assign at; of a resource group, its subscription and name too. Raises `Inexpressible`."""
    subscriptions = place.subscriptions_of(rule.selector)
    if place.scope.subscription is not None:
        subscriptions = (place.scope.subscription.lower(),)
    spelled = {one.lower(): one for one in reversed(rule.selector.groups)}
    groups = () if _is_everything(rule.selector.groups) else [spelled[key] for key in sorted(spelled)]
    if groups and not subscriptions:
        reason = "A resource group belongs to a subscription. Add 'subscriptions' to the rule."
        raise Inexpressible("'groups' with 'include' without a subscription", reason)
    if not subscriptions:
        yield place.scope, None
    for subscription in subscriptions or ():
        if not groups:
            yield subscription_scope(subscription), None
        for group in groups:
            yield group_scope(subscription, group), (subscription, group)


def _line_against(named: Named, rules: Sequence[Rule]) -> int | None:
    """Return the line that excludes an identity, or that sets an exact list without it; `None` for none (3)."""
    for rule in rules:
        excluded = next((one.line for one in rule.exclude if _may_be(one, named)), None)
        if excluded is not None:
            return excluded
        if rule.exactly and not any(one.identity == named.identity for one in rule.exactly.identities):
            return rule.exactly.line
    return None


def _may_be(one: Named, other: Named) -> bool:
    """Return whether two words can mean the same identity, in whatever resource group."""
    if isinstance(one.identity, ResourceId) and isinstance(other.identity, ResourceId):
        return one.identity == other.identity
    return _name(one).lower() == _name(other).lower()


def _name(named: Named) -> str:
    return named.identity.name if isinstance(named.identity, ResourceId) else named.identity


def _called(named: Named) -> str:
    return f"identity '{_name(named)}'"
