"""Create a VM with its network, identities and roles in one deployment."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.identity import IdentityState
from vmident.core.transition import Transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_creation.admin import Admin
from vmident.core.vm_creation.deployment import DeploymentRequest, deployment_id
from vmident.core.vm_creation.request import VmRequest
from vmident.core.vm_creation.template import assignment_id_in_template, parameters_for, template_for
from vmident.errors import Interrupted, UsageError, VmidentError
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult, RoleResult, RoleStatus, Status
from vmident.results.resources import VmCreation
from vmident.usecases.change.apply_roles import apply_roles, command_for
from vmident.usecases.change.change_vms import ExecutionOptions
from vmident.usecases.change.prepare import Prepared
from vmident.usecases.resolve.vms import Where
from vmident.usecases.vm.deploy import goes_on, start_deployment, wait_for_deployment, with_context
from vmident.usecases.vm.prepare import PreparedVm, VmSpec, machine_named, prepare_vm
from vmident.usecases.vm.preview_deployment import preview_deployment


class _Making(Struct, frozen=True):
    """A VM under creation: its settings, and its deployment."""

    prepared: PreparedVm
    request: DeploymentRequest

    def result(self, status: Status, error: VmidentError | None = None) -> VmCreation:
        request = self.prepared.request
        return VmCreation(
            request.vm,
            request.location,
            request.settings.admin.name,
            status,
            deployment=self.request.id,
            roles=self.prepared.roles,
            warnings=self.prepared.warnings,
            error=error,
        )


def create_vm(
    requested: VmSpec,
    where: Where,
    ports: Ports,
    execution: ExecutionOptions,
    seed: str,
    *,
    complete: Callable[[], Admin],
) -> VmCreation:
    """Create the VM; `seed` is a GUID, new for each creation.

    `complete` returns the account with its credentials, which it may ask for: it is called when all checks are made.
    Raises what is wrong with the request, `AlreadyExists`, and why Azure rejected the deployment. A failure after Azure
    has accepted it is the result's error.
    """
    prepared = prepare_vm(requested, where, ports, seed, only_plan=execution.dry_run)
    afterwards = prepared.request.grants_afterwards
    if execution.no_wait and afterwards and not execution.dry_run:
        scopes = ", ".join(dict.fromkeys(str(one.scope) for one in afterwards))
        raise UsageError(
            f"--no-wait cannot be used with these roles, which are granted after the VM is created ({scopes}).",
            hint="Remove --no-wait.",
        )
    request = replace(prepared.request, settings=replace(prepared.request.settings, admin=complete()))
    making = _Making(replace(prepared, request=request), _request(request))
    if execution.dry_run:
        return _planned(making, ports)
    start_deployment(making.request, ports.deployments, ports.clock, ports.prompt)
    if execution.no_wait:
        return making.result(Status.ACCEPTED)
    try:
        return _made(making, ports)
    except VmidentError as failure:
        return _failed(making, goes_on(failure, making.request))
    except KeyboardInterrupt:
        return _failed(making, goes_on(Interrupted("Interrupted."), making.request))


def _request(request: VmRequest) -> DeploymentRequest:
    return DeploymentRequest(
        deployment_id(request.vm, f"vmident-{request.seed}"),
        request.vm,
        template_for(request),
        parameters_for(request),
        f"To complete the change: {command_for(request.vm, request.change, request.grants)}",
    )


def _planned(making: _Making, ports: Ports) -> VmCreation:
    request = making.prepared.request
    what_if, warnings = preview_deployment(making.request, ports.deployments, ports.clock, ports.prompt)
    return replace(
        making.result(Status.PLANNED),
        deployment=None,
        identity=request.identities,
        template=making.request.template,
        what_if=what_if,
        warnings=(*making.prepared.warnings, *warnings),
    )


def _made(making: _Making, ports: Ports) -> VmCreation:
    request = making.prepared.request
    ended = wait_for_deployment(making.request, ports.deployments, ports.clock, ports.prompt)
    if ended.failure:
        is_there = _is_there(request, ports)
        return _failed(making, with_context(ended.failure, making.request, ended.steps, vm_is_there=is_there))
    machine = ports.machines.read(request.vm)
    created = replace(
        making.result(Status.CHANGED),
        identity=machine.identity,
        private_address=_unless_it_fails(lambda: ports.networks.private_address(request.network_interface)),
        public_address=_public_address(request, ports),
        roles=_granted_in_template(request, machine.identity),
    )
    return _with_other_roles(created, making.prepared, machine, ports)


def _granted_in_template(request: VmRequest, identity: IdentityState) -> tuple[RoleResult, ...]:
    principal = identity.system.principal_id if identity.system else None
    return tuple(
        RoleResult(one.role, one.scope, principal, RoleStatus.GRANTED, assignment_id_in_template(one, request))
        for one in request.grants_in_template
    )


def _with_other_roles(created: VmCreation, prepared: PreparedVm, machine: VirtualMachine, ports: Ports) -> VmCreation:
    """Grant what the deployment could not: settled as the roles of a change of the new VM's identities are."""
    request = prepared.request
    grants = request.grants_afterwards
    if not grants:
        return created
    change = Transition(IdentityState(), machine.identity)
    settled = apply_roles(
        ChangeResult(request.vm.name, Status.CHANGED, request.vm, change.before, change.after),
        Prepared(machine, request.change, change, None, (), grants, (), ()),
        ports,
    )
    return replace(created, status=settled.status, roles=(*created.roles, *settled.roles), error=settled.error)


def _is_there(request: VmRequest, ports: Ports) -> bool:
    """Return whether Azure is seen to have kept a VM that did not come up."""
    try:
        return machine_named(request.vm, ports.machines) is not None
    except VmidentError:
        return False


def _public_address(request: VmRequest, ports: Ports) -> str | None:
    public_ip = request.public_ip
    return _unless_it_fails(lambda: ports.networks.public_address(public_ip)) if public_ip else None


def _unless_it_fails(read: Callable[[], str | None]) -> str | None:
    """Read what the user may want to know but the command does not need."""
    try:
        return read()
    except VmidentError:
        return None


def _failed(making: _Making, failure: VmidentError) -> VmCreation:
    unknown = failure.outcome_is_unknown
    status, of_roles = (Status.UNKNOWN, RoleStatus.UNKNOWN) if unknown else (Status.FAILED, RoleStatus.FAILED)
    roles = tuple(replace(one, status=of_roles) for one in making.prepared.roles)
    return replace(making.result(status, failure), roles=roles)
