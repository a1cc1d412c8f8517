"""Who signs requests: a token handed over, `vmident login`'s sign-in, or one of azure-identity's ways of signing in.

Every credential here gives a token to azure-core's policies, and names in `origin` where the last one came from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from vmident.arm.auth.errors import ORIGINS, authority_options, sign_in_error, unusable_settings
from vmident.arm.auth.login_credential import LoginCredential
from vmident.arm.auth.login_record import SignIn
from vmident.arm.cloud import Cloud
from vmident.errors import NotSignedIn, UsageError
from vmident.ports.auth import Token

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.identity import DefaultAzureCredential

_BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, section 2.1
_GIVEN_TOKENS_ARE_TAKEN_TO_LAST_SECONDS = 24 * 3600


class Credential(Protocol):
    """azure-core's `TokenCredential`, and where its token came from."""

    @property
    def origin(self) -> str:
        """Where the last token came from, such as `vmident login`."""
        ...

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token for the scopes."""
        ...

    def close(self) -> None:
        """Close what was opened to get the token."""
        ...


class StaticTokenCredential:
    """Bearer tokens by their scope: that of `VMIDENT_ACCESS_TOKEN`, or the sandbox's own.

    When they end is not known: Azure says so with a 401.
    """

    def __init__(self, tokens: Mapping[str, str], now: float, origin: str = "VMIDENT_ACCESS_TOKEN") -> None:
        # A header that cannot be sent would be quoted with its token in the error.
        if not all(map(_BEARER_TOKEN.fullmatch, tokens.values())):
            raise UsageError(
                "The access token contains invalid characters.",
                hint="Set VMIDENT_ACCESS_TOKEN to the token alone, without quotes or line breaks.",
            )
        self._tokens = tokens
        self._expires_on = int(now) + _GIVEN_TOKENS_ARE_TAKEN_TO_LAST_SECONDS
        self.origin = origin

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """Return the token of the scope; raises `NotSignedIn` for another scope, whose host must not get this token."""
        from azure.core.credentials import AccessToken

        if scopes[0] not in self._tokens:
            resource = scopes[0].removesuffix("/.default")
            raise NotSignedIn(f"The token from {self.origin} is not for {resource}.")
        return AccessToken(self._tokens[scopes[0]], self._expires_on)

    def close(self) -> None:
        """Return at once: nothing was opened."""

    def __repr__(self) -> str:
        return "GivenToken(…)"


class UnusableCredential:
    """What takes a credential's place where settings keep every request from being sent: it raises the reason.

    It does so for the first request, and not when it is made: `doctor` reports the reason among its findings.
    """

    origin = "nothing"

    def __init__(self, reason: UsageError) -> None:
        self._reason = reason

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Raise the reason."""
        raise self._reason

    def close(self) -> None:
        """Return at once: nothing was opened."""


class AzureIdentityChain:
    """azure-identity's own ways, one after the other."""

    def __init__(self, chain: DefaultAzureCredential) -> None:
        self._chain = chain

    @property
    def origin(self) -> str:
        """Which of the ways gave the token; azure-identity has no public name for it."""
        return ORIGINS.get(type(vars(self._chain).get("_successful_credential")).__name__, "azure-identity")

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return the token of the first way that has one."""
        return self._chain.get_token(*scopes, **options)

    def close(self) -> None:
        """Close the credentials of the chain."""
        self._chain.close()


class RecordingCredential:
    """A credential that remembers its last token, which shows the caller without another request."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential
        self.last: str | None = None

    @property
    def origin(self) -> str:
        """Where the last token came from."""
        return self._credential.origin

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return what the credential gives."""
        token = self._credential.get_token(*scopes, **options)
        self.last = token.token
        return token

    def close(self) -> None:
        """Close the wrapped credential."""
        self._credential.close()


class ArmTokens:
    """`vmident.ports.auth.Tokens`: tokens for the Resource Manager."""

    def __init__(self, credential: Credential, cloud: Cloud) -> None:
        self._credential = credential
        self._cloud = cloud

    def read(self) -> Token:
        """Return the token that requests would be signed with."""
        from azure.core.exceptions import ClientAuthenticationError

        try:
            token = self._credential.get_token(self._cloud.scope)
        except ClientAuthenticationError as failure:
            raise sign_in_error(failure) from failure
        is_given = isinstance(self._credential, StaticTokenCredential)
        return Token(token.token, self._credential.origin, None if is_given else float(token.expires_on))


def credential_for(cloud: Cloud, sign_in: SignIn | None = None) -> Credential:
    """Return what signs requests: the environment's own, `vmident login`'s sign-in, else azure-identity's chain.

    The chain is environment, workload identity, managed identity, the Azure CLI's sign-in. A `sign_in`
    counts where it was made in this cloud at its authority. Nothing is asked for before the first request. Raises
    `UsageError` for an authority that azure-identity does not take, and for other settings that it cannot use.
    """
    from azure.identity import DefaultAzureCredential

    try:
        if sign_in and sign_in.is_for(cloud):
            return LoginCredential(sign_in, cloud)
        chain = DefaultAzureCredential(
            **authority_options(cloud),
            additionally_allowed_tenants=["*"],
            exclude_shared_token_cache_credential=True,
            exclude_visual_studio_code_credential=True,
            exclude_powershell_credential=True,
            exclude_developer_cli_credential=True,
            exclude_interactive_browser_credential=True,
            exclude_broker_credential=True,
        )
    except ValueError as unusable:
        raise unusable_settings(unusable, cloud) from unusable
    return AzureIdentityChain(chain)
