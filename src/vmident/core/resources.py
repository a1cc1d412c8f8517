"""Subscriptions, and what is in them beside VMs: resource groups and user-assigned identities."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId


class Subscription(Struct, frozen=True):
    """A subscription as ARM lists it; `state` is ARM's word, such as `Enabled`."""

    id: str
    name: str
    state: str
    tenant_id: str | None = None


class Group(Struct, frozen=True):
    """A resource group; `location` is where its own record is kept, not where its resources are."""

    id: Scope
    name: str
    location: str
    tags: Mapping[str, str] = field(default_factory=dict)
    is_being_deleted: bool = False


class IdentityResource(Struct, frozen=True):
    """A user-assigned identity as a resource of its own, attached to VMs or not.

    The ids of application, principal and tenant are `None` where Azure has not said them, as before it is made.
    `is_regional`: resources of other regions cannot use it; only `Identities.list_with_isolation` says so.
    """

    id: ResourceId
    location: str
    client_id: str | None = None
    principal_id: str | None = None
    tenant_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    is_regional: bool = False


class CredentialResource(Struct, frozen=True):
    """A federated credential of a user-assigned identity, with all that its PUT sends.

    `subject` is empty for a flexible one, which matches an expression instead.
    """

    identity: ResourceId
    name: str
    issuer: str
    subject: str
    audiences: tuple[str, ...]

    @property
    def id(self) -> str:
        """The ID, spelled as ARM does."""
        return f"{self.identity}/federatedIdentityCredentials/{self.name}"

    @property
    def is_flexible(self) -> bool:
        """Return whether an expression stands for the subject, which API versions before 2025 do not show."""
        return not self.subject


def is_same_location(one: str, other: str) -> bool:
    """Return whether two spellings name one region: ARM takes `West US` for `westus`.

    Source: `az account list-locations`, where each region has both. That spaces and case are all that differs is
    assumed.
    """
    return location_key(one) == location_key(other)


def location_key(location: str) -> str:
    """Return the spelling under which two names of one region are equal: `westus`."""
    return "".join(location.split()).lower()
