"""What a PATCH's `identity` asks for, and which user-assigned identities it leaves: pure.

1. `type` is required and says which kinds the VM has afterwards.
2. What `userAssignedIdentities` names with `{}` is attached, with `null` detached; what it does not name stays. `null`
   for all of it names nothing.
3. A type without user-assigned identities drops them all, and no map may stand beside it, not even an empty one.
4. A type with user-assigned identities must be left with at least one.
5. Ids compare without regard to case. One attached anew keeps the spelling that the client sent, one attached already
   the spelling that it was first attached with.
6. Members are read in any case; `principalId` and `tenantId`, which a client sends back as it read them, are dropped.

Source: the wire facts and the recordings of 2020 to 2026. `null` for all: the Azure CLI 2.91 sends it with type
`UserAssigned` when it takes the system-assigned identity alone from a VM (`az vm identity remove`). That other members
than these are refused, and that a detachment of what is not attached is nothing, is assumed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, ResourceId
from vmident.errors import BadResourceId
from vmident.sandbox import errors
from vmident.sandbox.compute import identity_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NONE, SYSTEM, USER, BOTH = "None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned"
_TYPES = {kind.lower(): kind for kind in (NONE, SYSTEM, USER, BOTH)}
_READ_ONLY = ("principalid", "tenantid")
_READ_ONLY_MEMBERS = {"clientid", "principalid"}


@dataclass(frozen=True)
class IdentityChange:
    """What a PATCH asks for: the type afterwards, what it attaches, each id as sent, and what it detaches."""

    identity_type: str
    attach: Mapping[ResourceId, str] = field(default_factory=dict)
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
    members = {member.lower(): value for member, value in identity.items()}
    for member in identity:
        if member.lower() not in ("type", "userassignedidentities", *_READ_ONLY):
            raise errors.member_unknown(member, "ResourceIdentity", f"identity.{member}")
    identity_type = _read_type(members.get("type"))
    named = members.get("userassignedidentities")
    if named is None:
        return IdentityChange(identity_type)
    if not isinstance(named, dict):
        raise errors.content_invalid("Error converting value. Path 'identity.userAssignedIdentities'.")
    if identity_type in (NONE, SYSTEM):
        raise identity_errors.identities_not_expected(identity_type)
    ids = {text: _read_id(text) for text in named}
    seen: set[ResourceId] = set()
    for text, resource_id in ids.items():
        if resource_id in seen:
            raise identity_errors.identity_duplicated(text)
        seen.add(resource_id)
        _check_value(text, named[text])
    return IdentityChange(
        identity_type,
        {resource_id: text for text, resource_id in ids.items() if named[text] is not None},
        frozenset(resource_id for text, resource_id in ids.items() if named[text] is None),
    )


def held_after(held: Iterable[ResourceId], change: IdentityChange) -> tuple[ResourceId, ...]:
    """Return the identities that a VM holding `held` has afterwards, in order; raises on rule 4."""
    if not change.has_user:
        return ()
    before = [each for each in held if each not in change.detach]
    after = (*before, *(each for each in change.attach if each not in before))
    if not after:
        raise identity_errors.identities_expected(change.identity_type)
    return after


def _read_type(value: object) -> str:
    if value is None:
        raise errors.parameter_invalid("Required parameter 'identity.type' is missing (null).", "identity.type")
    # The values are flags: Azure's own policy definitions write `UserAssigned,SystemAssigned`.
    flags = sorted(one.strip().lower() for one in value.split(",")) if isinstance(value, str) else []
    known = _TYPES.get(", ".join(flags))
    if known is None:
        reason = f"Error converting value {json.dumps(value)} to type 'ResourceIdentityType'. Path 'identity.type'."
        raise errors.content_invalid(reason)
    return known


def _read_id(text: str) -> ResourceId:
    try:
        resource_id = ResourceId.parse(text)
    except BadResourceId as bad:
        raise identity_errors.linked_id_invalid(text) from bad
    if text != text.strip():
        raise identity_errors.linked_id_invalid(text)
    if not resource_id.is_a(USER_ASSIGNED_IDENTITY):
        message = f"The identity id '{text}' does not name a resource of type '{USER_ASSIGNED_IDENTITY}'."
        raise errors.parameter_invalid(message, "identity.userAssignedIdentities")
    return resource_id


def _check_value(text: str, value: object) -> None:
    path = f"identity.userAssignedIdentities['{text}']"
    if value is not None and not isinstance(value, dict):
        raise errors.content_invalid(f"Error converting value to type 'UserAssignedIdentity'. Path '{path}'.")
    for member in value or {}:
        if member.lower() not in _READ_ONLY_MEMBERS:
            raise errors.member_unknown(member, "UserAssignedIdentity", f"{path}.{member}")
