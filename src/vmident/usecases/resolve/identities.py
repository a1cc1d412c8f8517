"""Which user-assigned identities words mean: for one VM, or on their own."""

from __future__ import annotations

from collections.abc import Sequence

from vmident.core.consequences import Notice, named_twice
from vmident.core.naming import IDENTITY_NAME, checked_name
from vmident.core.resource_id import (
    USER_ASSIGNED_IDENTITY,
    ResourceId,
    looks_like_id,
    typed_id,
    user_identity_id,
)
from vmident.core.resources import IdentityResource
from vmident.core.selection import named
from vmident.core.shell import command_line
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import titled
from vmident.errors import AmbiguousName, NotFound, UsageError
from vmident.ports.azure import Identities
from vmident.usecases.resolve.suggestions import suggestion
from vmident.usecases.resolve.vms import Where

_SYSTEM_IN_THE_AZURE_CLI = "[system]"


def checked_identity_names(words: Sequence[str]) -> tuple[str, ...]:
    """Refuse, before anything is sent, words that can name no user-assigned identity.

    Raises `UsageError` for the Azure CLI's `[system]` and for the id of something else, `BadResourceId` for a
    malformed id or an impossible name.
    """
    for word in words:
        if word.strip().lower() == _SYSTEM_IN_THE_AZURE_CLI:
            raise UsageError(
                "'[system]' is the Azure CLI's name for the system-assigned identity.",
                hint="Run 'vmident enable-system VM' or 'vmident disable-system VM'.",
            )
        if looks_like_id(word):
            _identity_id_in(word)
        else:
            checked_name(word, IDENTITY_NAME)
    return tuple(word.strip() for word in words)


def find_identities(
    words: Sequence[str], machine: VirtualMachine, identities: Identities
) -> tuple[frozenset[ResourceId], tuple[Notice, ...]]:
    """Return the ids that `words` mean for this VM, and a warning for each that is named twice.

    A bare name is one already attached to the VM, else one in the VM's group, else the only one of that name in
    the VM's subscription. Raises `NotFound`, `AmbiguousName`.
    """
    found = tuple(_find_one(word, machine, identities) for word in words)
    return frozenset(found), named_twice(found)


def find_identity(word: str, where: Where, identities: Identities) -> ResourceId:
    """Return the id that `word` means on its own: an id, or a name in the given group, else in the subscription.

    A name in a group is taken at its word and costs no request. Raises `NotFound` with near names, `AmbiguousName`
    with the ids that match.
    """
    if looks_like_id(word):
        return _identity_id_in(word)
    subscription = where.subscription()
    if where.group:
        return user_identity_id(subscription, where.group, word)
    found = identities.named(subscription, checked_name(word, IDENTITY_NAME))
    if not found:
        raise NotFound(
            f"Identity '{word}' not found in subscription {subscription}.{_near(word, subscription, None, identities)}",
            code="identity-not-found",
            hint="To see all identities: vmident identity list",
        )
    return _the_only(word, found, f"in subscription {subscription}")


def read_identity(identity: ResourceId, identities: Identities) -> IdentityResource:
    """Read one identity; raises `NotFound` with near names of its group, or Azure's own where that is missing."""
    try:
        return identities.read(identity)
    except NotFound as missing:
        if missing.code != "ResourceNotFound":
            raise
        there = _near(identity.name, identity.subscription, identity.group, identities)
        raise missing.with_message(
            f"Identity '{identity.name}' not found in resource group '{identity.group}'.{there}",
            hint=f"To see all identities: {command_line('vmident', 'identity', 'list', '-g', identity.group)}",
        ) from missing


def _find_one(word: str, machine: VirtualMachine, identities: Identities) -> ResourceId:
    if looks_like_id(word):
        return _identity_id_in(word)
    attached = named(machine.identity.users, word)
    if attached:
        return _the_only(word, attached, f"attached to {titled(machine.id)}")
    subscription = machine.id.subscription
    in_group = identities.find(user_identity_id(subscription, machine.id.group, word))
    if in_group:
        return in_group
    elsewhere = identities.named(subscription, word)
    if not elsewhere:
        raise _no_identity_named(word, machine, identities)
    return _the_only(word, elsewhere, f"in subscription {subscription}")


def _the_only(word: str, found: Sequence[ResourceId], place: str) -> ResourceId:
    if len(found) > 1:
        ids = "\n".join(f"  {one}" for one in found)
        raise AmbiguousName(
            f"{len(found)} identities named '{word}' are {place}:\n{ids}",
            hint="Use the resource ID instead of the name.",
        )
    return found[0]


def _no_identity_named(word: str, machine: VirtualMachine, identities: Identities) -> NotFound:
    there = _near(word, machine.id.subscription, None, identities)
    return NotFound(
        f"Identity '{word}' not found on {titled(machine.id)}, in its resource group "
        f"'{machine.id.group}', or in subscription {machine.id.subscription}.{there}",
        code="identity-not-found",
        hint="Use the resource ID for an identity in another subscription.",
    )


def _near(name: str, subscription: str, group: str | None, identities: Identities) -> str:
    return suggestion(name, lambda: identities.names(subscription, group))


def _identity_id_in(word: str) -> ResourceId:
    found = typed_id(word, USER_ASSIGNED_IDENTITY)
    if not found.is_a(USER_ASSIGNED_IDENTITY):
        raise UsageError(
            f"'{word.strip()}' is not the resource ID of a user-assigned identity: its type is '{found.kind}', not "
            f"'{USER_ASSIGNED_IDENTITY}'.",
            hint="Use the name or resource ID of a user-assigned identity.",
        )
    return found
