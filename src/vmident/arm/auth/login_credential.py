"""The sign-in of `vmident login` as a credential: silent, and never another person's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from vmident.arm.auth.errors import ENVIRONMENT, WORKLOAD_IDENTITY, authority_options, reason_of, token_failure
from vmident.arm.auth.login_record import SignIn
from vmident.arm.auth.token_cache import cache_options, open_cache
from vmident.arm.cloud import Cloud
from vmident.core.auth.caller import CallerType
from vmident.errors import NotSignedIn

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.identity import AuthenticationRecord

OWN = "vmident login"


class LoginCredential:
    """The sign-in of `vmident login`, used silently; a service principal in the environment comes before it.

    Where it gives no token any more, that is said: another way of signing in would be another person.
    """

    def __init__(self, sign_in: SignIn, cloud: Cloud) -> None:
        self._sign_in = sign_in
        self._cloud = cloud
        self._by_turns = [*_from_environment(cloud), (OWN, _kept_credential(sign_in, cloud))]
        self.origin = OWN

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token from the cache, refreshed where it is a person's; raises `NotSignedIn`, `Unreachable`."""
        from azure.core.exceptions import ClientAuthenticationError
        from azure.identity import AuthenticationRequiredError, CredentialUnavailableError

        *environments, (origin, own) = self._by_turns
        for named, credential in environments:
            with suppress(CredentialUnavailableError):
                token: AccessToken = credential.get_token(*scopes, **options)
                self.origin = named
                return token
        try:
            token = own.get_token(*scopes, **options)
        except AuthenticationRequiredError as ended:
            raise _ended(self._sign_in, reason_of(ended)) from ended
        except (ClientAuthenticationError, ValueError) as failure:
            self._check_store()
            what = f"Could not get a token for '{self._sign_in.name}'"
            raise token_failure(failure, self._cloud, what, "Sign in again: vmident login") from failure
        self.origin = origin
        return token

    def close(self) -> None:
        """Close connections to the authority."""
        for _, credential in self._by_turns:
            credential.close()

    def _check_store(self) -> None:
        if self._sign_in.type is not CallerType.MANAGED_IDENTITY:
            open_cache(allow_unencrypted=self._sign_in.allow_unencrypted)


def _from_environment(cloud: Cloud) -> Iterator[tuple[str, Any]]:
    """Return the credentials that the environment sets up; azure-identity knows from which variables."""
    from azure.identity import EnvironmentCredential, WorkloadIdentityCredential

    options: dict[str, Any] = {**authority_options(cloud), "additionally_allowed_tenants": ["*"]}
    yield ENVIRONMENT, EnvironmentCredential(**options)
    # What is not set up, or in part alone, is passed over, as azure-identity's own chain does.
    with suppress(ValueError):
        yield WORKLOAD_IDENTITY, WorkloadIdentityCredential(**options)


def _kept_credential(sign_in: SignIn, cloud: Cloud) -> Any:
    from azure.identity import (
        AuthenticationRecord,
        ClientAssertionCredential,
        InteractiveBrowserCredential,
        ManagedIdentityCredential,
    )

    if sign_in.type is CallerType.MANAGED_IDENTITY:
        return ManagedIdentityCredential(client_id=sign_in.client_id)
    kept = cache_options(allow_unencrypted=sign_in.allow_unencrypted)
    if sign_in.record is None:

        def no_secret() -> str:
            raise _ended(sign_in)

        # It looks into the cache by tenant and client id, and uses the assertion only where it finds nothing.
        return ClientAssertionCredential(
            str(sign_in.tenant_id),
            str(sign_in.client_id),
            no_secret,
            authority=cloud.authority,
            cache_persistence_options=kept,
        )
    # Whichever way the person signed in: the record finds the tokens, and a refresh is the same for both.
    return InteractiveBrowserCredential(
        authentication_record=_with_https(AuthenticationRecord.deserialize(sign_in.record)),
        disable_automatic_authentication=True,
        additionally_allowed_tenants=["*"],
        disable_instance_discovery=not cloud.has_microsofts_authority,
        cache_persistence_options=kept,
    )


def _with_https(record: AuthenticationRecord) -> AuthenticationRecord:
    """Return the URL of the record's authority: Python 3.10 reads `127.0.0.1:443` as one of scheme `127.0.0.1`."""
    from azure.identity import AuthenticationRecord

    authority = f"https://{record.authority}"
    return AuthenticationRecord(record.tenant_id, record.client_id, authority, record.home_account_id, record.username)


def _ended(sign_in: SignIn, reason: str = "") -> NotSignedIn:
    why = f": {reason}" if "AADSTS" in reason else "."
    return NotSignedIn(f"The sign-in of '{sign_in.name}' is no longer valid{why}", hint="Sign in again: vmident login")
