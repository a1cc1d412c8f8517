"""All findings about access in an inventory. What was not read is no finding."""

from __future__ import annotations

from collections.abc import Iterable

from vmident.core.access import identity_rules, privilege_rules, resource_rules
from vmident.core.access.access_map import AccessMap
from vmident.core.access.edges import IdentityEntry
from vmident.core.access.finding import Finding

RULES = (
    privilege_rules.REACHABLE,
    privilege_rules.GRANTS_ROLES,
    privilege_rules.SUBSCRIPTION_WIDE,
    privilege_rules.SHARED,
    privilege_rules.FEDERATED_ON_VM,
    resource_rules.ORPHANED,
    resource_rules.POSSIBLY_ORPHANED,
    resource_rules.RARE_ISSUER,
    resource_rules.DEPENDENT,
    resource_rules.AMBIGUOUS,
    identity_rules.MISSING,
    identity_rules.UNUSED,
    identity_rules.NO_ROLE,
    identity_rules.LONG_NAME,
)
"""Every rule, in the order in which findings of equal severity are listed; its ID is permanent."""


def findings(access: AccessMap, identities: Iterable[IdentityEntry] | None = None) -> tuple[Finding, ...]:
    """List the findings of an inventory, or only those about `identities` and their machines; the most severe first."""
    chosen = access.identities if identities is None else tuple(identities)
    looks = (*privilege_rules.OF_IDENTITY, *identity_rules.OF_IDENTITY)
    found = [one for identity in chosen for look in looks for one in look(access, identity)]
    machines = (
        access.inventory.machines if identities is None else {one: None for key in chosen for one in key.machines}
    )
    found += [one for machine in machines for look in resource_rules.OF_MACHINE for one in look(machine)]
    if identities is None:
        found += [one for look in resource_rules.OF_INVENTORY for one in look(access)]
    order = {rule.id: at for at, rule in enumerate(RULES)}
    return tuple(
        sorted(set(found), key=lambda one: (one.severity.rank, order[one.rule], one.identity or "", one.resources))
    )
