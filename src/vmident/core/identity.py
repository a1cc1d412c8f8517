"""What identity a VM has: the system-assigned one, the user-assigned ones, and the type that follows from the two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field
from msgspec.structs import force_setattr

from vmident.core.naming import enumerated
from vmident.core.resource_id import ResourceId


class IdentityType(Enum):
    """ARM's four names for what a VM has; `azure-wire-facts`: a comma and one space in the last."""

    NONE = "None"
    SYSTEM = "SystemAssigned"
    USER = "UserAssigned"
    BOTH = "SystemAssigned, UserAssigned"

    @property
    def has_system(self) -> bool:
        """Return whether a VM of this type has a system-assigned identity."""
        return self in (IdentityType.SYSTEM, IdentityType.BOTH)

    @property
    def has_users(self) -> bool:
        """Return whether a VM of this type has user-assigned identities."""
        return self in (IdentityType.USER, IdentityType.BOTH)


class SystemIdentity(Struct, frozen=True):
    """The identity that lives and dies with the VM; GUIDs as text, `None` while Azure has not said them."""

    principal_id: str | None = None
    tenant_id: str | None = None


class UserIdentity(Struct, frozen=True):
    """What a VM's answer says of an attached identity; `None` until the operation that attaches it has ended.

    `spelling` is the ID as the VM has it, where that differs from ARM's own: a VM keeps the one that it was sent.
    """

    client_id: str | None = None
    principal_id: str | None = None
    spelling: str | None = None


class IdentityState(Struct, frozen=True):
    """The identities of one VM at one moment; the type is worked out, so it cannot disagree with them."""

    system: SystemIdentity | None = None
    users: Mapping[ResourceId, UserIdentity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        force_setattr(self, "users", MappingProxyType(dict(self.users)))

    @classmethod
    def of(cls, *, system: bool = False, users: Iterable[ResourceId] = ()) -> IdentityState:
        """Build a state that knows which identities exist, but no ids of theirs."""
        return cls(SystemIdentity() if system else None, {user: UserIdentity() for user in users})

    @property
    def type(self) -> IdentityType:
        """ARM's name for what is here."""
        if self.system:
            return IdentityType.BOTH if self.users else IdentityType.SYSTEM
        return IdentityType.USER if self.users else IdentityType.NONE

    @property
    def is_fully_known(self) -> bool:
        """Return whether Azure has said every principal and client id there is to say."""
        system_known = self.system is None or self.system.principal_id is not None
        return system_known and all(user.client_id and user.principal_id for user in self.users.values())

    def principal_of(self, receiver: ResourceId | None) -> str | None:
        """Return the principal of an attached identity, of the system-assigned one for `None`; `None` if not known."""
        if receiver is None:
            return self.system.principal_id if self.system else None
        return self.users[receiver].principal_id if receiver in self.users else None

    def has_same_identities_as(self, other: IdentityState) -> bool:
        """Compare who is there, whatever is known of each."""
        return bool(self.system) == bool(other.system) and self.users.keys() == other.users.keys()

    def is_same_as(self, other: IdentityState) -> bool:
        """Compare who is there, and the system-assigned principals: a new one is another, an unknown one may be any."""
        principals = {one.system.principal_id for one in (self, other) if one.system and one.system.principal_id}
        return self.has_same_identities_as(other) and len(principals) <= 1

    @property
    def summary(self) -> str:
        """Who is there in words, such as `the system-assigned identity and 'idA'`; its principal, where known, too."""
        principal = self.system.principal_id if self.system else None
        system = [f"the system-assigned identity{f' {principal}' if principal else ''}"] if self.system else []
        return enumerated(system + [f"'{user.name}'" for user in sorted(self.users)]) or "no identity"


def identity_document(state: IdentityState) -> dict[str, Any]:
    """Return `{"type", "principalId"?, "tenantId"?, "userAssignedIdentities": {ID: {"clientId"?, "principalId"?}}}`.

    The one JSON of an identity state: what commands print, and what plan files and the journal hold. What Azure has not
    said yet is left out.
    """
    document: dict[str, Any] = {"type": state.type.value}
    if state.system:
        document |= _known(principalId=state.system.principal_id, tenantId=state.system.tenant_id)
    document["userAssignedIdentities"] = {
        str(user): _known(clientId=known.client_id, principalId=known.principal_id)
        for user, known in state.users.items()
    }
    return document


def identity_in(document: Any) -> IdentityState:
    """Read what `identity_document` returns.

    Raises `KeyError`, `TypeError`, `ValueError`, `AttributeError` or `BadResourceId` for anything else.
    """
    has_system = IdentityType(document["type"]).has_system
    return IdentityState(
        SystemIdentity(document.get("principalId"), document.get("tenantId")) if has_system else None,
        {
            ResourceId.parse(user): UserIdentity(known.get("clientId"), known.get("principalId"))
            for user, known in document["userAssignedIdentities"].items()
        },
    )


def _known(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}
