"""Make a VM with its network, identities and roles in one deployment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from vmident.core.identity import IdentityState
from vmident.core.transition import Transition
from vmident.core.virtual_machine import Machine
from vmident.core.vm_creation.deployment import Order, deployment_id
from vmident.core.vm_creation.request import VmRequest
from vmident.core.vm_creation.template import assignment_id_in_template, parameters_for, template_for
from vmident.errors import Interrupted, UsageError, VmidentError
from vmident.results.changes import ChangeResult, RoleResult, RoleStatus, Status
from vmident.results.resources import Creation
from vmident.usecases.change.apply_roles import command_for, settle_roles
from vmident.usecases.change.change_vms import Manner
from vmident.usecases.change.prepare import Prepared
from vmident.usecases.resolve.vms import Where
from vmident.usecases.vm.deploy import begin, goes_on, until_over, whole_truth
from vmident.usecases.vm.foresee import foresee
from vmident.usecases.vm.prepare import Creating, PreparedVm, VmWish, machine_named, prepare_vm


@dataclass(frozen=True)
class _Making:
    """A VM on its way: what it is to be, and the deployment that makes it."""

    prepared: PreparedVm
    order: Order

    def result(self, status: Status, error: VmidentError | None = None) -> Creation:
        request = self.prepared.request
        return Creation(
            request.vm,
            request.location,
            request.admin.name,
            status,
            deployment=self.order.id,
            roles=self.prepared.roles,
            warnings=self.prepared.warnings,
            error=error,
        )


def create_vm(wish: VmWish, where: Where, creating: Creating, manner: Manner, seed: str) -> Creation:
    """Make the VM that is wished for; `seed` is a GUID that no other creation has.

    Raises what is wrong with the wish, `AlreadyExists`, and why Azure did not take the deployment on. What fails once
    it has is the result's error.
    """
    prepared = prepare_vm(wish, where, creating, seed, only_plan=manner.dry_run)
    request = prepared.request
    making = _Making(prepared, _order(request))
    if manner.dry_run:
        return _planned(making, creating)
    if manner.no_wait and request.grants_afterwards:
        scopes = ", ".join(dict.fromkeys(str(one.scope) for one in request.grants_afterwards))
        raise UsageError(
            f"--no-wait does not go with these roles: they are granted when the VM is there ({scopes}).",
            hint="Leave --no-wait out.",
        )
    begin(making.order, creating.deployments, creating.world.clock, creating.world.person)
    if manner.no_wait:
        return making.result(Status.ACCEPTED)
    try:
        return _made(making, creating)
    except VmidentError as failure:
        return _failed(making, goes_on(failure, making.order))
    except KeyboardInterrupt:
        return _failed(making, goes_on(Interrupted("Interrupted."), making.order))


def _order(request: VmRequest) -> Order:
    return Order(
        deployment_id(request.vm, f"vmident-{request.seed}"),
        request.vm,
        template_for(request),
        parameters_for(request),
        f"Finish the job: {command_for(request.vm, request.change, request.grants)}",
    )


def _planned(making: _Making, creating: Creating) -> Creation:
    request, world = making.prepared.request, creating.world
    what_if, warnings = foresee(making.order, creating.deployments, world.clock, world.person)
    return replace(
        making.result(Status.PLANNED),
        deployment=None,
        identity=request.identities,
        template=making.order.template,
        what_if=what_if,
        warnings=(*making.prepared.warnings, *warnings),
    )


def _made(making: _Making, creating: Creating) -> Creation:
    request, world = making.prepared.request, creating.world
    ended = until_over(making.order, creating.deployments, world.clock, world.person)
    if ended.failure:
        is_there = _is_there(request, creating)
        return _failed(making, whole_truth(ended.failure, making.order, ended.steps, vm_is_there=is_there))
    machine = world.machines.read(request.vm)
    created = replace(
        making.result(Status.CHANGED),
        identity=machine.identity,
        private_address=_unless_it_fails(lambda: creating.networks.private_address(request.network_interface)),
        public_address=_public_address(request, creating),
        roles=_granted_in_template(request, machine.identity),
    )
    return _with_other_roles(created, making.prepared, machine, creating)


def _granted_in_template(request: VmRequest, identity: IdentityState) -> tuple[RoleResult, ...]:
    principal = identity.system.principal_id if identity.system else None
    return tuple(
        RoleResult(one.role, one.scope, principal, RoleStatus.GRANTED, assignment_id_in_template(one, request))
        for one in request.grants_in_template
    )


def _with_other_roles(created: Creation, prepared: PreparedVm, machine: Machine, creating: Creating) -> Creation:
    """Grant what the deployment could not: settled as the roles of a change of the new VM's identities are."""
    request = prepared.request
    grants = request.grants_afterwards
    if not grants:
        return created
    change = Transition(IdentityState(), machine.identity)
    settled = settle_roles(
        ChangeResult(request.vm.name, Status.CHANGED, request.vm, change.before, change.after),
        Prepared(machine, request.change, change, None, (), grants, (), ()),
        creating.world,
    )
    return replace(created, status=settled.status, roles=(*created.roles, *settled.roles), error=settled.error)


def _is_there(request: VmRequest, creating: Creating) -> bool:
    """Tell whether Azure is seen to have kept a VM that did not come up."""
    try:
        return machine_named(request.vm, creating.world.machines) is not None
    except VmidentError:
        return False


def _public_address(request: VmRequest, creating: Creating) -> str | None:
    public_ip = request.public_ip
    return _unless_it_fails(lambda: creating.networks.public_address(public_ip)) if public_ip else None


def _unless_it_fails(read: Callable[[], str | None]) -> str | None:
    """Read what is good to know and no part of the job."""
    try:
        return read()
    except VmidentError:
        return None


def _failed(making: _Making, failure: VmidentError) -> Creation:
    roles = tuple(replace(one, status=RoleStatus.FAILED) for one in making.prepared.roles)
    return replace(making.result(Status.FAILED, failure), roles=roles)
