"""What use cases need from outside: machines, identities, sign-ins, a clock, and somebody to ask and to tell.

Each port raises `vmident.errors` alone. `vmident.arm` implements the ones that reach Azure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from vmident.core.caller import CallerType
from vmident.core.machine import Machine
from vmident.core.patch import PatchBody
from vmident.core.resource_id import ResourceId
from vmident.core.transition import Transition
from vmident.errors import VmidentError


class Clock(Protocol):
    """Time, as the whole command has it: no sleep outlasts the deadline that `--timeout` sets."""

    def now(self) -> float:
        """Give seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass; where the deadline comes first, wait for no longer and raise `TimedOut`."""
        ...

    def remaining_seconds(self) -> float | None:
        """Give what is left until the deadline, `None` where there is none; raises `TimedOut` where nothing is."""
        ...


@dataclass(frozen=True)
class Operation:
    """Work that Azure goes on with after it has answered; `url` is polled exactly as Azure gave it.

    `retry_after_seconds` is the pause that Azure asked for, if it did.
    """

    url: str
    retry_after_seconds: float | None = None


@dataclass(frozen=True)
class Look:
    """What one poll of an operation saw; `failure` is set where the operation ended without success."""

    is_over: bool
    failure: VmidentError | None = None
    retry_after_seconds: float | None = None


@dataclass(frozen=True)
class Written:
    """Azure's answer to a PATCH: the VM as it now stands, and the operation that still runs.

    `operation` is `None` where Azure named none that may be asked; then the VM itself tells when it is at rest.
    """

    machine: Machine | None
    operation: Operation | None


class Machines(Protocol):
    """The VMs of a cloud. Every method may raise `NotSignedIn`, `NotAllowed`, `NotFound`, `AzureUnavailable`."""

    def read(self, vm: ResourceId) -> Machine:
        """Read one VM from ARM itself, never from an index that lags."""
        ...

    def write_identity(self, vm: ResourceId, body: PatchBody, etag: str | None) -> Written:
        """Send the PATCH once, with `If-Match` where there is an etag; never repeats it.

        Raises `PreconditionFailed`, `Conflict`, `Throttled`, and `AzureUnavailable` where it is not known whether
        the write was carried out.
        """
        ...

    def look_at(self, operation: Operation) -> Look:
        """Ask once how the operation is doing."""
        ...

    def named(self, subscription: str, name: str) -> Sequence[ResourceId]:
        """Find the VMs of that name in the subscription, one made a moment ago included."""
        ...

    def list(self, subscription: str, group: str | None = None) -> Iterator[Machine]:
        """List the VMs of a subscription or of one group, page by page."""
        ...


class Identities(Protocol):
    """The user-assigned identities of a cloud."""

    def find(self, identity: ResourceId) -> ResourceId | None:
        """Give the identity's id in ARM's own casing; `None` where there is none, or its group is not there."""
        ...

    def named(self, subscription: str, name: str) -> Sequence[ResourceId]:
        """Find the identities of that name in the subscription."""
        ...

    def list(self, subscription: str) -> Iterator[ResourceId]:
        """List the identities of a subscription, page by page."""
        ...


@dataclass(frozen=True)
class Token:
    """A bearer token and where it came from, such as `vmident login`; `expires_on` in epoch seconds, where known."""

    text: str = field(repr=False)
    origin: str
    expires_on: float | None


class Tokens(Protocol):
    """Whatever signs requests."""

    def read(self) -> Token:
        """Give the token that requests would be signed with; raises `NotSignedIn`, `Unreachable`."""
        ...


class Way(Enum):
    """How somebody signs in."""

    BROWSER = "browser"
    DEVICE_CODE = "device code"
    SERVICE_PRINCIPAL = "service principal"
    MANAGED_IDENTITY = "managed identity"


@dataclass(frozen=True)
class SignInRequest:
    """What to sign in with. An app has tenant, client id and secret, a managed identity may have a client id."""

    way: Way
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


class SignIns(Protocol):
    """vmident's own sign-in, of which there is at most one."""

    def sign_in(self, request: SignInRequest) -> Account:
        """Sign in, in the place of who was; raises `NotSignedIn`, `NoTokenStore`, `Unreachable`, `UsageError`."""
        ...

    def sign_out(self) -> Account | None:
        """Forget who is signed in, their tokens too; gives who it was. Raises `NoTokenStore`."""
        ...


class Person(Protocol):
    """Whoever runs the command."""

    def approve(self, losses: Sequence[tuple[ResourceId, Transition]]) -> None:
        """Ask whether these VMs may lose what the transitions take away.

        Raises `Declined` for 'no', `ConfirmationNeeded` where there is nobody to ask and no `--yes`.
        """
        ...

    def tell(self, message: str) -> None:
        """Say what is going on right now, such as what is being waited for; may be shown or not."""
        ...
