"""Plan what takes VMs to what rules say, by lists alone: no VM is read by itself, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from msgspec.structs import replace

from vmident.core.consequences import Notice, may_affect_dependents
from vmident.core.dependents import Dependent, dependents_in
from vmident.core.desired_state.plan import Plan, plan_for, with_dependents
from vmident.core.desired_state.rules import Rule
from vmident.core.naming import did_you_mean
from vmident.core.resource_id import ResourceId
from vmident.core.virtual_machine import UnreadVm, VirtualMachine
from vmident.core.vm_kind import ALL_KINDS, VmKind, titled
from vmident.errors import NotAllowed, NotFound
from vmident.ports.azure import Identities, VirtualMachines
from vmident.ports.ports import Ports
from vmident.usecases.resolve.groups import in_each
from vmident.usecases.resolve.vms import Where
from vmident.usecases.roles.plan_desired import with_grants

GRAPH_LAGS = "graph-lags"
EXTENSIONS_NOT_READ = "extensions-not-read"
UNREADABLE_VM = "unreadable-vm"
_PAGE_OF_ARM = 50
_MANY = 500


def plan_state(rules: Sequence[Rule], where: Where, ports: Ports) -> Plan:
    """List the VMs of every subscription that the rules speak of, and plan; only one group's, where one is given.

    A rule that names neither subscriptions nor ids is about the default subscription. Of several subscriptions, one
    that lacks the group has no VMs to plan for. Costs a request for each page of VMs, of which there are fifty, or a
    thousand where there are many, and one for each subscription whose identities are attached; roles cost what
    `with_grants` says. Where a change may affect extensions, which lists do not show, one more request for each
    subscription reads them from Resource Graph. Raises `ConflictingRules`, and `NotFound`
    for identities to attach that do not exist, and for the group.
    """
    placed = placed_rules(rules, where)
    notices: list[Notice] = []
    machines = list(listed_machines(placed, where, ports.machines, notices.append))
    plan = plan_for(placed, machines)
    plan, unknown = with_extensions(plan, machines, where.group, ports.machines)
    _check_there(plan, ports.identities)
    plan = with_grants(plan, ports.roles)
    # In one group alone it is not seen which VMs do not exist.
    about_rules = () if where.group else plan.warnings
    return replace(plan, warnings=(*about_rules, *notices, *unknown))


def with_extensions(
    plan: Plan, machines: Sequence[VirtualMachine], group: str | None, port: VirtualMachines
) -> tuple[Plan, tuple[Notice, ...]]:
    """Add what the changes do to the extensions of VMs; warn where these cannot be read.

    Costs a request to Resource Graph for each subscription with a VM whose extensions a change may affect.
    """
    affected = {one.vm for one in plan.vms if may_affect_dependents(one.transition)}
    due = [one for one in machines if one.has_unread_extensions and one.id in affected]
    subscriptions = {one.id.subscription.lower(): one.id.subscription for one in due}
    found = {key: port.extensions_in_graph(subscription, group) for key, subscription in subscriptions.items()}
    dependents: dict[ResourceId, tuple[Dependent, ...]] = {}
    unknown = 0
    for one in due:
        extensions = found[one.id.subscription.lower()]
        if extensions is None:
            unknown += 1
        elif one.id in extensions:
            dependents[one.id] = (*one.dependents, *dependents_in(extensions[one.id], None))
    return with_dependents(plan, dependents), (_about_extensions(unknown),) if unknown else ()


def _about_extensions(count: int) -> Notice:
    vms = "1 VM" if count == 1 else f"{count} VMs"
    return Notice(
        EXTENSIONS_NOT_READ,
        f"The extensions of {vms} could not be read, so the plan does not show which of them a change would break. "
        "'vmident apply' reads them before it changes a VM.",
    )


def placed_rules(rules: Sequence[Rule], where: Where) -> list[Rule]:
    """Return the rules, those that name neither subscriptions nor ids for the default subscription alone."""
    return [_placed(rule, where) for rule in rules]


def listed_machines(
    placed: Sequence[Rule], where: Where, machines: VirtualMachines, notice: Callable[[Notice], object]
) -> Iterator[VirtualMachine]:
    """Return the VMs of every subscription that the rules speak of, as `plan_state` lists them.

    `notice` gets what a plan warns of: subscriptions read through Resource Graph, then VMs that cannot be read.
    """
    unread: list[UnreadVm] = []
    for one in _listed(placed, where, machines, lambda subscription: notice(_lagging(subscription))):
        if isinstance(one, UnreadVm):
            unread.append(one)
        else:
            yield one
    for one in unread:
        notice(_about_unread(one))


def _about_unread(one: UnreadVm) -> Notice:
    return Notice(UNREADABLE_VM, f"Not in the plan, because it could not be read: {one.error.message}")


def _placed(rule: Rule, where: Where) -> Rule:
    if rule.selector.subscriptions or rule.selector.ids:
        return rule
    return replace(rule, selector=replace(rule.selector, subscriptions=(where.subscription(),)))


def _listed(
    rules: Sequence[Rule], where: Where, machines: VirtualMachines, lagging: Callable[[str], object]
) -> Iterator[VirtualMachine | UnreadVm]:
    named = {sub.lower(): sub for rule in rules for sub in rule.selector.subscriptions}
    for rule in rules:
        if not rule.selector.subscriptions:
            named |= {vm.subscription.lower(): vm.subscription for vm in rule.selector.ids}
    subscriptions = [named[key] for key in sorted(named)]

    kinds = {kind for rule in rules for kind in rule.selector.kinds_meant}

    def look(subscription: str) -> Iterator[VirtualMachine | UnreadVm]:
        for kind in sorted(kinds, key=ALL_KINDS.index):
            yield from _in_one(kind, subscription, where.group, machines, lagging)

    return look(subscriptions[0]) if len(subscriptions) == 1 else in_each(subscriptions, look)


def _in_one(
    kind: VmKind,
    subscription: str,
    group: str | None,
    machines: VirtualMachines,
    lagging: Callable[[str], object],
) -> Iterator[VirtualMachine | UnreadVm]:
    """List VMs as ARM has them, or where they are many as Resource Graph has them, in a twentieth of the requests.

    Which it is, the graph tells, and is not asked where ARM's first page is all.
    """
    listed = machines.list(subscription, group, kind)
    first = list(islice(listed, _PAGE_OF_ARM))
    known = machines.in_graph(subscription, group, kind) if len(first) == _PAGE_OF_ARM else None
    if known is None or known[0] <= _MANY:
        yield from first
        yield from listed
        return
    lagging(subscription)
    yield from known[1]


def _lagging(subscription: str) -> Notice:
    return Notice(
        GRAPH_LAGS,
        f"The VMs and scale sets of subscription {subscription} were read from Resource Graph, which lags by seconds "
        "to minutes. 'vmident apply' reads each of them again before it changes it.",
    )


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
                alike = did_you_mean(identity.name, (one.name for one in sorted(there)))
                raise NotFound(
                    f"The user-assigned identity {identity} for {titled(wanted[identity])} does not exist.{alike}",
                    code="identity-not-found",
                    hint="To see all identities: vmident identity list",
                )
