"""What use cases need from outside: machines, identities, sign-ins, a clock, and somebody to ask and to tell.

Each port raises `vmident.errors` alone. `vmident.arm` implements the ones that reach Azure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vmident.core.auth.caller import CallerType
    from vmident.core.consequences import Notice
    from vmident.core.patch import PatchBody
    from vmident.core.progress import Progress
    from vmident.core.rbac.permissions import Permission
    from vmident.core.rbac.roles import AssignmentKey, Grant, Role, RoleAssignment
    from vmident.core.rbac.scope import Scope
    from vmident.core.resource_id import ResourceId
    from vmident.core.resources import Group, IdentityResource
    from vmident.core.run_record import EarlyFailure, IdentityDeletion, RunEntry, RunRecord
    from vmident.core.selection import SelectedChange
    from vmident.core.transition import Transition
    from vmident.core.virtual_machine import UnreadVm, VirtualMachine
    from vmident.errors import VmidentError


class Clock(Protocol):
    """Time, as the whole command has it: no sleep outlasts the deadline that `--timeout` sets."""

    def now(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`; at the deadline, stop and raise `TimedOut`."""
        ...

    def remaining_seconds(self) -> float | None:
        """Return what is left until the deadline, `None` where there is none; raises `TimedOut` where nothing is."""
        ...


@dataclass(frozen=True)
class Operation:
    """Work that Azure goes on with after it has answered; `url` is polled exactly as Azure gave it.

    `retry_after_seconds` is the pause that Azure asked for, if it did. Its polls answer with a status
    where it `has_status`; else HTTP's 202 says that it still runs.
    """

    url: str
    retry_after_seconds: float | None = None
    has_status: bool = True


@dataclass(frozen=True)
class OperationStatus:
    """What one poll of an operation saw; `failure` is set where the operation ended without success.

    `took_seconds` is from its start to its end by Azure's own clock, where it is over and Azure said both.
    """

    is_over: bool
    failure: VmidentError | None = None
    retry_after_seconds: float | None = None
    took_seconds: float | None = None


@dataclass(frozen=True)
class PatchResponse:
    """Azure's answer to a PATCH: the VM as it now stands, and the operation that still runs.

    `operation` is `None` where Azure named none that may be asked; then the VM itself tells when it is at rest.
    """

    machine: VirtualMachine | None
    operation: Operation | None


@dataclass(frozen=True)
class AttachedVms:
    """VMs that may have an identity attached; `is_complete` is false where only its own subscription was searched."""

    vms: Sequence[ResourceId]
    is_complete: bool = True


class VirtualMachines(Protocol):
    """The VMs of a cloud. Every method may raise `NotSignedIn`, `NotAllowed`, `NotFound`, `AzureUnavailable`."""

    def read(self, vm: ResourceId) -> VirtualMachine:
        """Read one VM from ARM itself, never from an index that lags."""
        ...

    def power_state(self, vm: ResourceId) -> str | None:
        """Return whether the VM runs, in Azure's word, such as `running` or `deallocated`; `None` where not known."""
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

    def named(self, subscription: str, name: str, seen: Sequence[ResourceId] = ()) -> Sequence[ResourceId]:
        """Find the VMs of that name in the subscription; `seen` are such VMs that were there before."""
        ...

    def list(self, subscription: str, group: str | None = None) -> Iterator[VirtualMachine | UnreadVm]:
        """List the VMs of a subscription or of one group, page by page; one that cannot be read costs no other."""
        ...

    def names(self, subscription: str, group: str | None = None) -> Sequence[str]:
        """Return the names of the first few thousand VMs there, for one that is mistyped; asked for once a command."""
        ...

    def groups(self, subscription: str) -> Sequence[str]:
        """Return the names of the resource groups that have VMs, for one that is mistyped; asked for once a command."""
        ...

    def where(self, subscription: str, group: str | None, condition: str) -> Iterator[ResourceId]:
        """Find the VMs for which a condition of Resource Graph holds; it lags, and may be unusable.

        Raises `AzureRefused` where the condition cannot be read as one.
        """
        ...

    def in_graph(
        self, subscription: str, group: str | None = None
    ) -> tuple[int, Iterator[VirtualMachine | UnreadVm]] | None:
        """Ask Resource Graph how many VMs there are, and what each has, a thousand a request; no etags.

        It lags by seconds to minutes: no change is to be computed from it. `None` where it cannot be used.
        """
        ...

    def attached_vms(self, identity: ResourceId) -> AttachedVms:
        """Find the VMs that may have the identity attached, one that got it a moment ago included."""
        ...


@dataclass(frozen=True)
class SubscriptionStatus:
    """A subscription as it answers; `server_seconds` is Azure's own time then (epoch), where it said it."""

    name: str
    state: str
    server_seconds: float | None


class Subscriptions(Protocol):
    """The subscriptions that the caller sees."""

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

    def names(self, subscription: str, group: str | None = None) -> Sequence[str]:
        """Return the names of the identities there, for one that is mistyped; asked for once a command."""
        ...

    def read(self, identity: ResourceId) -> IdentityResource:
        """Read one identity; raises `NotFound`."""
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

    def find(self, grant: Grant, principal_id: str) -> str | None:
        """Return the id of the assignment that would be made for this grant; `None` where it is not there."""
        ...

    def assign(self, grant: Grant, principal_id: str) -> tuple[str | None, bool]:
        """Create the assignment with one request; returns its id, if known, and whether it is new.

        Raises `AzureRefused` with code `PrincipalNotFound` while the directory does not know the principal yet.
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


@dataclass(frozen=True)
class Loss:
    """What a VM will lose: identities, and the role assignments that will then point at nobody."""

    vm: ResourceId
    change: Transition
    orphans: Sequence[RoleAssignment] = ()


@dataclass(frozen=True)
class IdentityLoss:
    """A user-assigned identity that is about to be deleted, and what goes with it.

    VMs lose it first, as `detached` says; `roles` are deleted with it; `warnings` say what else it breaks.
    """

    identity: ResourceId
    detached: Sequence[Loss] = ()
    roles: Sequence[RoleAssignment] = ()
    warnings: Sequence[Notice] = ()


@dataclass(frozen=True)
class Token:
    """A bearer token and where it came from, such as `vmident login`; `expires_on` in epoch seconds, where known."""

    text: str = field(repr=False)
    origin: str
    expires_on: float | None


class Tokens(Protocol):
    """Whatever signs requests."""

    def read(self) -> Token:
        """Return the token that requests would be signed with; raises `NotSignedIn`, `Unreachable`."""
        ...


class SignInMethod(Enum):
    """How somebody signs in."""

    BROWSER = "browser"
    DEVICE_CODE = "device code"
    SERVICE_PRINCIPAL = "service principal"
    MANAGED_IDENTITY = "managed identity"


@dataclass(frozen=True)
class SignInRequest:
    """What to sign in with. An app has tenant, client id and secret, a managed identity may have a client id."""

    method: SignInMethod
    tenant_id: str | None = None
    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    allow_unencrypted: bool = False


@dataclass(frozen=True)
class Account:
    """Who is signed in. `is_encrypted` is false where the tokens are in a plain file."""

    name: str
    type: CallerType
    tenant_id: str | None
    cloud: str
    is_encrypted: bool = True


class Logins(Protocol):
    """vmident's own sign-in, of which there is at most one."""

    def sign_in(self, request: SignInRequest) -> Account:
        """Sign in, in the place of who was; raises `NotSignedIn`, `NoTokenStore`, `Unreachable`, `UsageError`."""
        ...

    def sign_out(self) -> Account | None:
        """Forget who is signed in, their tokens too; gives who it was. Raises `NoTokenStore`."""
        ...


class Prompt(Protocol):
    """Whoever runs the command."""

    def confirm(self, losses: Sequence[Loss]) -> None:
        """Ask whether these VMs may lose what the transitions take away.

        Raises `Declined` for 'no', `ConfirmationNeeded` where there is nobody to ask and no `--yes`.
        """
        ...

    def confirm_selection(self, change: SelectedChange, vms: Sequence[ResourceId]) -> None:
        """Ask whether these VMs, which were selected and not named, may be changed; raises as above."""
        ...

    def confirm_deletion(self, losses: Sequence[IdentityLoss]) -> None:
        """Ask whether these identities may be deleted, and detached first where that is planned; raises as above."""
        ...

    def confirm_role_removal(self, roles: Sequence[RoleAssignment]) -> bool:
        """Ask whether assignments that will be orphaned are to be deleted too; no where nobody can be asked."""
        ...

    def progress(self, message: str) -> None:
        """Show a progress message, such as what is being waited for; may be ignored."""
        ...

    def show(self, progress: Progress) -> None:
        """Show the progress of a run of many VMs; may be ignored."""
        ...


class Journal(Protocol):
    """What is kept of runs. Every method raises `JournalUnusable` where the record cannot be read or written."""

    def begin(
        self,
        entries: Sequence[RunEntry],
        undoes: str | None = None,
        deletions: Sequence[IdentityDeletion] = (),
        failures: Sequence[EarlyFailure] = (),
    ) -> str:
        """Record a new run with all its VMs before anything is sent; returns its id, such as `3f2a9c1e`."""
        ...

    def put(self, run: str, entry: RunEntry | IdentityDeletion) -> None:
        """Record the progress of a VM or of the deletion of an identity; on disk when it returns.

        Raises `TakenOver`.
        """
        ...

    def end(self, run: str) -> None:
        """Record the end of the run."""
        ...

    def undo_history(self, vms: Collection[ResourceId]) -> Iterator[tuple[RunEntry, RunEntry]]:
        """Return what a run did to each of these VMs and what undoing it did, for every undoing, the oldest first."""
        ...

    def take_over(self, run: str) -> RunRecord:
        """Become the one process that goes on with a run; `put` of any other raises `TakenOver` from here on."""
        ...
