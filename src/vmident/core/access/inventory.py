"""The rows that access is decided from, as they were read; nothing here decides.

IDs keep the spelling that they were read with and are compared in lower case; `lower` is the one place for that.
Source: Resource Graph's tables `resources`, `resourcecontainers` and `authorizationresources`, and the REST reference
of Microsoft.Authorization for eligible roles and deny assignments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct, field

from vmident.core.vm_kind import VmKind

ALL_PRINCIPALS = "00000000-0000-0000-0000-000000000000"
"""The principal of a deny assignment that applies to everyone (Microsoft's 'List Azure deny assignments')."""


class UserAssigned(NamedTuple):
    """A user-assigned identity, as it is listed or as a machine that carries it shows it."""

    id: str
    principal_id: str | None = None
    client_id: str | None = None


class Machine(NamedTuple):
    """A VM or a scale set. `users` are its user-assigned identities, attached ones that are gone included.

    `encryption_identity` is the ID of the identity that disk encryption uses; `system_extensions` are the
    titles of extensions that need the system-assigned identity, `None` where extensions were not read. `system_users`
    are those of extensions that use it if there is one, the default identity being the system-assigned one.
    """

    id: str
    kind: VmKind = VmKind.VM
    system_principal: str | None = None
    users: tuple[UserAssigned, ...] = ()
    encryption_identity: str | None = None
    system_extensions: tuple[str, ...] | None = None
    system_users: tuple[str, ...] = ()


class RolePermission(NamedTuple):
    """One entry of a role definition or deny assignment: patterns such as `Microsoft.Compute/*`."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


class RoleDefinition(NamedTuple):
    """A built-in or custom role; `guid` is the last segment of its ID in lower case."""

    guid: str
    name: str
    permissions: tuple[RolePermission, ...]


class Assignment(NamedTuple):
    """A role assignment; an `eligible` one has to be activated first. `expires` is its end (ISO 8601), if any."""

    id: str
    principal_id: str
    principal_type: str
    role_guid: str
    scope: str
    condition: str | None = None
    eligible: bool = False
    expires: str | None = None


class FederatedCredential(NamedTuple):
    """What an identity trusts: tokens of `issuer` for `subject`."""

    id: str
    identity: str
    issuer: str
    subject: str


class DenyAssignment(NamedTuple):
    """What it denies is taken from its principals at its scope, and below it unless `is_for_scope_alone`.

    `groups` are those of its principals and excluded principals that are groups.
    """

    id: str
    scope: str
    permissions: tuple[RolePermission, ...]
    principals: frozenset[str]
    excluded: frozenset[str] = frozenset()
    is_for_scope_alone: bool = False
    groups: frozenset[str] = frozenset()


class DirectoryObject(NamedTuple):
    """A principal as Microsoft Graph has it: its type in Azure's words, such as `User`, and its name."""

    kind: str
    name: str | None = None


class Unread(NamedTuple):
    """Something that could not be read, and why; what depends on it is unknown, never absent.

    `identity` is the ID of the user-assigned identity that it is about, if it is about one.
    """

    what: str
    why: str
    identity: str | None = None


class Inventory(Struct, frozen=True):
    """All rows of one reading.

    `subscriptions` are those whose identities were listed, in lower case: one elsewhere is not known to be missing.
    `management_groups` has the management groups above each subscription, in lower case; a subscription that is missing
    was not read. `tenants` has the tenant that each subscription is in, in lower case.
    `federated_unread` are the identities whose federated credentials were not read, in lower case, and
    `assignments_unread` the subscriptions whose role assignments were not all read, in lower case.
    The others come from Microsoft Graph and have object IDs in lower case. `members` has the transitive members of
    Microsoft Entra groups; a group that is missing was not read. `principals` are those found, `gone` those proven not
    to exist.
    """

    subscriptions: frozenset[str] = frozenset()
    machines: tuple[Machine, ...] = ()
    identities: tuple[UserAssigned, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    roles: tuple[RoleDefinition, ...] = ()
    federated: tuple[FederatedCredential, ...] = ()
    denials: tuple[DenyAssignment, ...] = ()
    management_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tenants: Mapping[str, str] = field(default_factory=dict)
    federated_unread: frozenset[str] = frozenset()
    assignments_unread: frozenset[str] = frozenset()
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    principals: Mapping[str, DirectoryObject] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    unread: tuple[Unread, ...] = ()


def lower(text: str) -> str:
    """Return an ID as it is compared: ARM disregards case."""
    return text.lower().rstrip("/")


def subscription_of(scope: str) -> str | None:
    """Return the subscription of an ID, in lower case; `None` for `/` and management groups."""
    segments = lower(scope).split("/")
    return segments[2] if len(segments) > 2 and segments[1] == "subscriptions" else None


def group_of(resource: str) -> str:
    """Return the scope of the resource group that a resource is in, in lower case."""
    return "/".join(lower(resource).split("/")[:5])


def name_of(resource: str) -> str:
    """Return the last segment of an ID, as it is spelled."""
    return resource.rstrip("/").rpartition("/")[2]


def scopes_above(resource: str, management_groups: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Return every scope whose role assignments hold at a resource, the widest first, the resource itself last.

    They are `/`, its management groups, subscription, resource group, and for a child resource its parents. All in
    lower case; source: Microsoft's 'Understand scope for Azure RBAC'.
    """
    yield ""
    segments = lower(resource).split("/")
    yield from management_groups.get(segments[2], ())
    yield "/".join(segments[:3])
    yield "/".join(segments[:5])
    for end in range(9, len(segments) + 1, 2):
        yield "/".join(segments[:end])


def scope_title(scope: str) -> str:
    """Return a scope as it is shown: root, the subscription, `resource group 'G'`, or the resource's name."""
    depth = len(lower(scope).split("/"))
    if not lower(scope):
        return "all management groups"
    if subscription_of(scope) is None:
        return f"management group '{name_of(scope)}'"
    if depth == 3:
        return f"subscription {name_of(scope)}"
    return f"resource group '{name_of(scope)}'" if depth == 5 else f"'{name_of(scope)}'"
