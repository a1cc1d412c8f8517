"""Read an identity, the VMs that have it and the roles that it holds, and work out what deleting it takes along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vmident.core.consequences import ROLES_ORPHANED, Warn
from vmident.core.rbac.roles import HeldRole
from vmident.core.resource_id import ResourceId
from vmident.core.resources import IdentityResource
from vmident.core.transition import RemoveUsers
from vmident.errors import NotFound
from vmident.ports.azure import Holders, IdentityLoss, Roles
from vmident.results.changes import RoleResult, RoleStatus
from vmident.usecases.change.prepare import Prepared, Wish, World, loss_of, prepare_change, read_at_rest
from vmident.usecases.roles.grant import check_may
from vmident.usecases.roles.plan_assignments import find_orphans_of

DEAD_ATTACHMENT = "dead-attachment"
SEARCH_INCOMPLETE = "search-incomplete"


@dataclass(frozen=True)
class DeletionWish:
    """What is to become of VMs that have the identity, and of the roles that it holds."""

    detach: bool = False
    force: bool = False
    remove_roles: bool = False


@dataclass(frozen=True)
class Doomed:
    """An identity that is to be deleted, and what that takes along.

    `attached` are the VMs that have it, `detaching` the changes that take it from them; `roles` are its role
    assignments, as results that say whether they go with it.
    """

    word: str
    identity: IdentityResource
    attached: tuple[ResourceId, ...]
    detaching: tuple[Prepared, ...]
    roles: tuple[RoleResult, ...]
    orphans: tuple[HeldRole, ...]
    warnings: tuple[Warn, ...]


def detaching(identity: ResourceId) -> Wish:
    """Give the change of a VM that takes the identity away from it."""
    return Wish(RemoveUsers, (str(identity),))


def prepare_deletion(
    word: str, identity: IdentityResource, wish: DeletionWish, world: World, *, at_rest: bool
) -> Doomed:
    """Find the VMs, reading each to be sure, and the roles; nothing is written here.

    Raises what the reads raise, and `NotAllowed` where roles are to be deleted and clearly may not be.
    """
    holders = world.machines.holders(identity.id)
    changes: tuple[Prepared, ...] = ()
    if wish.detach:
        changes = _changes(holders.vms, identity.id, world, at_rest=at_rest)
        attached = tuple(one.machine.id for one in changes)
    else:
        attached = tuple(vm for vm in holders.vms if _has(vm, identity.id, world))
    orphans = find_orphans_of(
        identity.principal_id, identity.id.subscription, world.roles.held_by, are_removed=wish.remove_roles
    )
    roles = orphans.planned(are_removed=wish.remove_roles)
    check_may(roles, world.roles)
    warnings = (*_on_search(holders, identity.id), *_on_abandoned(attached, wish), *orphans.warnings)
    return Doomed(word, identity, attached, changes, roles, orphans.held, warnings)


def identity_loss_of(doomed: Doomed) -> IdentityLoss:
    """Give what somebody is asked about before the identity is deleted."""
    removed = {one.id for one in doomed.roles if one.status is RoleStatus.PLANNED_REMOVAL}
    return IdentityLoss(
        doomed.identity.id,
        [loss_of(one) for one in doomed.detaching],
        [one for one in doomed.orphans if one.assignment_id in removed],
        doomed.warnings,
    )


def deleting_roles(doomed: Doomed, roles: Roles) -> Doomed:
    """Give the deletion with the identity's role assignments deleted too; raises `NotAllowed` as above."""
    removals = tuple(replace(one, status=RoleStatus.PLANNED_REMOVAL) for one in doomed.roles)
    check_may(removals, roles)
    warnings = tuple(warning for warning in doomed.warnings if warning.code != ROLES_ORPHANED)
    return replace(doomed, roles=removals, warnings=warnings)


def _changes(vms: Sequence[ResourceId], identity: ResourceId, world: World, *, at_rest: bool) -> tuple[Prepared, ...]:
    changes = []
    for vm in vms:
        try:
            prepared = prepare_change(read_at_rest(vm, world, at_rest=at_rest), detaching(identity), world)
        except NotFound:
            continue
        if prepared.transition.takes_away:
            changes.append(prepared)
    return tuple(changes)


def _has(vm: ResourceId, identity: ResourceId, world: World) -> bool:
    try:
        return identity in world.machines.read(vm).identity.users
    except NotFound:
        return False


def _on_search(holders: Holders, identity: ResourceId) -> tuple[Warn, ...]:
    if holders.is_complete:
        return ()
    return (
        Warn(
            SEARCH_INCOMPLETE,
            f"Resource Graph could not be asked: only the VMs of subscription {identity.subscription} were looked at.",
        ),
    )


def _on_abandoned(attached: Sequence[ResourceId], wish: DeletionWish) -> tuple[Warn, ...]:
    if not wish.force:
        return ()
    return tuple(
        Warn(
            DEAD_ATTACHMENT,
            f"VM '{vm.name}' ({vm.group}) keeps an attachment to an identity that does not exist, and refuses other "
            "changes of its identities until that is removed.",
        )
        for vm in attached
    )
