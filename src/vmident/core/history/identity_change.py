"""What a row of `resourcechanges` did to the identities of a VM.

D1  The system-assigned identity was there before, or after, where `identity.type` says so; where the row has no type,
    where `identity.principalId` had a value.
D2  Enabled and disabled are from absent to present and back. Present on both sides with another principal is recreated:
    it was disabled and enabled again between two snapshots.
D3  A user-assigned identity is named in a path below `identity.userAssignedIdentities`. It is attached where all that
    the row has of it was absent before, detached where all of it is absent after, and recreated where it has other IDs
    on both sides: it was deleted, created again under its name, and attached again.
D4  A path with an ID in it is read as Azure prints paths: with dots, or with brackets and quotes, in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum

from msgspec import Struct

from vmident.core.history.resource_change import Values
from vmident.core.identity import IdentityType
from vmident.core.resource_id import ResourceId
from vmident.errors import BadResourceId

PREFIX = "identity."
_TYPE, _PRINCIPAL = "identity.type", "identity.principalid"
_USER = re.compile(
    r"identity\.userassignedidentities\W+(?P<id>subscriptions/[^/]+/resourcegroups/[^/]+/providers/"
    r"microsoft\.managedidentity/userassignedidentities/[\w-]+)(?P<member>.*)",
    re.IGNORECASE,
)


class IdentityAction(Enum):
    """What became of an identity; the value is its word in JSON."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    ATTACHED = "attached"
    DETACHED = "detached"
    RECREATED = "recreated"


class IdentityChange(Struct, frozen=True):
    """What became of one identity: of the system-assigned one where `identity` is `None`.

    `before` and `after` are its principal IDs, `None` where there was none or the row does not have it.
    """

    action: IdentityAction
    identity: ResourceId | None = None
    before: str | None = None
    after: str | None = None


def touches_identity(values: Values) -> bool:
    """Return whether a row has anything of the identity."""
    return any(path.lower().startswith(PREFIX) for path in values)


def type_change(values: Values) -> tuple[str | None, str | None]:
    """Return the type before and after, as Azure spells it; `None` where it was absent or the row does not have it."""
    return _value(values, _TYPE) or (None, None)


def identity_changes(values: Values) -> tuple[IdentityChange, ...]:
    """Return what a row did: the system-assigned identity first, then the user-assigned ones sorted; D1 to D4 above."""
    return (*_of_system(values), *_of_users(values))


def _of_system(values: Values) -> Iterator[IdentityChange]:
    before, after = _value(values, _PRINCIPAL) or (None, None)
    kinds = _value(values, _TYPE)
    had, has = (_has_system(kinds[0]), _has_system(kinds[1])) if kinds else (before is not None, after is not None)
    if had and has:
        if before and after and before.lower() != after.lower():
            yield IdentityChange(IdentityAction.RECREATED, None, before, after)
    elif had or has:
        yield IdentityChange(IdentityAction.ENABLED if has else IdentityAction.DISABLED, None, before, after)


def _has_system(text: str | None) -> bool:
    return IdentityType.SYSTEM.value.lower() in (text or "").lower()


def _of_users(values: Values) -> Iterator[IdentityChange]:
    found: dict[ResourceId, dict[str, tuple[str | None, str | None]]] = {}
    for path, pair in values.items():
        named = _USER.fullmatch(path)
        # Text that is not an ID is left out: the path stays unexplained.
        with suppress(BadResourceId):
            if named:
                member = named["member"].strip("'\"[].").lower()
                found.setdefault(ResourceId.parse(f"/{named['id']}"), {})[member] = pair
    for identity in sorted(found):
        members = found[identity]
        before, after = members.get("principalid", (None, None))
        yield from _of_user(identity, list(members.values()), before, after)


def _of_user(
    identity: ResourceId, pairs: list[tuple[str | None, str | None]], before: str | None, after: str | None
) -> Iterator[IdentityChange]:
    was, is_there = any(old is not None for old, _ in pairs), any(new is not None for _, new in pairs)
    if was and is_there:
        # IDs that are filled in where an empty object was are those of the same identity.
        if any(old and new and "{}" not in (old, new) and old.lower() != new.lower() for old, new in pairs):
            yield IdentityChange(IdentityAction.RECREATED, identity, before, after)
    elif was or is_there:
        yield IdentityChange(IdentityAction.ATTACHED if is_there else IdentityAction.DETACHED, identity, before, after)


def _value(values: Values, path: str) -> tuple[str | None, str | None] | None:
    return next((pair for name, pair in values.items() if name.lower() == path), None)
