"""What use cases return about groups, identities and VMs that are made or deleted, frozen as `results`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from vmident.core.consequences import Notice
    from vmident.core.identity import IdentityState
    from vmident.core.resource_id import ResourceId
    from vmident.core.resources import Group, IdentityResource
    from vmident.core.vm_creation.deployment import WhatIfChange
    from vmident.errors import VmidentError
    from vmident.results.changes import ChangeResult, RoleResult, Status


class VmCreation(Struct, frozen=True):
    """What became of a VM that was to be made.

    `template` and `what_if` are there where it was only worked out; `what_if` is `None` where Azure was not asked, or
    did not answer. `identity` is what the VM has, or would have; `None` where it is not known. `deployment` is the full
    id of what made it, `None` where nothing was sent.
    """

    vm: ResourceId
    location: str
    admin_username: str
    status: Status
    identity: IdentityState | None = None
    private_address: str | None = None
    public_address: str | None = None
    deployment: ResourceId | None = None
    template: Mapping[str, Any] | None = None
    what_if: tuple[WhatIfChange, ...] | None = None
    roles: tuple[RoleResult, ...] = ()
    warnings: tuple[Notice, ...] = ()
    error: VmidentError | None = None


class GroupResult(Struct, frozen=True):
    """A resource group that was to be there; `before` is what was there, `None` for nothing."""

    group: Group
    status: Status
    before: Group | None = None


class IdentityResult(Struct, frozen=True):
    """A user-assigned identity that was to be there; `before` is what was there, `None` for nothing.

    Where the identity is there and a role was not granted, the status is failed and `error` says why.
    """

    identity: IdentityResource
    status: Status
    before: IdentityResource | None = None
    warnings: tuple[Notice, ...] = ()
    roles: tuple[RoleResult, ...] = ()
    error: VmidentError | None = None


class IdentityView(Struct, frozen=True):
    """What a look at one identity found: it, or the reason why there is none."""

    word: str
    identity: IdentityResource | None = None
    error: VmidentError | None = None


class DeletionResult(Struct, frozen=True):
    """What became of one identity that was to be deleted; `word` named it.

    `identity` is its id, `None` where none was found, and `detached` the VMs that lose it first. `attached` are the VMs
    that have it, and keep a dead attachment where it is deleted by force.
    """

    word: str
    status: Status
    identity: ResourceId | None = None
    attached: tuple[ResourceId, ...] = ()
    detached: tuple[ChangeResult, ...] = ()
    roles: tuple[RoleResult, ...] = ()
    warnings: tuple[Notice, ...] = ()
    error: VmidentError | None = None
