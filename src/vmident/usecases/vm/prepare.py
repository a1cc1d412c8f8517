"""Prepare the creation of a VM: check the words and read what exists; nothing is written here."""

from __future__ import annotations

import re

from msgspec import Struct, field
from msgspec.structs import replace

from vmident.core.consequences import Notice, consequences
from vmident.core.identity import IdentityState
from vmident.core.naming import NEW_VM_NAME, checked_name
from vmident.core.resource_id import ResourceId, vm_id
from vmident.core.shell import command_line
from vmident.core.transition import Transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_creation.admin import computer_name
from vmident.core.vm_creation.request import DEFAULT_SIZE, VmRequest, VmSettings
from vmident.errors import AlreadyExists, NotFound, NotSignedIn, UsageError
from vmident.ports.azure import VirtualMachines
from vmident.ports.ports import Ports
from vmident.results.changes import RoleResult, RoleStatus
from vmident.usecases.resolve.groups import read_group
from vmident.usecases.resolve.identities import checked_identity_names, find_identities
from vmident.usecases.resolve.network import NetworkNames, SubnetChoice, find_network
from vmident.usecases.resolve.roles import NO_ROLES, RoleNames, find_grants
from vmident.usecases.resolve.vms import Where
from vmident.usecases.roles.grant import check_may
from vmident.usecases.vm.check_offers import check_offers

STATE_NOT_READ = "state-not-read"

_SIZE = re.compile(r"\w+", re.ASCII)
_LOCATION = re.compile(r"[A-Za-z0-9 ]+")


class VmSpec(Struct, frozen=True):
    """A VM to create, with its identities, roles and network by name as typed; `settings` and `roles` are checked."""

    name: str
    settings: VmSettings
    location: str | None = None
    system: bool = False
    identities: tuple[str, ...] = ()
    roles: RoleNames = NO_ROLES
    network: NetworkNames = field(default_factory=NetworkNames)


class PreparedVm(Struct, frozen=True):
    """A VM that can be made, as far as can be seen, and the roles that go with it."""

    request: VmRequest
    roles: tuple[RoleResult, ...]
    warnings: tuple[Notice, ...]


class _Surroundings(Struct, frozen=True):
    location: str
    place: SubnetChoice
    warnings: tuple[Notice, ...] = ()


def checked_request(requested: VmSpec) -> VmSpec:
    """Refuse, before anything is sent, a VM that cannot be; raises `UsageError` and `BadResourceId`."""
    name = checked_name(requested.name, NEW_VM_NAME)
    computer_name(requested.name, requested.settings.os)
    if not _SIZE.fullmatch(requested.settings.size):
        raise UsageError(
            f"'{requested.settings.size}' is not a valid VM size.",
            hint=f"Example: {DEFAULT_SIZE}. To see all sizes: az vm list-sizes",
        )
    if requested.location is not None and not _LOCATION.fullmatch(requested.location.strip()):
        raise UsageError(
            f"'{requested.location}' is not a valid region.",
            hint="Example: westeurope. To see all regions: az account list-locations",
        )
    if requested.roles and not (requested.system or requested.identities):
        raise UsageError("--role requires --system or --identity.", hint="Add --system or --identity.")
    location = requested.location.replace(" ", "").lower() if requested.location else None
    identities = checked_identity_names(requested.identities)
    return replace(requested, name=name, location=location, identities=identities)


def prepare_vm(requested: VmSpec, where: Where, ports: Ports, seed: str, *, only_plan: bool) -> PreparedVm:
    """Read the group, name, identities, networks and roles, and build the request.

    Raises `AlreadyExists` where there is a VM of that name, and what the reads raise. Where it is only to be planned,
    and there is no sign-in, existing resources are not read as far as the words do without.
    """
    if where.group is None:
        raise UsageError("A resource group is required.", hint="Example: -g myResourceGroup")
    vm = vm_id(where.subscription(), where.group, requested.name)
    around = _look_around(vm, requested, ports, only_plan=only_plan)
    stand_in = VirtualMachine(vm, around.location, IdentityState())
    users, named_twice = find_identities(requested.identities, stand_in, ports.identities)
    identities = IdentityState.of(system=requested.system, users=sorted(users))
    roles = ports.roles
    grants = find_grants(requested.roles, vm.subscription, vm.group, roles) if requested.roles else ()
    request = VmRequest(
        vm,
        around.location,
        requested.settings,
        seed,
        identities=identities,
        grants=grants,
        subnet_id=around.place.subnet_id,
        new_network=around.place.new_network,
        new_subnet=around.place.new_subnet,
    )
    planned = tuple(RoleResult(one.role, one.scope, None, RoleStatus.PLANNED) for one in grants)
    check_may(planned, ports)
    warnings = (*around.warnings, *named_twice, *consequences(Transition(IdentityState(), identities)))
    return PreparedVm(request, planned, warnings)


def _look_around(vm: ResourceId, requested: VmSpec, ports: Ports, *, only_plan: bool) -> _Surroundings:
    try:
        home = read_group(vm.group, vm.subscription, ports.groups).location
    except NotSignedIn as missing:
        if not (only_plan and requested.location):
            raise
        message = f"Existing resources were not checked: {missing.message}"
        return _Surroundings(requested.location, SubnetChoice(), (Notice(STATE_NOT_READ, message),))
    _check_there_is_none(vm, ports)
    location = requested.location or home
    is_typed = requested.location is not None
    check_offers(vm.subscription, location, requested.settings, ports.offers, is_typed=is_typed)
    return _Surroundings(location, find_network(requested.network, vm, location, ports.networks))


def machine_named(vm: ResourceId, machines: VirtualMachines) -> VirtualMachine | None:
    """Read a VM that may not be there."""
    try:
        return machines.read(vm)
    except NotFound:
        return None


def _check_there_is_none(vm: ResourceId, ports: Ports) -> None:
    machine = machine_named(vm, ports.machines)
    if machine is None:
        return
    there = f"VM '{vm.name}' already exists in resource group '{vm.group}'. It was not changed."
    if machine.has_failed:
        raise AlreadyExists(
            f"{there} It failed to start: it is '{machine.provisioning_state}'.",
            hint=f"Delete it and run the command again: {command_line('az', 'vm', 'delete', '--ids', vm)}",
        )
    show = command_line("vmident", "show", vm.name, "-g", vm.group)
    raise AlreadyExists(there, hint=f"To see its identities: {show}")
