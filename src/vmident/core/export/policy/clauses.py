"""The selector of a rule as conditions of Azure Policy, for one kind of resource at the scope of the assignment.

A rule that names no subscription means the subscription of the command. For an export that is the scope: the
subscription, or every subscription of the management group, unless `--subscription` names one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from re import fullmatch

from msgspec import Struct

from vmident.core.desired_state.rules import Rule, Selector
from vmident.core.export.policy.patterns import Condition, Inexpressible, name_conditions, tag_condition
from vmident.core.rbac.scope import Scope
from vmident.core.resources import location_key
from vmident.core.vm_kind import ALL_KINDS, ONLY_VMS, VmKind, kind_of

EVERYTHING: Condition = {"allOf": []}
"""The clause of a rule that selects every resource of a kind."""
_MOST_IDS = 500
_NAME = {"field": "name"}
_GROUP = {"value": "[resourceGroup().name]"}
_SUBSCRIPTION = "[subscription().subscriptionId]"


class ExportScope(Struct, frozen=True):
    """Where policy is assigned: a subscription or a management group; `only` is the subscription of rules without one.

    `only` is `None` where such rules mean the whole scope.
    """

    scope: Scope
    only: str | None = None

    def subscriptions_of(self, selector: Selector) -> tuple[str, ...] | None:
        """Return the subscriptions, in lower case and sorted, that a rule is limited to; `None` for the whole scope."""
        named = {one.lower() for one in selector.subscriptions}
        if not named and not selector.ids and self.only:
            named = {self.only.lower()}
        if self.scope.subscription is not None:
            own = self.scope.subscription.lower()
            return None if not named or own in named else ()
        return tuple(sorted(named)) or None


def kinds_of(selector: Selector) -> tuple[VmKind, ...]:
    """Return the kinds that a rule selects among, as `Selector.selects` does."""
    there = selector.kinds or (ALL_KINDS if selector.ids else ONLY_VMS)
    return tuple(kind for kind in ALL_KINDS if kind in there)


def check_in_scope(rule: Rule, place: ExportScope) -> None:
    """Raise `Inexpressible` for a subscription that policy at the scope of the export does not reach."""
    own = place.scope.subscription
    if own is None:
        return
    outside = sorted({one for one in rule.selector.subscriptions if one.lower() != own.lower()})
    outside += sorted({one.subscription for one in rule.selector.ids if one.subscription.lower() != own.lower()})
    if outside:
        reason = f"It is outside the scope {place.scope}. Use a management group that contains both."
        raise Inexpressible(f"the subscription {outside[0]}", reason)


def clauses(selector: Selector, kind: VmKind, place: ExportScope) -> list[Condition]:
    """Return conditions, beside the type of the resource, of which one holds where the selector selects it.

    Empty where it selects nothing of this kind in the scope; `[EVERYTHING]` where it selects all of them. Long lists
    are split, so that no condition is larger than a policy definition may be. Raises `Inexpressible`.
    """
    subscriptions = place.subscriptions_of(selector)
    if kind not in kinds_of(selector) or subscriptions == ():
        return []
    ids = sorted(str(one) for one in selector.ids if kind_of(one) is kind)
    if selector.ids and not ids:
        return []
    if not all(one.isascii() for one in ids):
        reason = "Azure Policy compares non-ASCII letters differently than vmident does."
        raise Inexpressible(f"the ID {next(one for one in ids if not one.isascii())}", reason)
    common: list[Condition] = []
    if subscriptions:
        common.append({"value": _SUBSCRIPTION, "in": list(subscriptions)})
    if selector.regions:
        common.append({"field": "location", "in": regions_of(selector)})
    common += [tag_condition(name, selector.tags[name]) for name in sorted(selector.tags)]
    groups = name_conditions("group", _GROUP, "resourceGroup().name", selector.groups)
    names = name_conditions("name", _NAME, "field('name')", selector.names)
    listed: list[Condition] = [{"field": "id", "in": ids[at : at + _MOST_IDS]} for at in range(0, len(ids), _MOST_IDS)]
    if len(listed) == 1:
        common, listed = [*listed, *common], []
    return [{"allOf": [*common, *each]} for each in product(*_alternatives(listed, groups, names))]


def regions_of(selector: Selector) -> list[str]:
    """Return the regions as Azure names them, sorted: `westeurope`. Raises `Inexpressible` for what is none."""
    regions = sorted({location_key(one) for one in selector.regions})
    for one in regions:
        if not fullmatch(r"[a-z0-9]+", one):
            raise Inexpressible(f"the region '{one}'", "A region name has only letters and digits.")
    return regions


def _alternatives(*lists: list[Condition]) -> Iterator[list[Condition]]:
    """Yield the lists that have conditions: a few of them stand together in an `anyOf`, many are one clause each."""
    for conditions in lists:
        if len(conditions) > 1 and sum(len(one.get("in", ())) for one in conditions) <= _MOST_IDS:
            yield [{"anyOf": conditions}]
        elif conditions:
            yield conditions
