"""Show user-assigned identities as resources of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmident.core.resources import IdentityResource
from vmident.errors import NotFound, VmidentError
from vmident.ports.azure import Groups, Identities
from vmident.results.resources import IdentityView
from vmident.usecases.resolve.groups import group_not_found
from vmident.usecases.resolve.identities import find_identity, read_identity
from vmident.usecases.resolve.vms import Where


def show_identities(words: Sequence[str], where: Where, identities: Identities) -> tuple[IdentityView, ...]:
    """Read every identity that `words` name; one that cannot be read does not stop the others."""
    return tuple(_show_one(word, where, identities) for word in words)


def list_identities(where: Where, identities: Identities, groups: Groups) -> Iterator[IdentityResource]:
    """List the identities of the group, else of the subscription; raises `NotFound` with near names for the group."""
    subscription = where.subscription()
    try:
        yield from identities.list(subscription, where.group)
    except NotFound as missing:
        raise group_not_found(where.group or "", subscription, missing, groups) from missing


def _show_one(word: str, where: Where, identities: Identities) -> IdentityView:
    try:
        return IdentityView(word, read_identity(find_identity(word, where, identities), identities))
    except VmidentError as failure:
        return IdentityView(word, error=failure)
