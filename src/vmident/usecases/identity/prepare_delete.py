"""Read an identity, the VMs that have it and the roles that it holds, and work out what deleting it takes along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from vmident.core.consequences import ROLES_ORPHANED, Warn
from vmident.core.rbac.roles import HeldRole
from vmident.core.resource_id import ResourceId
from vmident.core.resources import IdentityResource
from vmident.core.run_record import IdentityDeletion
from vmident.core.transition import RemoveUsers
from vmident.core.virtual_machine import Machine
from vmident.errors import NotFound
from vmident.ports.azure import Holders, IdentityLoss, Roles
from vmident.results.changes import RoleResult, RoleStatus
from vmident.usecases.change.prepare import Wish, World, loss_of, prepare_change
from vmident.usecases.change.prepare_all import Ready
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

    `attached` are the VMs that have it, `detaching` those that lose it first, as they were read; `roles` are its role
    assignments, as results that say whether they go with it.
    """

    word: str
    identity: IdentityResource
    attached: tuple[ResourceId, ...]
    detaching: tuple[Machine, ...]
    roles: tuple[RoleResult, ...]
    orphans: tuple[HeldRole, ...]
    warnings: tuple[Warn, ...]


def prepare_deletion(word: str, identity: IdentityResource, wish: DeletionWish, world: World) -> Doomed:
    """Find the VMs, reading each to be sure, and the roles; nothing is written here.

    Raises what the reads raise, and `NotAllowed` where roles are to be deleted and clearly may not be.
    """
    holders = world.machines.holders(identity.id)
    having = tuple(_having(holders.vms, identity.id, world))
    attached = tuple(one.id for one in having)
    detaching = having if wish.detach else ()
    orphans = find_orphans_of(
        identity.principal_id, identity.id.subscription, world.roles.held_by, are_removed=wish.remove_roles
    )
    roles = orphans.planned(are_removed=wish.remove_roles)
    check_may(roles, world.roles)
    warnings = (*_on_search(holders, identity.id), *_on_abandoned(attached, wish), *orphans.warnings)
    return Doomed(word, identity, attached, detaching, roles, orphans.held, warnings)


def attached_vms(identity: ResourceId, world: World) -> tuple[ResourceId, ...]:
    """Return the VMs that have the identity, each read to be sure."""
    return tuple(one.id for one in _having(world.machines.holders(identity).vms, identity, world))


def detachments(doomed: Sequence[Doomed], world: World) -> tuple[Ready, ...]:
    """Return one change for each VM, which takes all its doomed identities away; costs no request."""
    machines = {machine.id: machine for one in doomed for machine in one.detaching}
    ready = []
    for vm, machine in machines.items():
        ids = sorted(one.identity.id for one in doomed if any(other.id == vm for other in one.detaching))
        wish = Wish(RemoveUsers, tuple(map(str, ids)))
        ready.append(Ready(machine.id.name, prepare_change(machine, wish, world), wish))
    return tuple(ready)


def on_record(doomed: Doomed, wish: DeletionWish) -> IdentityDeletion:
    """Return what the journal keeps of the deletion."""
    return IdentityDeletion(doomed.identity.id, doomed.identity.principal_id, doomed.roles, wish.force)


def identity_loss_of(doomed: Doomed, changes: Sequence[Ready]) -> IdentityLoss:
    """Return what is asked about before the identity is deleted; `changes` detach it and others from VMs."""
    removed = {one.id for one in doomed.roles if one.status is RoleStatus.PLANNED_REMOVAL}
    vms = {machine.id for machine in doomed.detaching}
    return IdentityLoss(
        doomed.identity.id,
        [loss_of(one.prepared) for one in changes if one.prepared.machine.id in vms],
        [one for one in doomed.orphans if one.assignment_id in removed],
        doomed.warnings,
    )


def deleting_roles(doomed: Doomed, roles: Roles) -> Doomed:
    """Give the deletion with the identity's role assignments deleted too; raises `NotAllowed` as above."""
    removals = tuple(replace(one, status=RoleStatus.PLANNED_REMOVAL) for one in doomed.roles)
    check_may(removals, roles)
    warnings = tuple(warning for warning in doomed.warnings if warning.code != ROLES_ORPHANED)
    return replace(doomed, roles=removals, warnings=warnings)


def _having(vms: Iterable[ResourceId], identity: ResourceId, world: World) -> Iterator[Machine]:
    for vm in vms:
        try:
            machine = world.machines.read(vm)
        except NotFound:
            continue
        if identity in machine.identity.users:
            yield machine


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
