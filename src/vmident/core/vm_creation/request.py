"""A VM to create, as values: everything that its template depends on."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct, field

from vmident.core.identity import IdentityState
from vmident.core.rbac.roles import Grant
from vmident.core.rbac.scope import group_scope
from vmident.core.resource_id import ResourceId
from vmident.core.transition import AddUsers, Change, EnableSystem
from vmident.core.vm_creation.admin import Admin
from vmident.core.vm_creation.images import Image, OsType
from vmident.core.vm_creation.network import NETWORK_INTERFACE, PUBLIC_IP

DEFAULT_SIZE = "Standard_D2s_v5"
"""What `az vm create` takes from 2025 on in place of Standard_DS1_v2, by its own announcement."""


class OpenPort(Enum):
    """The port that a new VM's security group opens to the world, if any."""

    NONE = "none"
    SSH = "ssh"
    RDP = "rdp"


class VmSettings(Struct, frozen=True):
    """The settings of a new VM that no read of Azure can change."""

    image: Image
    os: OsType
    admin: Admin
    size: str = DEFAULT_SIZE
    has_public_ip: bool = True
    open_port: OpenPort = OpenPort.NONE
    tags: Mapping[str, str] = field(default_factory=dict)


class VmRequest(Struct, frozen=True):
    """A VM to create. `subnet_id` is the subnet of its network interface, `None` for a network of its own.

    `new_network` and `new_subnet` name that network. `grants` go to the system-assigned identity where there is one,
    else to every user-assigned one. `seed` makes the names of role assignments: another one each time.
    """

    vm: ResourceId
    location: str
    settings: VmSettings
    seed: str
    identities: IdentityState = field(default_factory=IdentityState)
    grants: tuple[Grant, ...] = ()
    subnet_id: str | None = None
    new_network: str | None = None
    new_subnet: str | None = None

    @property
    def change(self) -> Change:
        """The change of identities whose roles `grants` are."""
        return EnableSystem() if self.identities.system else AddUsers(frozenset(self.identities.users))

    @property
    def grants_in_template(self) -> tuple[Grant, ...]:
        """The grants that the deployment itself makes: to the VM's own principal, in the deployment's group.

        A template reaches other scopes through nested deployments alone, and those need a group or a location of
        their own (Microsoft's 'Deploy resources across scopes'); such grants follow when the VM is there.
        """
        group = group_scope(self.vm.subscription, self.vm.group)
        return tuple(one for one in self.grants if self.identities.system and group.contains(one.scope))

    @property
    def grants_afterwards(self) -> tuple[Grant, ...]:
        """The grants that are left to be made when the VM is there."""
        return tuple(one for one in self.grants if one not in self.grants_in_template)

    @property
    def network_interface(self) -> ResourceId:
        """The VM's network interface, named as `az vm create` does."""
        return self.beside(NETWORK_INTERFACE, f"{self.vm.name}VMNic")

    @property
    def public_ip(self) -> ResourceId | None:
        """The VM's public address, if it has one."""
        return self.beside(PUBLIC_IP, f"{self.vm.name}PublicIP") if self.settings.has_public_ip else None

    def beside(self, kind: str, name: str) -> ResourceId:
        """Name a resource in the VM's group."""
        return ResourceId(self.vm.subscription, self.vm.group, kind, name)
