"""What Microsoft Graph says of the principals of an inventory, and what follows from it.

D1  A principal is gone where Microsoft Graph of every tenant that it may be in was asked for it and has it in none. An
    assignment on a subscription has its principal in the subscription's own tenant, whichever tenant's token read it.
D2  What a caller may not read is left out of an answer without a word. So a principal is gone only if others of its
    type were answered, the caller itself not counted: that shows that the caller can read this type.
D3  Members of a group are known all or not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from vmident.core.access.inventory import (
    ALL_PRINCIPALS,
    DirectoryObject,
    Inventory,
    Unread,
    lower,
    subscription_of,
)

GROUPS_UNREAD = Unread("group members", "use --groups to include them")
_FOREIGN = frozenset({"ForeignGroup", "Unknown"})
"""Types of principals of which no absence proves anything: those of another tenant, and those of no known type."""
_WITNESSES = 20
"""Identities that exist, of which a tenant is asked so that its answer shows service principals (rule D2)."""


class DirectoryAnswer(Struct, frozen=True):
    """What Microsoft Graph of one tenant answered; object IDs are in lower case.

    `asked` are the IDs that it was asked for and gave an answer about, if only by leaving them out. `members` has the
    transitive members of the groups among them, of those that were read wholly. `caller` is the one who asked.
    """

    asked: frozenset[str] = frozenset()
    principals: Mapping[str, DirectoryObject] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    caller: str | None = None
    unread: tuple[Unread, ...] = ()


def principals_by_tenant(inventory: Inventory) -> dict[str, frozenset[str]]:
    """Return which tenant is asked for which principals: those of role assignments and deny assignments."""
    found: dict[str, set[str]] = defaultdict(set)
    for scope, principal in _principals(inventory):
        for tenant in _tenants_of(scope, inventory):
            found[tenant].add(principal)
    existing = sorted(one.principal_id.lower() for one in inventory.identities if one.principal_id)[:_WITNESSES]
    return {tenant: frozenset(ids | set(existing)) for tenant, ids in sorted(found.items())}


def with_directory(inventory: Inventory, answers: Mapping[str, DirectoryAnswer]) -> Inventory:
    """Return the inventory with what Microsoft Graph answered, by tenant."""
    principals: dict[str, DirectoryObject] = {}
    members: dict[str, frozenset[str]] = {}
    for answer in answers.values():
        principals |= answer.principals
        members |= answer.members
    unread = tuple(one for answer in answers.values() for one in answer.unread)
    gone = frozenset(_gone(inventory, answers))
    return replace(inventory, principals=principals, members=members, gone=gone, unread=(*inventory.unread, *unread))


def _gone(inventory: Inventory, answers: Mapping[str, DirectoryAnswer]) -> Iterator[str]:
    readable = {
        tenant: {one.kind for principal, one in answer.principals.items() if principal != answer.caller}
        for tenant, answer in answers.items()
    }
    tenants: dict[str, set[str]] = defaultdict(set)
    types: dict[str, str] = {}
    for one in inventory.assignments:
        principal = one.principal_id.lower()
        tenants[principal].update(_tenants_of(one.scope, inventory) or {""})
        types[principal] = one.principal_type
    for principal, of_principal in tenants.items():
        if types[principal] not in _FOREIGN and all(
            tenant in answers
            and principal in answers[tenant].asked
            and principal not in answers[tenant].principals
            and principal != answers[tenant].caller
            and types[principal] in readable[tenant]
            for tenant in of_principal
        ):
            yield principal


def _principals(inventory: Inventory) -> Iterator[tuple[str, str]]:
    for one in inventory.assignments:
        yield one.scope, one.principal_id.lower()
    for denial in inventory.denials:
        yield from ((denial.scope, one) for one in denial.principals | denial.excluded if one != ALL_PRINCIPALS)


def _tenants_of(scope: str, inventory: Inventory) -> set[str]:
    """Return the tenants that a scope may be in: those of all subscriptions below it; none where they are unknown."""
    own = subscription_of(scope)
    if own is not None:
        return {inventory.tenants[own]} if own in inventory.tenants else set()
    if not lower(scope):
        return set(inventory.tenants.values())
    below = {one for one, above in inventory.management_groups.items() if lower(scope) in above}
    return {inventory.tenants[one] for one in below if one in inventory.tenants}
