"""Tokens and sign-ins."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from vmident.core.auth.caller import CallerType


class Token(Struct, frozen=True):
    """A bearer token and where it came from, such as `vmident login`; `expires_on` in epoch seconds, where known."""

    text: str
    origin: str
    expires_on: float | None

    def __repr__(self) -> str:
        """Leave the token out."""
        return f"Token(origin={self.origin!r}, expires_on={self.expires_on!r})"


class Tokens(Protocol):
    """Whatever signs requests."""

    def read(self) -> Token:
        """Return the token that requests would be signed with; raises `NotSignedIn`, `Unreachable`."""
        ...


class SignInMethod(Enum):
    """A way to sign in."""

    BROWSER = "browser"
    DEVICE_CODE = "device code"
    SERVICE_PRINCIPAL = "service principal"
    MANAGED_IDENTITY = "managed identity"


class SignInRequest(Struct, frozen=True):
    """What to sign in with. An app has tenant, client id and secret, a managed identity may have a client id."""

    method: SignInMethod
    tenant_id: str | None = None
    client_id: str | None = None
    secret: str | None = None
    allow_unencrypted: bool = False

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"SignInRequest({self.method}, tenant_id={self.tenant_id!r}, client_id={self.client_id!r})"


class Account(Struct, frozen=True):
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
