"""What a PATCH's `identity` asks for, and which user-assigned identities it leaves: pure.

1. `type` is required and says which kinds the VM has afterwards.
2. What `userAssignedIdentities` names with `{}` is attached, with `null` detached; what it does not name stays. `null`
   for all of it names nothing.
3. A type without user-assigned identities drops them all, and nothing may be named beside it.
4. A type with user-assigned identities must be left with at least one.
5. Ids compare without regard to case; one attached already keeps the spelling that it was first attached with.

Source: the wire facts and the recording `vm-user-identities-2020.json`. `null` for all: the Azure CLI 2.91 sends it
with type `UserAssigned` when it takes the system-assigned identity alone from a VM (`az vm identity remove`). That
other members than these are refused, and that a detachment of what is not attached is nothing, is assumed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, ResourceId
from vmident.errors import BadResourceId
from vmident.sandbox import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE, SYSTEM, USER, BOTH = "None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned"
_TYPES = {kind.lower(): kind for kind in (NONE, SYSTEM, USER, BOTH)}
_READ_ONLY_MEMBERS = {"clientId", "principalId"}


@dataclass(frozen=True)
class IdentityChange:
    """What a PATCH asks for: the type afterwards, and what it attaches and detaches by name."""

    identity_type: str
    attach: tuple[ResourceId, ...] = ()
    detach: frozenset[ResourceId] = frozenset()

    @property
    def has_system(self) -> bool:
        """Whether the VM has a system-assigned identity afterwards."""
        return self.identity_type in (SYSTEM, BOTH)

    @property
    def has_user(self) -> bool:
        """Whether the VM has user-assigned identities afterwards."""
        return self.identity_type in (USER, BOTH)


def read_change(identity: object) -> IdentityChange:
    """Read the `identity` of a PATCH's body; raises what Azure says of one that it would not take (rules 1 to 3)."""
    if not isinstance(identity, dict):
        raise errors.content_invalid("Error converting value to type 'ResourceIdentity'. Path 'identity'.")
    for member in identity:
        if member not in ("type", "userAssignedIdentities"):
            raise errors.member_unknown(member, "ResourceIdentity", f"identity.{member}")
    identity_type = _read_type(identity.get("type"))
    named = identity.get("userAssignedIdentities")
    if named is None:
        return IdentityChange(identity_type)
    if not isinstance(named, dict):
        raise errors.content_invalid("Error converting value. Path 'identity.userAssignedIdentities'.")
    if named and identity_type in (NONE, SYSTEM):
        raise errors.identities_not_expected(identity_type)
    ids = {text: _read_id(text) for text in named}
    seen: set[ResourceId] = set()
    for text, resource_id in ids.items():
        if resource_id in seen:
            raise errors.identity_duplicated(text)
        seen.add(resource_id)
        _check_value(text, named[text])
    return IdentityChange(
        identity_type,
        tuple(resource_id for text, resource_id in ids.items() if named[text] is not None),
        frozenset(resource_id for text, resource_id in ids.items() if named[text] is None),
    )


def held_after(held: Iterable[ResourceId], change: IdentityChange) -> tuple[ResourceId, ...]:
    """Return the identities that a VM holding `held` has afterwards, in order; raises on rule 4."""
    if not change.has_user:
        return ()
    before = [each for each in held if each not in change.detach]
    after = (*before, *(each for each in change.attach if each not in before))
    if not after:
        raise errors.identities_expected(change.identity_type)
    return after


def _read_type(value: object) -> str:
    if value is None:
        raise errors.parameter_invalid("Required parameter 'identity.type' is missing (null).", "identity.type")
    known = _TYPES.get(re.sub(r",(?=\S)", ", ", value).lower()) if isinstance(value, str) else None
    if known is None:
        reason = f"Error converting value {json.dumps(value)} to type 'ResourceIdentityType'. Path 'identity.type'."
        raise errors.content_invalid(reason)
    return known


def _read_id(text: str) -> ResourceId:
    try:
        resource_id = ResourceId.parse(text)
    except BadResourceId as bad:
        raise errors.linked_id_invalid(text) from bad
    if text != text.strip():
        raise errors.linked_id_invalid(text)
    if not resource_id.is_a(USER_ASSIGNED_IDENTITY):
        message = f"The identity id '{text}' does not name a resource of type '{USER_ASSIGNED_IDENTITY}'."
        raise errors.parameter_invalid(message, "identity.userAssignedIdentities")
    return resource_id


def _check_value(text: str, value: object) -> None:
    path = f"identity.userAssignedIdentities['{text}']"
    if value is not None and not isinstance(value, dict):
        raise errors.content_invalid(f"Error converting value to type 'UserAssignedIdentity'. Path '{path}'.")
    for member in value or {}:
        if member not in _READ_ONLY_MEMBERS:
            raise errors.member_unknown(member, "UserAssignedIdentity", f"{path}.{member}")
