"""Work out the VM that is to be made: check the words, look at what is there; nothing is written here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from vmident.core.consequences import Warn, consequences
from vmident.core.identity import IdentityState
from vmident.core.resource_id import ResourceId, checked_name, looks_like_id, vm_id
from vmident.core.transition import Transition
from vmident.core.virtual_machine import Machine
from vmident.core.vm_creation.admin import Admin, computer_name
from vmident.core.vm_creation.images import Image, OsType
from vmident.core.vm_creation.request import DEFAULT_SIZE, OpenPort, VmRequest
from vmident.errors import AlreadyExists, NotFound, NotSignedIn, UsageError
from vmident.ports.azure import Groups, Machines
from vmident.ports.deployments import Deployments, Networks
from vmident.results.changes import RoleResult, RoleStatus
from vmident.usecases.change.prepare import World
from vmident.usecases.resolve.identities import checked_identity_words, find_identities
from vmident.usecases.resolve.network import NetworkWords, PlaceInNetwork, find_network
from vmident.usecases.resolve.roles import NO_ROLES, RoleWords, find_grants
from vmident.usecases.resolve.vms import Where
from vmident.usecases.roles.grant import check_may

NOT_LOOKED_AT = "not-looked-at"

_VM_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,62}\w)?", re.ASCII)
_SIZE = re.compile(r"\w+", re.ASCII)
_LOCATION = re.compile(r"[A-Za-z0-9 ]+")


@dataclass(frozen=True)
class VmWish:
    """A VM in the user's words; image, account and roles are checked already."""

    name: str
    image: Image
    os: OsType
    admin: Admin
    size: str = DEFAULT_SIZE
    location: str | None = None
    system: bool = False
    identities: tuple[str, ...] = ()
    roles: RoleWords = NO_ROLES
    network: NetworkWords = field(default_factory=NetworkWords)
    has_public_ip: bool = True
    open_port: OpenPort = OpenPort.NONE
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Creating:
    """What making a VM reaches through."""

    world: World
    groups: Groups
    deployments: Deployments
    networks: Networks


@dataclass(frozen=True)
class PreparedVm:
    """A VM that can be made, as far as can be seen, and the roles that go with it."""

    request: VmRequest
    roles: tuple[RoleResult, ...]
    warnings: tuple[Warn, ...]


@dataclass(frozen=True)
class _Surroundings:
    location: str
    place: PlaceInNetwork
    warnings: tuple[Warn, ...] = ()


def checked_wish(wish: VmWish) -> VmWish:
    """Refuse, before anything is sent, a VM that cannot be; raises `UsageError` and `BadResourceId`."""
    if looks_like_id(wish.name) or not _VM_NAME.fullmatch(wish.name.strip()):
        raise UsageError(
            f"No VM can be called '{wish.name}'.",
            hint="A name has 1 to 64 letters, digits, '-', '_' and '.', and begins and ends with a letter or digit.",
        )
    computer_name(wish.name, wish.os)
    if not _SIZE.fullmatch(wish.size):
        raise UsageError(f"'{wish.size}' is no size of a VM.", hint=f"Such as {DEFAULT_SIZE}; see: az vm list-sizes")
    if wish.location is not None and not _LOCATION.fullmatch(wish.location.strip()):
        raise UsageError(
            f"'{wish.location}' is no location.", hint="Such as westeurope; see: az account list-locations"
        )
    if wish.roles and not (wish.system or wish.identities):
        raise UsageError("--role needs an identity to grant it to.", hint="Add --system, or --identity ID.")
    location = wish.location.replace(" ", "").lower() if wish.location else None
    identities = checked_identity_words(wish.identities)
    return replace(wish, name=wish.name.strip(), location=location, identities=identities)


def prepare_vm(wish: VmWish, where: Where, creating: Creating, seed: str, *, only_plan: bool) -> PreparedVm:
    """Look at the group, the VM's name, its identities, networks and roles, and put the request together.

    Raises `AlreadyExists` where there is a VM of that name, and what the reads raise. Where it is only to be planned,
    and nobody is signed in, what is there is left unseen as far as the words do without.
    """
    if where.group is None:
        raise UsageError("A VM is made in a resource group.", hint="Name it: -g myResourceGroup")
    vm = vm_id(where.subscription(), checked_name(where.group), wish.name)
    around = _look_around(vm, wish, creating, only_plan=only_plan)
    stand_in = Machine(vm, around.location, IdentityState())
    users, named_twice = find_identities(wish.identities, stand_in, creating.world.identities)
    identities = IdentityState.of(system=wish.system, users=sorted(users))
    roles = creating.world.roles
    grants = find_grants(wish.roles, vm.subscription, vm.group, roles) if wish.roles else ()
    request = VmRequest(
        vm,
        around.location,
        wish.image,
        wish.os,
        wish.admin,
        seed,
        size=wish.size,
        identities=identities,
        grants=grants,
        subnet_id=around.place.subnet_id,
        new_network=around.place.new_network,
        new_subnet=around.place.new_subnet,
        has_public_ip=wish.has_public_ip,
        open_port=wish.open_port,
        tags=wish.tags,
    )
    planned = tuple(RoleResult(one.role, one.scope, None, RoleStatus.PLANNED) for one in grants)
    check_may(planned, roles)
    warnings = (*around.warnings, *named_twice, *consequences(Transition(IdentityState(), identities)))
    return PreparedVm(request, planned, warnings)


def _look_around(vm: ResourceId, wish: VmWish, creating: Creating, *, only_plan: bool) -> _Surroundings:
    try:
        home = creating.groups.read(vm.subscription, vm.group).location
    except NotSignedIn as nobody:
        if not (only_plan and wish.location):
            raise
        message = f"Nothing of what is there was looked at: {nobody.message}"
        return _Surroundings(wish.location, PlaceInNetwork(), (Warn(NOT_LOOKED_AT, message),))
    _check_there_is_none(vm, creating)
    location = wish.location or home
    return _Surroundings(location, find_network(wish.network, vm, location, creating.networks))


def machine_named(vm: ResourceId, machines: Machines) -> Machine | None:
    """Read a VM that may not be there."""
    try:
        return machines.read(vm)
    except NotFound:
        return None


def _check_there_is_none(vm: ResourceId, creating: Creating) -> None:
    machine = machine_named(vm, creating.world.machines)
    if machine is None:
        return
    there = f"There is a VM '{vm.name}' in resource group '{vm.group}' already; it was not touched."
    if machine.has_failed:
        raise AlreadyExists(
            f"{there} It did not come up: it is '{machine.provisioning_state}'.",
            hint=f"Delete it and run the command again: az vm delete --ids {vm}",
        )
    raise AlreadyExists(there, hint=f"See what identities it has: vmident show {vm.name} -g {vm.group}")
