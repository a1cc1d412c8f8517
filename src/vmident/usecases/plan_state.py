"""Plan what takes VMs to what rules say, by lists alone: no VM is read by itself, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vmident.core.desired import Rule
from vmident.core.machine import Machine
from vmident.core.plan import Plan, plan_for
from vmident.core.resource_id import ResourceId
from vmident.errors import NotAllowed, NotFound
from vmident.ports import Identities, Machines, Roles
from vmident.usecases.find_groups import in_each
from vmident.usecases.find_vms import Where
from vmident.usecases.plan_described_roles import with_grants


def plan_state(rules: Sequence[Rule], where: Where, machines: Machines, identities: Identities, roles: Roles) -> Plan:
    """List the VMs of every subscription that the rules speak of, and plan; only one group's, where one is given.

    A rule that names neither subscriptions nor ids is about the default subscription. Of several subscriptions, one
    that lacks the group has no VMs to plan for. Costs a request for each page of VMs, and one for each subscription
    whose identities are to be attached; roles cost what `with_grants` says. Raises `ConflictingRules`, and `NotFound`
    for identities that are to be attached and are not there, and for the group.
    """
    placed = [_placed(rule, where) for rule in rules]
    plan = plan_for(placed, _listed(placed, where, machines))
    _check_there(plan, identities)
    plan = with_grants(plan, roles)
    # In one group alone it is not seen which VMs are nowhere.
    return replace(plan, warnings=()) if where.group else plan


def _placed(rule: Rule, where: Where) -> Rule:
    if rule.selector.subscriptions or rule.selector.ids:
        return rule
    return replace(rule, selector=replace(rule.selector, subscriptions=(where.subscription(),)))


def _listed(rules: Sequence[Rule], where: Where, machines: Machines) -> Iterator[Machine]:
    named = {sub.lower(): sub for rule in rules for sub in rule.selector.subscriptions}
    for rule in rules:
        if not rule.selector.subscriptions:
            named |= {vm.subscription.lower(): vm.subscription for vm in rule.selector.ids}
    subscriptions = [named[key] for key in sorted(named)]
    if len(subscriptions) == 1:
        return machines.list(subscriptions[0], where.group)
    return in_each(subscriptions, lambda subscription: machines.list(subscription, where.group))


def _check_there(plan: Plan, identities: Identities) -> None:
    """Refuse identities that are not there before anything is sent; where they may not be listed, Azure will tell."""
    wanted: dict[ResourceId, ResourceId] = {}
    for one in plan.pending:
        for identity in one.transition.added:
            wanted.setdefault(identity, one.vm)
    for subscription in sorted({identity.subscription.lower() for identity in wanted}):
        try:
            there = {one.id for one in identities.list(subscription)}
        except (NotAllowed, NotFound):
            continue
        for identity in sorted(wanted.keys() - there):
            if identity.subscription.lower() == subscription:
                raise NotFound(
                    f"The user-assigned identity {identity}, which VM '{wanted[identity].name}' is to have, is not "
                    "there.",
                    code="identity-not-found",
                    hint="See what is there: vmident identity list",
                )
