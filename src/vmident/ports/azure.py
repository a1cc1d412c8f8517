"""The ports to Azure Resource Manager: VMs, identities, groups, roles and subscriptions.

Each port raises `vmident.errors` alone. `vmident.arm` implements the ones that reach Azure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from vmident.core.vm_kind import VmKind

if TYPE_CHECKING:
    from vmident.core.dependents import Extension
    from vmident.core.patch import PatchBody
    from vmident.core.rbac.permissions import Permission
    from vmident.core.rbac.roles import AssignmentDetails, AssignmentKey, Grant, Role, RoleAssignment
    from vmident.core.rbac.scope import Scope
    from vmident.core.resource_id import ResourceId
    from vmident.core.resources import CredentialResource, Group, IdentityResource, Subscription
    from vmident.core.virtual_machine import UnreadVm, VirtualMachine
    from vmident.errors import VmidentError


class Operation(Struct, frozen=True):
    """A long-running operation; `url` is polled exactly as Azure sent it.

    `retry_after_seconds` is the pause that Azure asked for, if it did. Its polls answer with a status
    where it `has_status`; else HTTP's 202 says that it still runs.
    """

    url: str
    retry_after_seconds: float | None = None
    has_status: bool = True


class OperationStatus(Struct, frozen=True):
    """What one poll of an operation saw; `failure` is set where the operation ended without success.

    `took_seconds` is from its start to its end by Azure's own clock, where it is over and Azure said both.
    """

    is_over: bool
    failure: VmidentError | None = None
    retry_after_seconds: float | None = None
    took_seconds: float | None = None


class PatchResponse(Struct, frozen=True):
    """Azure's answer to a PATCH: the VM as it now stands, and the operation that still runs.

    `operation` is `None` where Azure named none that may be asked; then the VM itself tells when it is at rest.
    """

    machine: VirtualMachine | None
    operation: Operation | None


class AttachedVms(Struct, frozen=True):
    """VMs that may have an identity attached; `is_complete` is false where only its own subscription was searched."""

    vms: Sequence[ResourceId]
    is_complete: bool = True


class VirtualMachines(Protocol):
    """The VMs and the scale sets of a cloud.

    Ids of both are taken; what looks for a name or lists takes a kind, and is about VMs where none is given. Every
    method may raise `NotSignedIn`, `NotAllowed`, `NotFound`, `AzureUnavailable`.
    """

    def read(self, vm: ResourceId) -> VirtualMachine:
        """Read one VM from ARM itself, never from an index that lags."""
        ...

    def write_identity(self, vm: ResourceId, body: PatchBody, etag: str | None) -> PatchResponse:
        """Send the PATCH once, with `If-Match` where there is an etag; never repeats it.

        Raises `PreconditionFailed`, `Conflict`, `Throttled`, and `AzureUnavailable` where it is not known whether
        the write was carried out.
        """
        ...

    def poll(self, operation: Operation) -> OperationStatus:
        """Ask once how the operation is doing."""
        ...

    def named(
        self, subscription: str, name: str, seen: Sequence[ResourceId] = (), kind: VmKind = VmKind.VM
    ) -> Sequence[ResourceId]:
        """Find the VMs of that name in the subscription; `seen` are such VMs that were there before."""
        ...

    def list(
        self, subscription: str, group: str | None = None, kind: VmKind = VmKind.VM
    ) -> Iterator[VirtualMachine | UnreadVm]:
        """List the VMs of a subscription or of one group, page by page; one that cannot be read costs no other."""
        ...

    def names(self, subscription: str, group: str | None = None, kind: VmKind = VmKind.VM) -> Sequence[str]:
        """Return the names of the first few thousand VMs there, for one that is mistyped; asked for once a command."""
        ...

    def groups(self, subscription: str, kind: VmKind = VmKind.VM) -> Sequence[str]:
        """Return the names of the resource groups that have VMs, for one that is mistyped; asked for once a command."""
        ...

    def where(
        self, subscription: str, group: str | None, condition: str, kind: VmKind = VmKind.VM
    ) -> Iterator[ResourceId]:
        """Find the VMs for which a condition of Resource Graph holds; it lags, and may be unusable.

        Raises `AzureErrorResponse` where the condition cannot be read as one.
        """
        ...

    def in_graph(
        self, subscription: str, group: str | None = None, kind: VmKind = VmKind.VM
    ) -> tuple[int, Iterator[VirtualMachine | UnreadVm]] | None:
        """Ask Resource Graph how many VMs there are, and what each has, a thousand a request; no etags.

        It lags by seconds to minutes: no change may be computed from it. `None` where it cannot be used.
        """
        ...

    def extensions_in_graph(
        self, subscription: str, group: str | None = None
    ) -> Mapping[ResourceId, Sequence[Extension]] | None:
        """Ask Resource Graph for the extensions that may use an identity, by the VM that has them.

        It lags by seconds to minutes. `None` where it cannot be used.
        """
        ...

    def attached_vms(self, identity: ResourceId) -> AttachedVms:
        """Find the VMs and scale sets that may have the identity, one that got it a moment ago included."""
        ...


class SubscriptionStatus(Struct, frozen=True):
    """A subscription as it answers; `server_seconds` is Azure's own time then (epoch), where it said it."""

    name: str
    state: str
    server_seconds: float | None


class Subscriptions(Protocol):
    """The subscriptions that the caller sees."""

    def list(self) -> Sequence[Subscription]:
        """List all subscriptions that the caller sees."""
        ...

    def read(self, subscription: str) -> SubscriptionStatus:
        """Read one subscription by its id."""
        ...

    def registration(self, subscription: str, namespace: str) -> str:
        """Return whether a resource provider may be used there, in ARM's word, such as `Registered`."""
        ...


class Identities(Protocol):
    """The user-assigned identities of a cloud. What names mean is asked for once a command: see `find` and `named`."""

    def find(self, identity: ResourceId) -> ResourceId | None:
        """Return the identity's id in ARM's own casing; `None` where there is none, or its group is not there."""
        ...

    def named(self, subscription: str, name: str) -> Sequence[ResourceId]:
        """Find the identities of that name in the subscription."""
        ...

    def list(self, subscription: str, group: str | None = None) -> Iterator[IdentityResource]:
        """List the identities of a subscription or of one group, page by page."""
        ...

    def list_with_isolation(self, subscription: str) -> Iterator[IdentityResource]:
        """List the identities of a subscription as `list` does, and whether each is for its own region alone."""
        ...

    def names(self, subscription: str, group: str | None = None) -> Sequence[str]:
        """Return the names of the identities there, for one that is mistyped; asked for once a command."""
        ...

    def read(self, identity: ResourceId) -> IdentityResource:
        """Read one identity; raises `NotFound`."""
        ...

    def credentials(self, identity: ResourceId) -> Sequence[CredentialResource]:
        """List the federated credentials of one identity."""
        ...

    def make(self, identity: ResourceId, location: str, tags: Mapping[str, str]) -> IdentityResource:
        """Send the PUT once; one that is there gets exactly these tags.

        Raises `Throttled`, and `AzureUnavailable` where it is not known whether the identity was made.
        """
        ...

    def delete(self, identity: ResourceId) -> None:
        """Send the DELETE once; one that is not there is as good as deleted."""
        ...


class Groups(Protocol):
    """The resource groups of a cloud."""

    def read(self, subscription: str, name: str) -> Group:
        """Read one group; raises `NotFound`."""
        ...

    def list(self, subscription: str) -> Iterator[Group]:
        """List the groups of a subscription, page by page."""
        ...

    def make(self, subscription: str, name: str, location: str, tags: Mapping[str, str]) -> Group:
        """Send the PUT once; one that is there gets exactly these tags. Raises as `Identities.make` does."""
        ...


class Roles(Protocol):
    """Role definitions, role assignments, and what the caller may do.

    Definitions and permissions are asked for once a command; assignments every time, but for `listed_assignments_of`.
    """

    def named(self, name: str, scope: Scope) -> Sequence[Role]:
        """List the definitions called `name`, in any case, that can be assigned at a scope."""
        ...

    def all_at(self, scope: Scope) -> Sequence[Role]:
        """List every definition that can be assigned at a scope."""
        ...

    def by_id(self, definition_id: str) -> Role:
        """Read one definition by its full id; raises `NotFound`."""
        ...

    def assignments_of(self, principal_id: str, scope: Scope) -> Sequence[RoleAssignment]:
        """List the assignments made to a principal at a scope, above it and below it."""
        ...

    def listed_assignments_of(self, principal_id: str, scope: Scope) -> Sequence[RoleAssignment]:
        """Return what `assignments_of` does, from one list of all assignments at the scope, read once a command."""
        ...

    def assignments_at(self, scope: Scope) -> frozenset[AssignmentKey]:
        """List the assignments of all principals at a scope, above it and below it, GUIDs in small letters."""
        ...

    def details_at(self, scope: Scope) -> Sequence[AssignmentDetails]:
        """List the assignments of all principals at a scope, above it and below it, with all that they say."""
        ...

    def find(self, grant: Grant, principal_id: str) -> str | None:
        """Return the id of the assignment that would be made for this grant; `None` where it is not there."""
        ...

    def assign(self, grant: Grant, principal_id: str) -> tuple[str | None, bool]:
        """Create the assignment with one request; returns its id, if known, and whether it is new.

        Raises `AzureErrorResponse` with code `PrincipalNotFound` while the directory does not know the principal yet.
        """
        ...

    def exists(self, assignment_id: str) -> bool:
        """Read whether an assignment exists, by its full id."""
        ...

    def remove(self, assignment_id: str) -> None:
        """Delete an assignment, asking once; one that is not there is as good as deleted.

        Raises `Throttled`, and `AzureUnavailable` where it is not known whether it was deleted.
        """
        ...

    def permissions(self, scope: Scope) -> Sequence[Permission]:
        """List what the caller may do at a scope."""
        ...
