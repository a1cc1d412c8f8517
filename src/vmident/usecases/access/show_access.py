"""Show who can act as identities and what they can do, for some machines, identities or principals, or for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from vmident.core.access.access_map import AccessMap
from vmident.core.access.edges import IdentityEntry
from vmident.core.access.finding import selected
from vmident.core.access.findings import findings
from vmident.core.access.inventory import lower, name_of
from vmident.errors import AzureErrorResponse, AzureUnavailable, NotAllowed, NotFound
from vmident.results.access import AccessReport, IdentityAccess
from vmident.usecases.access.read_directory import with_groups

if TYPE_CHECKING:
    from vmident.core.access.inventory import Inventory, Unread
    from vmident.ports.access import AccessRows, Directory


class AccessQuestion(Struct, frozen=True):
    """Which identities are asked about; those of all machines where it is empty.

    `machines` are full IDs. `identities` are names or IDs of user-assigned identities. `principals` are object IDs:
    they ask for the identities that these can act as.
    """

    machines: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether everything is asked about."""
        return not (self.machines or self.identities or self.principals)


class FindingFilter(Struct, frozen=True):
    """Which findings are reported: of `rules` alone unless it is empty, less `ignored` (`RULE` or `RULE:ID`)."""

    rules: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def show_access(
    question: AccessQuestion,
    subscriptions: Sequence[str],
    rows: AccessRows,
    chosen: FindingFilter,
    as_of_seconds: float,
    *,
    directory: Directory | None = None,
) -> AccessReport:
    """Read the rows of the subscriptions, with a directory also groups and names, and answer.

    Raises `NotFound` for an identity that is not there, and for a principal that nothing that was read names.
    """
    access = AccessMap(with_groups(_inventory(question, subscriptions, rows), directory))
    entries = access.identities if question.is_empty else _entries(question, access)
    found = findings(access, None if question.is_empty else entries)
    return AccessReport(
        tuple(
            IdentityAccess(one, tuple(access.can_become(one, with_members=True)), access.can_do(one)) for one in entries
        ),
        selected(found, chosen.rules, chosen.ignored),
        _unread(access, entries),
        as_of_seconds,
        access.inventory.assignments_unread,
        _without_identities(question.machines, access.inventory),
    )


def _inventory(question: AccessQuestion, subscriptions: Sequence[str], rows: AccessRows) -> Inventory:
    """Read the index, or where it cannot be used the machines themselves, if these are all that is asked about."""
    try:
        return rows.inventory(subscriptions)
    except (AzureErrorResponse, AzureUnavailable, NotAllowed):
        if not question.machines or question.identities or question.principals:
            raise
        return rows.inventory_of(question.machines)


def _entries(question: AccessQuestion, access: AccessMap) -> tuple[IdentityEntry, ...]:
    machines = frozenset(map(lower, question.machines))
    named = [_named(word, access.identities) for word in question.identities]
    asked = frozenset(one.lower() for one in question.principals)
    _check_known(question.principals, access)
    principals = asked | {group for one in asked for group in access.groups_of(one)}
    return tuple(
        one
        for one in access.identities
        if one in named
        or any(lower(machine.id) in machines for machine in one.machines)
        or (principals and any((edge.principal_id or "").lower() in principals for edge in access.can_become(one)))
    )


def _unread(access: AccessMap, entries: Iterable[IdentityEntry]) -> tuple[Unread, ...]:
    """Return what was not read, of single identities only those in the answer."""
    places = {lower(one.place) for one in entries}
    return tuple(one for one in access.unread if one.identity is None or lower(one.identity) in places)


def _without_identities(machines: Iterable[str], inventory: Inventory) -> tuple[str, ...]:
    asked = frozenset(map(lower, machines))
    return tuple(
        one.id
        for one in inventory.machines
        if lower(one.id) in asked and one.system_principal is None and not one.users
    )


def _check_known(principals: Iterable[str], access: AccessMap) -> None:
    inventory = access.inventory
    known = {one.principal_id.lower() for one in inventory.assignments}
    known |= {one.principal_id.lower() for one in access.identities if one.principal_id}
    known = known.union(inventory.principals, *(one.principals | one.excluded for one in inventory.denials))
    for one in principals:
        if one.lower() not in known and not access.groups_of(one):
            raise NotFound(
                f"No principal with object ID '{one}' was read: it has no role assignment of its own.",
                hint="Check the ID, or use --groups to read members of groups too.",
            )


def _named(word: str, identities: Iterable[IdentityEntry]) -> IdentityEntry:
    users = [one for one in identities if not one.is_system]
    found = [one for one in users if lower(word) in (lower(one.place), one.name.lower())]
    if len(found) > 1:
        from vmident.errors import AmbiguousName

        places = "\n".join(one.place for one in found)
        raise AmbiguousName(
            f"{len(found)} identities are named '{word}':\n{places}", hint="Use the resource ID instead of the name."
        )
    if not found:
        from vmident.core.naming import did_you_mean

        alike = did_you_mean(word, [one.name for one in users])
        raise NotFound(
            f"Identity '{name_of(word)}' not found in the subscription.{alike}",
            hint="To see all identities: vmident identity list",
        )
    return found[0]
