"""Count the VMs that the policies of an export would change, from a plan for the same rules."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from vmident.core.desired_state.plan import Plan, PlannedVm
from vmident.core.desired_state.rules import Rule
from vmident.core.export.policy.clauses import ExportScope
from vmident.core.export.policy.system_assigned import SystemDefinition
from vmident.core.export.policy.user_assigned import AttachmentPolicy
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId
from vmident.core.vm_kind import kind_of
from vmident.ports.ports import Ports
from vmident.usecases.plan_state import plan_state
from vmident.usecases.resolve.vms import Where


def needs_subscription(rules: Sequence[Rule], place: ExportScope) -> bool:
    """Return whether a rule is for every subscription of a management group, which cannot be counted."""
    is_open = place.scope.subscription is None and place.only is None
    return is_open and any(not rule.selector.subscriptions and not rule.selector.ids for rule in rules)


def plan_for_counts(rules: Sequence[Rule], place: ExportScope, where: Where, ports: Ports) -> Plan:
    """Plan what the rules change, roles left out; costs what `plan_state` says, and raises what it raises."""
    subscription = place.scope.subscription or place.only or ""
    return plan_state(
        [replace(rule, roles=()) for rule in rules], replace(where, subscription=lambda: subscription), ports
    )


def planned_count(plan: Plan, policy: SystemDefinition | AttachmentPolicy) -> int:
    """Return how many VMs of the plan a policy changes, or more where it is limited to regions."""
    return sum(_is_changed(one, policy) for one in plan.pending)


def _is_changed(one: PlannedVm, policy: SystemDefinition | AttachmentPolicy) -> bool:
    if kind_of(one.vm) is not policy.kind:
        return False
    if isinstance(policy, SystemDefinition):
        return one.transition.enables_system
    scope = Scope.parse(policy.scope)
    is_there = scope.subscription is None or scope.contains(Scope(str(one.vm)))
    return is_there and ResourceId.parse(policy.identity) in one.transition.added
