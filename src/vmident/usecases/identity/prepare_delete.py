"""Read an identity, the VMs that have it and the roles that it holds, and work out what deleting it takes along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.consequences import ROLES_ORPHANED, Notice
from vmident.core.rbac.roles import RoleAssignment
from vmident.core.resource_id import ResourceId
from vmident.core.resources import IdentityResource
from vmident.core.run_record import IdentityDeletion
from vmident.core.transition import RemoveUsers
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import titled
from vmident.errors import NotFound
from vmident.ports.azure import AttachedVms
from vmident.ports.ports import Ports
from vmident.ports.prompt import IdentityLoss
from vmident.results.changes import RoleResult, RoleStatus
from vmident.usecases.change.prepare import ChangeRequest, loss_from, prepare_change
from vmident.usecases.change.prepare_all import Ready
from vmident.usecases.roles.grant import check_may
from vmident.usecases.roles.plan_assignments import find_orphans_of

DEAD_ATTACHMENT = "dead-attachment"
SEARCH_INCOMPLETE = "search-incomplete"


class DeletionRequest(Struct, frozen=True):
    """What is to become of VMs that have the identity, and of the roles that it holds."""

    detach: bool = False
    force: bool = False
    remove_roles: bool = False


class DeletionPlan(Struct, frozen=True):
    """An identity to delete, and what is deleted with it.

    `attached` are the VMs that have it, `detaching` those that lose it first, as they were read; `roles` are its role
    assignments, as results that say whether they go with it.
    """

    word: str
    identity: IdentityResource
    attached: tuple[ResourceId, ...]
    detaching: tuple[VirtualMachine, ...]
    roles: tuple[RoleResult, ...]
    orphans: tuple[RoleAssignment, ...]
    warnings: tuple[Notice, ...]


def prepare_deletion(word: str, identity: IdentityResource, request: DeletionRequest, ports: Ports) -> DeletionPlan:
    """Find the VMs, reading each to be sure, and the roles; nothing is written here.

    Raises what the reads raise, and `NotAllowed` where role assignments cannot be deleted for lack of permission.
    """
    attached_vms = ports.machines.attached_vms(identity.id)
    having = tuple(_having(attached_vms.vms, identity.id, ports))
    attached = tuple(one.id for one in having)
    detaching = having if request.detach else ()
    orphans = find_orphans_of(
        identity.principal_id, identity.id.subscription, ports.roles.assignments_of, are_removed=request.remove_roles
    )
    roles = orphans.planned(are_removed=request.remove_roles)
    check_may(roles, ports)
    warnings = (*_on_search(attached_vms, identity.id), *_on_abandoned(attached, request), *orphans.warnings)
    return DeletionPlan(word, identity, attached, detaching, roles, orphans.held, warnings)


def attached_vms(identity: ResourceId, ports: Ports) -> tuple[ResourceId, ...]:
    """Return the VMs that have the identity, each read to be sure."""
    return tuple(one.id for one in _having(ports.machines.attached_vms(identity).vms, identity, ports))


def detachments(deletion_plan: Sequence[DeletionPlan], ports: Ports) -> tuple[Ready, ...]:
    """Return one change for each VM, which takes all its doomed identities away; costs no request."""
    machines = {machine.id: machine for one in deletion_plan for machine in one.detaching}
    ready = []
    for vm, machine in machines.items():
        ids = sorted(one.identity.id for one in deletion_plan if any(other.id == vm for other in one.detaching))
        request = ChangeRequest(RemoveUsers, tuple(map(str, ids)))
        ready.append(Ready(machine.id.name, prepare_change(machine, request, ports), request))
    return tuple(ready)


def on_record(deletion_plan: DeletionPlan, request: DeletionRequest) -> IdentityDeletion:
    """Return what the journal keeps of the deletion."""
    return IdentityDeletion(
        deletion_plan.identity.id, deletion_plan.identity.principal_id, deletion_plan.roles, request.force
    )


def identity_loss_of(deletion_plan: DeletionPlan, changes: Sequence[Ready]) -> IdentityLoss:
    """Return what is asked about before the identity is deleted; `changes` detach it and others from VMs."""
    removed = {one.id for one in deletion_plan.roles if one.status is RoleStatus.PLANNED_REMOVAL}
    vms = {machine.id for machine in deletion_plan.detaching}
    return IdentityLoss(
        deletion_plan.identity.id,
        [loss_from(one.prepared) for one in changes if one.prepared.machine.id in vms],
        [one for one in deletion_plan.orphans if one.assignment_id in removed],
        deletion_plan.warnings,
    )


def deleting_roles(deletion_plan: DeletionPlan, ports: Ports) -> DeletionPlan:
    """Return the deletion with the identity's role assignments deleted too; raises `NotAllowed` as above."""
    removals = tuple(replace(one, status=RoleStatus.PLANNED_REMOVAL) for one in deletion_plan.roles)
    check_may(removals, ports)
    warnings = tuple(warning for warning in deletion_plan.warnings if warning.code != ROLES_ORPHANED)
    return replace(deletion_plan, roles=removals, warnings=warnings)


def _having(vms: Iterable[ResourceId], identity: ResourceId, ports: Ports) -> Iterator[VirtualMachine]:
    for vm in vms:
        try:
            machine = ports.machines.read(vm)
        except NotFound:
            continue
        if identity in machine.identity.users:
            yield machine


def _on_search(attached_vms: AttachedVms, identity: ResourceId) -> tuple[Notice, ...]:
    if attached_vms.is_complete:
        return ()
    return (
        Notice(
            SEARCH_INCOMPLETE,
            f"Resource Graph is not available: only subscription {identity.subscription} was checked for VMs and scale "
            "sets that have the identity.",
        ),
    )


def _on_abandoned(attached: Sequence[ResourceId], request: DeletionRequest) -> tuple[Notice, ...]:
    if not request.force:
        return ()
    return tuple(
        Notice(
            DEAD_ATTACHMENT,
            f"The deleted identity stays attached to {titled(vm)} ({vm.group}). Azure rejects other changes to the "
            "VM's identities until it is detached.",
        )
        for vm in attached
    )
